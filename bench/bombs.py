# ruff: noqa: E501 (the bombs are tables: one line each)
"""Small files that cost much to read: CPU seconds and peak memory of each, beside its limits.

    python -m bench.bombs                 # all, one after the other
    python -m bench.bombs --only pdf

Each file is made from code in a temporary folder and added to a lab by a child process, as the command line
does. It must end within its limits, with documents, counts or our error: never with a traceback or killed.
The limit on memory is a constant and a multiple of the file's size, the limit on CPU seconds likewise.
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import gzip
import io
import json
import lzma
import os
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from bench.document_seeds import docx, odt, xlsx
from bench.message_seeds import graphql
from bench.seed import lines, tarred, zipped
from bench.seeds import archive, epub, parquet, pdf, png, record
from glaswerk.core.errors import GlaswerkError
from glaswerk.data import source
from glaswerk.lab import Lab

MB = 10**6
# A process that has read one small file takes about 200 MB. A parsed page takes about 30 times its source.
BASE_MEMORY, MEMORY_A_BYTE = 500 * MB, 30
BASE_SECONDS, SECONDS_A_MB = 30.0, 2.0
# What comes in as a document is no waste, however short it is.
SECONDS_A_DOCUMENT = 0.0001
# PDFium's own process is limited to 1 GiB and 120 CPU seconds.
PDF_MEMORY, PDF_SECONDS = 1300 * MB, 150.0
# What kills a child, far above the limits.
KILLED_MEMORY, KILLED_SECONDS = 16 << 30, 150


@dataclass(frozen=True)
class Bomb:
    """A file that costs much: the verb that reads it, its name, and the function that makes its content.

    `memory` and `seconds` replace the limits for a format whose reader has its own.
    """

    name: str
    verb: str
    file: str
    make: Callable[[], bytes | Iterator[bytes]]
    memory: int = 0
    seconds: float = 0


@dataclass(frozen=True)
class Cost:
    """What reading a file took: bytes of the file, CPU seconds, peak bytes of memory, and how it ended."""

    size: int
    seconds: float
    memory: int
    ended: str

    @property
    def documents(self) -> int:
        """How many documents came in."""
        number = self.ended.partition(" documents, left out")[0].replace(",", "")
        return int(number) if number.isdecimal() else 0

    @property
    def good(self) -> bool:
        """Whether it ended with documents, counts or our error."""
        return self.ended.startswith("refused: ") or " documents, left out" in self.ended


def limits(bomb: Bomb, cost: Cost) -> tuple[float, int]:
    """(CPU seconds, bytes of memory) that reading a file may take, by its size and the documents in it."""
    seconds = BASE_SECONDS + SECONDS_A_MB * cost.size / MB + SECONDS_A_DOCUMENT * cost.documents
    return bomb.seconds or seconds, bomb.memory or BASE_MEMORY + MEMORY_A_BYTE * cost.size


# Pages.


def page(body: bytes, head: bytes = b"") -> bytes:
    return (
        b"<!doctype html><html><head>"
        + head
        + b"</head><body><p>Words of the mill.</p>"
        + body
        + b"</body></html>"
    )


def attributes(number: int) -> bytes:
    return page(b"<p " + b" ".join(b"a%d=b" % n for n in range(number)) + b">Words</p>")


HTML = {
    "attributes": lambda: attributes(700_000),
    "attributes-split": lambda: page(b"".join(b"<p a%d=b c=d e=f>x" % n for n in range(350_000))),
    "nested": lambda: page(b"<div>" * 3_000_000),
    "nested-below": lambda: page((b"<div>" * 2_900 + b"x" + b"</div>" * 2_900) * 200),
    "siblings": lambda: page(b"<p>" * 3_000_000),
    "breaks": lambda: page(b"<br>" * 2_000_000),
    "spans": lambda: page(b"<span>x</span>" * 700_000),
    "formatting": lambda: page(b"<b><i><a><p>" * 700),
    "formatting-flat": lambda: page(b"<b></p>" * 2900),
    "font-stack": lambda: page(b"".join(b"<font color=%d>" % n for n in range(2_900)) + b"<p>x" * 30_000),
    "tables": lambda: page(b"<table><tr>" * 1_400),
    "foster": lambda: page(b"<table>" + b"<p>x" * 400_000),
    "comments": lambda: page(b"<!--" * 2_000_000),
    "unclosed": lambda: page(b"<a " * 2_500_000),
    "quotes": lambda: page(b'<a b="' * 1_000_000),
    "entities": lambda: page(b"&amp;" * 1_500_000),
    "lists": lambda: page(b"<ul><li>x</ul>" * 500_000),
    "lists-open": lambda: page(b"<ul>" * 2_900 + b"</ul>" * 2_900 + b"<ul>x" * 2900),
    "links": lambda: page(b"<a href=x>word</a> " * 400_000),
    "metas": lambda: page(b"", b"<meta name=a content=b>" * 300_000),
    "spaces": lambda: page(b" \n" * 3_500_000),
    "cdata": lambda: page(b"<svg><![CDATA[" * 500_000),
    "selects": lambda: page(b"<select><option>x" * 400_000),
    "templates": lambda: page(b"<template>" * 2_900),
    "title": lambda: page(b"", b"<title>" + b"x " * 3_500_000 + b"</title>"),
    "less-than": lambda: page(b"<" * 7_000_000),
    "self-closed": lambda: page(b"<x/>" * 1_500_000),
}

# Mail.

MAIL_HEAD = b"From: Ada <ada@mill.example>\nDate: Mon, 05 Jan 2015 10:00:00 +0000\nMIME-Version: 1.0\n"
SEPARATOR = b"From ada@mill.example Mon Jan  5 10:00:00 2015\n"


def nested_parts(depth: int, tail: bytes = b"") -> bytes:
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return MAIL_HEAD + parts + b"Content-Type: text/plain\n\nWords.\n" + tail


MAIL = {
    "addresses": lambda: b"From: " + b"a <a@b.example>, " * 400_000 + b"\n\nWords.\n",
    "to": lambda: MAIL_HEAD + b"To: " + b"a <a@b.example>, " * 400_000 + b"\n\nWords.\n",
    "quoted-name": lambda: b'From: "' + b'\\"(' * 2_000_000 + b"\n\nWords.\n",
    "parameters": lambda: MAIL_HEAD + b"Content-Type: text/plain" + b"; a=b" * 1_400_000 + b"\n\nWords.\n",
    "continuations": lambda: (
        MAIL_HEAD
        + b"Content-Type: text/plain"
        + b"".join(b"; name*%d*=utf-8''%%41" % n for n in range(300_000))
        + b"\n\nWords.\n"
    ),
    "folded": lambda: MAIL_HEAD + b"Subject: x\n" + b" y\n" * 2_000_000 + b"\nWords.\n",
    "headers": lambda: MAIL_HEAD + b"a:\n" * 2_000_000 + b"\nWords.\n",
    "encoded-words": lambda: MAIL_HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 500_000 + b"\n\nWords.\n",
    "parts": lambda: MAIL_HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 1_200_000,
    "levels": lambda: nested_parts(20_000),
    "levels-and-lines": lambda: nested_parts(250, b"words\n" * 1_000_000),
    "lines": lambda: MAIL_HEAD + b"\n" + b"a\n" * 1_900_000,
    "quoted-lines": lambda: MAIL_HEAD + b"\n" + b"> a\n\n" * 900_000,
    "flowed": lambda: MAIL_HEAD + b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * 1_900_000,
    "html-body": lambda: MAIL_HEAD + b"Content-Type: text/html\n\n" + attributes(700_000),
    "same-parts": lambda: (
        MAIL_HEAD
        + b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: text/plain\n\nWords\n" * 9_000
    ),
}
MBOX = {
    "messages": lambda: SEPARATOR + (MAIL_HEAD + b"\nWords.\n\n" + SEPARATOR) * 40_000,
    "separators": lambda: (SEPARATOR + b"a: b\n") * 120_000,
    "lengths": lambda: (SEPARATOR + b"Content-Length: 7000000\n" + MAIL_HEAD + b"\nWords.\n\n") * 40_000,
    "from-words": lambda: SEPARATOR + MAIL_HEAD + b"\n" + b"From " * 1_400_000 + b"2015\n",
}

# Web archives.

WARC_HEAD = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\nContent-Length: "
WARC = {
    "cut-2gb": lambda: record("https://a.example/a", b"Words.") + WARC_HEAD + b"2000000000\r\n\r\nwords",
    "records": lambda: record("https://a.example/a", b"x", media="image/png") * 20_000,
    "headers": lambda: WARC_HEAD + b"5\r\n" + b"a: b\r\n" * 1_200_000 + b"\r\nwords\r\n\r\n",
    "http-headers": lambda: record("https://a.example/a", b"Words.", *["a: b"] * 1_000_000),
    "same-http-header": lambda: record(
        "https://a.example/a", b"Words.", *["content-type: text/html"] * 250_000
    ),
    "chunks": lambda: record("https://a.example/a", b"1\r\nx\r\n" * 1_000_000, "Transfer-Encoding: chunked"),
    "gzip-body": lambda: record(
        "https://a.example/a", gzip.compress(b"<p>" * 300_000_000), "Content-Encoding: gzip"
    ),
    "no-lengths": lambda: b"WARC/1.0\r\n\r\n" * 600_000,
    "false-starts": lambda: WARC_HEAD + b"7000000\r\n\r\n" + b"\r\nWARC/1.0\r\nWARC-a: b\r\n" * 300_000,
    "rules": lambda: (
        record(
            "https://a.example/robots.txt",
            b"User-agent: *\n" + b"Disallow: /" + b"*a" * 200_000,
            media="text/plain",
        )
        + record("https://a.example/" + "a" * 2_000, b"Words.")
    ),
    "page": lambda: record("https://a.example/a", attributes(700_000)),
}

# PDF.


def pdf_stream(data: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    """A page whose content is `data`, packed already."""
    plain = pdf()
    start, end = plain.index(b"5 0 obj"), plain.index(b"endobj", plain.index(b"5 0 obj"))
    body = b"5 0 obj\n<</Length %d/Filter[%s]>>stream\n%s\nendstream\n" % (len(data), filters, data)
    return plain[:start] + body + plain[end:]


def many_pages(number: int) -> bytes:
    kids = b"4 0 R " * number
    return pdf().replace(b"/Kids[4 0 R]/Count 1", b"/Kids[%s]/Count %d" % (kids, number))


PDF = {
    "deflate": lambda: pdf_stream(zlib.compress(bytes(1_300_000_000), 9)),
    "deflate-twice": lambda: pdf_stream(
        zlib.compress(zlib.compress(bytes(2_000_000_000), 9), 9), b"/FlateDecode/FlateDecode"
    ),
    "operators": lambda: pdf_stream(zlib.compress(b"BT /F1 12 Tf 20 200 Td (a) Tj ET " * 8_000_000, 9)),
    "arrays": lambda: pdf_stream(zlib.compress(b"BT /F1 12 Tf [" + b"(a)1" * 60_000_000 + b"] TJ ET", 9)),
    "paths": lambda: pdf_stream(zlib.compress(b"1 1 m " + b"1 1 l " * 50_000_000, 9)),
    "pages": lambda: many_pages(19_000),
    "same-page-operators": lambda: many_pages(19_000).replace(b"(Words", b"(Words" * 20),
    "deep": lambda: pdf().replace(b"/Font<<", b"/X " + b"[" * 2_000_000 + b"/Font<<"),
}

# JSON, tables, Parquet.

JSON = {
    "nested-list.json": lambda: b'[{"text": ' + b"[" * 4_000_000 + b"]" * 4_000_000 + b"}]",
    "nested-line.jsonl": lambda: b'{"text": ' + b"[" * 3_000_000 + b"]" * 3_000_000 + b"}\n",
    "empty-lists.jsonl": lambda: b'{"text": "x", "a": [' + b"[]," * 2_300_000 + b"[]]}\n",
    "empty-lists.json": lambda: b'[{"text": "x", "a": [' + b"[]," * 2_300_000 + b"[]]}]",
    "values.json": lambda: b"[" + b'{"text":"x"},' * 500_000 + b'{"text":"y"}]',
    "keys.jsonl": lambda: b'{"text": "x"' + b"".join(b',"%d":1' % n for n in range(600_000)) + b"}\n",
    "digits.jsonl": lambda: b'{"text": "x", "a": ' + b"9" * 7_000_000 + b"}\n",
    "digits.json": lambda: b'[{"text": "x", "a": ' + b"9" * 7_000_000 + b"}]",
    "fraction.json": lambda: b'[{"text": "x", "a": 1e' + b"9" * 7_000_000 + b"}]",
    "blank.jsonl": lambda: b'{"text": "x"}\n' + b"\n" * 7_000_000,
    "escapes.jsonl": lambda: b'{"text": "' + b"\\u0061" * 1_100_000 + b'"}\n',
}
TABLES = {
    "columns.csv": lambda: b"text," + b",".join(b"c%d" % n for n in range(900_000)) + b"\nx\n",
    "columns-and-rows.csv": lambda: b"text," + b",".join(b"c%d" % n for n in range(5_000)) + b"\n" + (b"x," * 5_000 + b"x\n") * 400,
    "open-quote.csv": lambda: b'text,a\n"' + b"x\n" * 3_500_000,
    "quotes.csv": lambda: b'text,a\n"' + b'""' * 3_500_000 + b'",b\n',
    "empty-cells.csv": lambda: b"text,a\n" + b"," * 7_000_000 + b"\n",
    "front-matter.md": lambda: b"---\n" + b"a: b\n" * 1_400_000 + b"---\nWords.\n",
    "anchors.md": lambda: b"---\na: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(97, 109)
    ) + b"---\nWords.\n",
    "words.txt": lambda: b"a " * 3_500_000,
    "one-word.txt": lambda: b"a" * 7_000_000,
}  # fmt: skip


def repeated_string(rows: int, size: int) -> bytes:
    """A table whose one value, stored once, is repeated."""
    sink = pa.BufferOutputStream()
    values = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * size]))
    pq.write_table(pa.table({"text": values}), sink, compression="zstd", row_group_size=rows)
    return sink.getvalue().to_pybytes()


def wide_table(columns: int) -> bytes:
    return parquet([{"text": "x", **{f"c{n}": 1 for n in range(columns)}}])


PARQUET = {
    "repeated": lambda: repeated_string(200_000, 1_000_000),
    "repeated-short": lambda: repeated_string(20_000_000, 10),
    "columns": lambda: wide_table(20_000),
    "nulls": lambda: _nulls(),
    "lists": lambda: _lists(),
}


def _nulls() -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table({"text": pa.nulls(50_000_000, pa.string())})
    pq.write_table(table, sink, row_group_size=50_000_000)
    return sink.getvalue().to_pybytes()


# By the verb that reads them.
REPEATED_ROWS = {
    "chats": lambda: packed_table(
        {
            n: pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 100_000]))
            for n in ("prompt", "completion")
        }
    ),
    "posts": lambda: repeated_posts(200_000, 100_000),
    "images": lambda: packed_table(
        {"image": pa.array([png() + bytes(1_000_000)] * 200), "text": ["A square"] * 200}
    ),
}


def repeated_posts(rows: int, size: int) -> bytes:
    """A table of one post that is repeated."""
    zero = pa.array([0] * rows, pa.int32())
    columns = {"id_str": "1850000000000000001", "created_at": "2024-10-26", "full_text": "x" * size}
    return packed_table({n: pa.DictionaryArray.from_arrays(zero, pa.array([v])) for n, v in columns.items()})


def packed_table(columns: dict[str, Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd", row_group_size=10**9)
    return sink.getvalue().to_pybytes()


def _lists() -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table({"text": ["x"], "a": pa.array([[0] * 30_000_000], pa.list_(pa.int8()))})
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


# Compressed files and containers.


def overlapping(number: int, inner: bytes, name: str = "a.txt") -> bytes:
    """A zip file whose directory names one compressed member many times."""
    data = zlib.compress(inner, 9)[2:-4]
    crc, size = zlib.crc32(inner), len(inner)
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(data), size, len(name), 0)
        + name.encode()
        + data
    )
    central = b""
    for n in range(number):
        other = f"{n}{name}".encode()
        head = (b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(data), size, len(other), 0, 0, 0, 0, 0, 0)
        central += struct.pack("<4sHHHHHHIIIHHHHHII", *head) + other
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, number, number, len(central), len(local), 0)
    return local + central + end


def same_name(number: int, inner: bytes) -> bytes:
    """As `overlapping`, with the name of the local header, so that every entry can be read."""
    data = overlapping(1, inner)
    local = data[: data.index(b"PK\1\2")]
    central = (
        data[data.index(b"PK\1\2") : data.index(b"PK\5\6")]
        .replace(b"0a.txt", b"a.txt")
        .replace(struct.pack("<HHHHHII", 6, 0, 0, 0, 0, 0, 0), struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0))
    )
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, number, number, len(central) * number, len(local), 0)
    return local + central * number + end


def many_files(number: int) -> bytes:
    return zipped({f"{n}": b"" for n in range(number)})


def in_itself(pack: Callable[[bytes], bytes], levels: int, inner: bytes) -> bytes:
    for _ in range(levels):
        inner = pack(inner)
    return inner


def zip_folder(name: str, data: bytes) -> bytes:
    return zipped({name: data})


PACKED = {
    "overlap.zip": lambda: overlapping(5_000, b"x" * 10_000_000),
    "same-header.zip": lambda: same_name(5_000, b"x " * 5_000_000),
    "same-header-html.zip": lambda: same_name(5_000, b"<html>" + b"<p>words " * 500_000),
    "files.zip": lambda: many_files(60_000),
    "bomb.zip": lambda: zip_folder("a.txt", bytes(2_000_000_000)),
    "lines.zip": lambda: zip_folder("a.jsonl", b'{"text":"x"}\n' * 3_000_000),
    "bomb.gz": lambda: gzip.compress(b"x " * 500_000_000),
    "twice.gz": lambda: in_itself(gzip.compress, 2, bytes(2_000_000_000)),
    "bomb.bz2": lambda: bz2.compress(bytes(500_000_000)),
    "bomb.xz": lambda: lzma.compress(bytes(1_000_000_000)),
    "bomb.zst": lambda: zstandard.compress(bytes(2_000_000_000)),
    "window.txt.zst": lambda: (
        # A frame that asks for a window of 2 GB: exponent 21 in the upper five bits of its descriptor.
        b"\x28\xb5\x2f\xfd\x00\xa8" + (len(b"Words.") << 3 | 1).to_bytes(3, "little") + b"Words."
    ),
    "members.gz": lambda: gzip.compress(b"") * 350_000,
    "empty-frames.zst": lambda: zstandard.compress(b"") * 700_000,
    "files.tar": lambda: tarred({f"{n}": b"" for n in range(7_000)}),
    "pax.tar": lambda: tarred({"a" * 900_000: b"Words."}),
}
EPUB = {
    "chapters": lambda: _book(19_000),
    "overlap": lambda: zipped({**epub(), "O/a.xhtml": b"<p>" * 60_000_000}),
    "attributes": lambda: zipped(epub(attributes(700_000))),
    "nested": lambda: zipped(epub(page(b"<div>" * 1_000_000))),
    "prefixes": lambda: zipped({**epub(), "O/c.opf": b"<x:package>" + b"<x:" * 2_000_000}),
    "manifest": lambda: zipped(
        {**epub(), "O/c.opf": b"<package><manifest>" + b"<item id=a href=b>" * 400_000}
    ),
}


def _book(chapters: int) -> bytes:
    items = b"".join(b'<item id="i%d" href="a.xhtml?%d"/>' % (n, n) for n in range(chapters))
    spine = b"".join(b'<itemref idref="i%d"/>' % n for n in range(chapters))
    package = (
        b"<package><metadata></metadata><manifest>"
        + items
        + b"</manifest><spine>"
        + spine
        + b"</spine></package>"
    )
    files = {**epub(), "O/c.opf": package}
    return zipped({**files, **{f"O/a.xhtml?{n}": b"<p>Words</p>" for n in range(chapters)}})


# Posts.


def tweets(data: bytes) -> bytes:
    return zipped({**archive(), "data/tweets.js": b"window.YTD.tweets.part0 = " + data})


TWEET = (
    b'{"tweet":{"id_str":"1850000000000000001","full_text":"x","created_at":"Sat Oct 26 02:22:25 +0000 2024"'
)
POSTS = {
    "nested.zip": lambda: tweets(b"[" * 3_000_000),
    "empty.zip": lambda: tweets(b"[" + b"[]," * 20_000_000 + b"[]]"),
    "entities.zip": lambda: tweets(b"[" + TWEET + b',"entities":{"urls":[' + b"{}," * 2_000_000 + b"{}]}}}]"),
    "dump-nested.jsonl": lambda: b'{"id_str":"1","full_text":"x","retweeted_status":' * 100_000 + b"1" + b"}" * 100_000 + b"\n",
    "dump-empty.jsonl": lambda: b'{"id_str":"1","full_text":"x","entities":[' + b"[]," * 2_300_000 + b"[]]}\n",
    "outbox.json": lambda: b'{"type":"OrderedCollection","orderedItems":[' + b"{}," * 2_300_000 + b"{}]}",
    "outbox-html.json": lambda: json.dumps(
        {"type": "OrderedCollection", "orderedItems": [{"type": "Create", "published": "2024-05-01T10:00:00Z", "object": {
            "type": "Note", "id": "a", "published": "2024-05-01T10:00:00Z", "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "attributedTo": "https://a.example/users/h", "content": attributes(500_000).decode()}}]}
    ).encode(),
    "blocks.car": lambda: b"\x3a\xa2eroots\x81\xd8\x2a\x58\x25\0\x01\x71\x12\x20" + bytes(32) + b"gversion\x01" + b"\x01x" * 3_500_000,
}  # fmt: skip

# Pictures.


def wide_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + width * 3)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    text = zlib.compress(bytes(500_000_000), 9)
    extra = chunk(b"zTXt", b"Comment\0\0" + text)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


PICTURES = {
    "pixels.tar": lambda: tarred({"a.png": wide_png(20_000, 20_000), "a.txt": b"A square"}),
    "most-pixels.tar": lambda: tarred({"a.png": wide_png(8_000, 8_000), "a.txt": b"A square"}),
    "pictures.tar": lambda: tarred(
        {f"{n}.{e}": png() if e == "png" else b"x" for n in range(2_000) for e in ("png", "txt")}
    ),
}
CHATS = {
    "turns.jsonl": lambda: b'{"messages":[' + b'{"role":"user","content":"x"},' * 250_000 + b"{}]}\n",
    "nested.json": lambda: b'[{"messages":' + b"[" * 3_000_000,
}

# Office documents, markup, databases and data sets.


def word(body: bytes) -> bytes:
    return zipped(docx(body))


def open_text(body: bytes) -> bytes:
    head = (
        b'<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b"><office:body><office:text>'
    )
    return zipped(odt(head + body + b"</office:text></office:body></office:document-content>"))


def sheet(rows: bytes, dimension: bytes = b"A1:A2") -> bytes:
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="%s"/><sheetData>'
    return zipped(
        {**xlsx(), "xl/worksheets/sheet1.xml": head % dimension + rows + b"</sheetData></worksheet>"}
    )


def feed(items: bytes) -> bytes:
    return b'<?xml version="1.0"?><rss version="2.0"><channel>' + items + b"</channel></rss>"


def wiki(text: bytes) -> bytes:
    return (
        b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" xml:lang="en"><page><title>A</title><ns>0</ns>'
        b"<id>1</id><revision><id>2</id><text>Words. " + text + b"</text></revision></page></mediawiki>"
    )


def tex(body: bytes) -> bytes:
    return b"\\documentclass{article}\n\\begin{document}\nWords.\n" + body + b"\n\\end{document}\n"


def database(*statements: str) -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        return connection.serialize()


def shard(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return out.getvalue()


FORMATS = {
    "docx/nested.docx": lambda: word(b"<w:tbl><w:tr><w:tc>" * 300_000),
    "docx/attributes.docx": lambda: word(b"<w:p " + b" ".join(b'a%d="b"' % n for n in range(500_000)) + b"/>"),
    "docx/paragraphs.docx": lambda: word(b"<w:p/>" * 3_000_000),
    "docx/words.docx": lambda: word(b"<w:p><w:r><w:t>" + b"x " * 200_000_000 + b"</w:t></w:r></w:p>"),
    "odt/spaces.odt": lambda: open_text(b'<text:p>x<text:s text:c="999999999"/>y</text:p>' * 10_000),
    "odt/nested.odt": lambda: open_text(b"<text:span>" * 1_000_000),
    "odt/paragraphs.odt": lambda: open_text(b"<text:p>x</text:p>" * 1_000_000),
    "odt/cells.ods": lambda: open_text(b'<table:table><table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'),
    "xlsx/far-cell.xlsx": lambda: sheet(b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>', b"A1:XFD1048576"),
    "xlsx/wide-rows.xlsx": lambda: sheet(b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 20_000))),
    "xlsx/cells.xlsx": lambda: sheet(b"".join(b'<row r="%d"><c t="inlineStr"><is><t>x</t></is></c></row>' % n for n in range(1, 200_000))),
    "rtf/nested.rtf": lambda: b"{\\rtf1 Words. " + b"{" * 7_000_000,
    "ods/rows.ods": lambda: zipped({**odt(b"<d><table:table>" + b"<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>" * 300_000 + b"</table:table></d>"), "mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
    "rtf/hidden.rtf": lambda: b"{\\rtf1 Words. \\v " + b"\\b x" * 1_700_000 + b"}",
    "rtf/hidden-groups.rtf": lambda: b"{\\rtf1 Words. \\v " + b"{x}" * 2_300_000 + b"}",
    "rtf/words.rtf": lambda: b"{\\rtf1 Words. " + b"\\b " * 2_300_000 + b"}",
    "rtf/binary.rtf": lambda: b"{\\rtf1 Words. " + b"\\bin999999999 " * 400_000 + b"}",
    "feed/items.xml": lambda: feed(b"<item><title>x</title></item>" * 240_000),
    "feed/page.xml": lambda: feed(b"<item><description><![CDATA[" + attributes(600_000) + b"]]></description></item>"),
    "feed/nested.xml": lambda: feed(b"<item>" + b"<a>" * 2_300_000),
    "feed/pages.xml": lambda: feed((b"<item><description><![CDATA[" + attributes(45_000) + b"]]></description></item>") * 14),
    "mediawiki/templates.xml": lambda: wiki(b"{{" * 3_500_000),
    "mediawiki/words.xml": lambda: wiki(b"{{small|" * 900_000),
    "mediawiki/bars.xml": lambda: wiki(b"{{small|" * 90 + b"|" * 7_000_000 + b"}}" * 90),
    "json_feed/items.json": lambda: b'{"version":"https://jsonfeed.org/version/1","items":[' + b'{"content_html":"<p>x"},' * 250_000 + b"{}]}",
    "mediawiki/links.xml": lambda: wiki(b"[[" * 3_500_000),
    "mediawiki/tables.xml": lambda: wiki(b"{|\n" * 2_300_000),
    "mediawiki/quotes.xml": lambda: wiki((b"\x27" * 5 + b"x") * 1_100_000),
    "mediawiki/references.xml": lambda: wiki(b"&lt;ref&gt;" * 600_000),
    "mediawiki/pictures.xml": lambda: wiki(b"[[File:a|" * 700_000),
    "latex/groups.tex": lambda: tex(b"{" * 7_000_000),
    "latex/environments.tex": lambda: tex(b"\\begin{a}" * 700_000),
    "latex/macros.tex": lambda: tex(b"".join(b"\\newcommand{\\%c}{\\%c\\%c}" % (n, n + 1, n + 1) for n in range(97, 121)) + b"\\a"),
    "latex/mathematics.tex": lambda: tex(b"$" * 7_000_000),
    "subtitles/cues.srt": lambda: b"1\n00:00:01,000 --> 00:00:02,000\nx\n\n" * 180_000,
    "subtitles/tags.srt": lambda: b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<" * 7_000_000,
    "notebook/cells.ipynb": lambda: b'{"nbformat": 4, "cells": [' + b'{"cell_type":"markdown","source":"x"},' * 180_000 + b"{}]}",
    "notebook/nested.ipynb": lambda: b'{"nbformat": 4, "cells": ' + b"[" * 3_000_000,
    "sqlite/view.sqlite": lambda: database("CREATE VIEW text AS WITH RECURSIVE n(text) AS (SELECT 'x' UNION ALL SELECT 'x' FROM n) SELECT text FROM n"),
    "sqlite/generated.sqlite": lambda: database("CREATE TABLE t (id INTEGER, text TEXT AS (hex(zeroblob(400000000))))", "INSERT INTO t (id) VALUES (1)"),
    "sqlite/blob.sqlite": lambda: database("CREATE TABLE t (text TEXT)", "INSERT INTO t VALUES (CAST(zeroblob(60000000) AS TEXT))"),
    "sqlite/tables.sqlite": lambda: database(*(f"CREATE TABLE t{n} (text TEXT)" for n in range(1_700))),
    "arrow/repeated.arrow": lambda: shard(pa.table({"text": pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 1_000_000]))})),
    "arrow/zeros.arrow": lambda: shard(pa.table({"text": ["x" * 400_000_000]})),
    "arrow/nulls.arrow": lambda: shard(pa.table({"text": pa.nulls(20_000_000, pa.string())})),
}  # fmt: skip

# Exports of messages, assistants and X's website. Files of these names are read with their messages.
MESSAGES = ("_chat", "result", "channel", "message_1", "sms", "talk")
EXPORTS = {
    "_chat.txt": lambda: b"[12.03.19, 12:00:01] Ada: x\n" * 250_000,
    "_chat-words.txt": lambda: b"[12.03.19, 12:00:01] Ada: x\n" * 3 + b"x\n" * 3_500_000,
    "result.json": lambda: (
        b'{"type":"private_group","messages":[{"type":"message","from":"Ada","text":' + b"[" * 3_000_000
    ),
    "result-pieces.json": lambda: (
        b'{"type":"private_group","messages":[{"type":"message","from":"Ada","text":['
        + b'"x",' * 1_700_000
        + b'"y"]}]}'
    ),
    "channel.json": lambda: (
        b'{"guild":{},"channel":{},"messages":[' + b'{"type":"Default","content":"x"},' * 200_000 + b"{}]}"
    ),
    "sms.xml": lambda: b"<smses>" + b'<sms address="+1" type="1" body="x" />' * 180_000,
    "sms-references.xml": lambda: b'<smses><sms address="+1" type="1" body="' + b"&#55357;" * 400_000 + b'" /></smses>',
    "sms-picture.xml": lambda: b'<smses><mms><part ct="a" data="' + b"A" * 7_000_000,
    "talk-rows.csv": lambda: b"Type,Date,Number,Body\n" + b"sent,2019-03-12,5,x\n" * 330_000,
    "talk-viber.csv": lambda: b"12/03/2019,12:00:01,Bo,+41791234567,x\n" * 180_000,
    "talk.log": lambda: b"[12:00:01] <ada> x\n" * 360_000,
    "talk-modes.log": lambda: b"[12:00:01] <ada> x\n" * 40 + b"mode mode mode #a +\n" * 340_000,
    "talk-signal.txt": lambda: b"2019-03-12 12:00 You: x\n" * 30 + b"x\n" * 3_500_000,
    "talk-imessage.txt": lambda: b"Mar 12, 2019 12:00:00 PM\nMe\nx\n" * 220_000,
    "talk-imessage.html": lambda: b'<div class="message"><div class="sent"><p class="bubble">' + b"<b>x<br>" * 850_000,
    "message_1.json": lambda: (
        b'{"participants":[],"messages":[' + b'{"sender_name":"Ada","content":"x"},' * 200_000 + b"{}]}"
    ),
}  # fmt: skip
SLACK_DAY = b'[{"type":"message","ts":"1552392000.0","user":"U1","text":"'
SITES = {
    "slack.zip": lambda: zipped({"users.json": b"[]", "channels.json": b"[]", "a/2019-03-12.json": SLACK_DAY + b"<@" * 8_000_000 + b'"}]'}),
    "answer-nested.jsonl": lambda: b'{"data":' * 900_000 + b"1" + b"}" * 900_000 + b"\n",
    "answer-quotes.jsonl": lambda: quotes(5_000),
    "answers.jsonl": lambda: lines(graphql()) * 1_500,
}  # fmt: skip


def quotes(levels: int) -> bytes:
    """A post of X's website that quotes one that quotes one, and so on."""
    start = (
        b'{"__typename":"Tweet","rest_id":"185","legacy":{"full_text":"x"},"quoted_status_result":{"result":'
    )
    return b'{"data":' + start * levels + b"{}" + b"}}" * levels + b"}\n"


def branches(turns: int, *, circle: bool = False) -> bytes:
    """A conversation of one long branch, whose first turn follows the last if `circle`."""
    mapping = {
        str(n): {"id": str(n), "parent": str((n - 1) % turns) if n or circle else None, "children": [str(n + 1)],
                 "message": {"author": {"role": ("user", "assistant")[n % 2]},
                             "content": {"content_type": "text", "parts": ["x"]}}}
        for n in range(turns)
    }  # fmt: skip
    return json.dumps([{"title": "x", "mapping": mapping, "current_node": str(turns - 1)}]).encode()


CHATS |= {
    "branch.json": lambda: branches(40_000),
    "circle.json": lambda: branches(40_000, circle=True),
    "claude.json": lambda: (
        b'[{"uuid":"u","chat_messages":[' + b'{"sender":"human","text":"x"},' * 240_000 + b"{}]}]"
    ),
}


def bombs() -> list[Bomb]:
    """All bombs, in the order of the formats."""
    found = [Bomb(f"html/{name}", "docs", "a.html", make) for name, make in HTML.items()]
    found += [Bomb(f"mail/{name}", "docs", "a.eml", make) for name, make in MAIL.items()]
    found += [Bomb(f"mbox/{name}", "docs", "a.mbox", make) for name, make in MBOX.items()]
    found += [Bomb(f"warc/{name}", "docs", "a.warc", make) for name, make in WARC.items()]
    found += [
        Bomb(f"pdf/{name}", "docs", "a.pdf", make, PDF_MEMORY, PDF_SECONDS) for name, make in PDF.items()
    ]
    found += [Bomb(f"json/{name}", "docs", name, make) for name, make in JSON.items()]
    found += [Bomb(f"tables/{name}", "docs", name, make) for name, make in TABLES.items()]
    found += [Bomb(f"parquet/{name}", "docs", "a.parquet", make) for name, make in PARQUET.items()]
    found += [Bomb(f"parquet/{name}", name, "a.parquet", make) for name, make in REPEATED_ROWS.items()]
    found += [Bomb(f"packed/{name}", "docs", name, make) for name, make in PACKED.items()]
    found += [Bomb(f"epub/{name}", "docs", "a.epub", make) for name, make in EPUB.items()]
    found += [Bomb(f"posts/{name}", "posts", name, make) for name, make in POSTS.items()]
    found += [Bomb(f"images/{name}", "images", name, make) for name, make in PICTURES.items()]
    found += [Bomb(f"chats/{name}", "chats", name, make) for name, make in CHATS.items()]
    found += [Bomb(name, "docs", name.partition("/")[2], make) for name, make in FORMATS.items()]
    found += [Bomb(f"messages/{name}", "posts", name, make) for name, make in EXPORTS.items()]
    found += [Bomb(f"sites/{name}", "posts", name, make) for name, make in SITES.items()]
    return found


class Readers:
    """A process that has imported the readers, and forks a child for each file that is to be measured.

    So a file costs what reading it costs: the imports take two seconds, more than most bombs.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.bombs", "--serve"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, bomb: Bomb, folder: Path) -> Cost:
        """Make the bomb, and add it to a lab below `folder`. `ended` is read, refused, or what else happened."""
        path = folder / bomb.file
        path.write_bytes(bomb.make())
        asked, answered = self._server.stdin, self._server.stdout
        assert asked is not None
        assert answered is not None
        asked.write(json.dumps([bomb.verb, str(path), str(folder / "lab")]) + "\n")
        asked.flush()
        size = path.stat().st_size
        answer = answered.readline()
        path.unlink()
        return Cost(size, **json.loads(answer))

    def close(self) -> None:
        """End the process."""
        self._server.communicate()


def serve() -> None:
    """Answer each line [verb, file, lab] with the cost of adding the file in a forked child."""
    for line in sys.stdin:
        verb, path, lab = json.loads(line)
        words = Path(f"{lab}.ended")
        child = os.fork()
        if child == 0:
            _read(verb, Path(path), Path(lab), words)
        _, status, used = os.wait4(child, 0)
        cost = {
            "seconds": used.ru_utime + used.ru_stime,
            "memory": used.ru_maxrss * 1024,
            "ended": words.read_text() if words.exists() else f"ended by wait status {status}",
        }
        sys.stdout.write(json.dumps(cost) + "\n")
        sys.stdout.flush()


def _read(verb: str, path: Path, lab: Path, words: Path) -> None:
    """In the child: add a file, write how that ended, and exit."""
    resource.setrlimit(resource.RLIMIT_AS, (KILLED_MEMORY, KILLED_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (KILLED_SECONDS, KILLED_SECONDS))
    signal.alarm(20 * KILLED_SECONDS)
    add: Any = getattr(source, f"add_{verb}")
    options = {"include_direct_messages": True} if path.name.startswith(MESSAGES) else {}
    try:
        made = add(Lab.init(lab), [path], name="bomb", licence="CC0-1.0", acquired="synthetic", **options)
        ended = f"{made.stats['documents']:,} documents, left out {made.stats.get('left_out')}"
    except GlaswerkError as error:
        ended = f"refused: {str(error)[:150]}"
    except BaseException as error:  # noqa: BLE001 (the parent says which)
        ended = f"{type(error).__name__}: {str(error)[:150]}"
    words.write_text(ended)
    os._exit(0)


def main() -> None:
    if sys.argv[1:] == ["--serve"]:
        serve()
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="parts of names, such as pdf or mail/levels,epub")
    chosen = parser.parse_args()
    worst, readers = 0, Readers()
    for bomb in (bomb for bomb in bombs() if any(part in bomb.name for part in chosen.only.split(","))):
        with tempfile.TemporaryDirectory() as scratch:
            cost = readers.measure(bomb, Path(scratch))
        seconds, memory = limits(bomb, cost)
        over = cost.seconds > seconds or cost.memory > memory or not cost.good
        worst += over
        click.echo(
            f"{'OVER' if over else 'ok':5}{bomb.name:28}{cost.size / MB:8.2f} MB {cost.seconds:7.1f} s of {seconds:4.0f} "
            f"{cost.memory / MB:8,.0f} MB of {memory / MB:6,.0f}  {cost.ended[:110]}"
        )
    readers.close()
    sys.exit(bool(worst))


if __name__ == "__main__":
    main()
