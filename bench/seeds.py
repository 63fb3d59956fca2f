"""A small valid file of every format that `add` reads, made from code; `bench.fuzz` damages them.

A seed is (verb, file name, content, wrappers): the content is damaged, then wrapped (compressed, packed), so
that damage reaches the reader behind the container as well.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from bench.document_seeds import document_seeds
from bench.message_seeds import message_seeds
from bench.seed import Seed, lines, tarred, zipped
from bench.talk_seeds import talk_seeds

PAGE = (
    '<!doctype html><html lang="de"><head><title>The weir | Millford</title><meta name="author" content="H">'
    '<link rel="canonical" href="https://mill.example/weir"><meta name="date" content="2024-05-01"></head>'
    "<body><nav><ul><li><a href='/'>Home</a></li></ul></nav><main><h1>The weir</h1><p>Grüße from the weir, "
    "finished after two long winters of work.</p><ul><li>one</li></ul></main></body></html>"
).encode()
MAIL = b"""From hazel@mill.example Wed May  1 10:00:00 2024
From: =?utf-8?q?Hazel_H=C3=A4rt?= <hazel@mill.example>
Subject: The weir
Date: Wed, 1 May 2024 12:00:00 CEST
Message-ID: <1@mill.example>
Content-Length: 40
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: text/plain; charset=utf-7; format=flowed; delsp=yes

Gr+APwA3w-e and \n>From here on  \n-- \nHazel
--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>The w=\neir is f=FCll.</p>
--y--
--x
Content-Type: message/rfc822

From: a@b.example

Inner.
--x--
"""
POST = {
    "id": 1850000000000000001,
    "id_str": "1850000000000000001",
    "full_text": "A flood &amp; a fair https://t.co/a",
    "created_at": "Sat Oct 26 02:22:25 +0000 2024",
    "lang": "en",
    "user": {"id_str": "7", "screen_name": "hazel_h", "protected": False},
    "entities": {
        "urls": [{"url": "https://t.co/a", "expanded_url": "https://mill.example", "indices": [17, 33]}]
    },
    "in_reply_to_status_id_str": "1850000000000000000",
}
_PAGE_POST = {
    "id": "1850000000000000001",
    "text": "A fair",
    "author_id": "7",
    "created_at": "2024-10-26T02:22:25.000Z",
    "referenced_tweets": [{"type": "quoted", "id": "1850000000000000000"}],
}
_QUOTED = {"id": "1850000000000000000", "text": "Old", "author_id": "7"}
API = {
    "data": [_PAGE_POST],
    "includes": {"users": [{"id": "7", "username": "hazel_h"}], "tweets": [_QUOTED]},
}
NOTE = {
    "id": "https://social.example/users/h/statuses/1/activity",
    "type": "Create",
    "object": {
        "id": "https://social.example/users/h/statuses/1",
        "type": "Note",
        "published": "2024-05-01T10:00:00Z",
        "attributedTo": "https://social.example/users/h",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "content": "<p>Words of the <b>mill</b></p>",
        "contentMap": {"en": "<p>Words</p>"},
    },
}
PREFERENCE = {"prompt": "Who?", "chosen": "The miller.", "rejected": "Nobody."}
CHAT = {"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "The miller."}]}


def record(url: str, body: bytes, *headers: str, kind: str = "response", media: str = "text/html") -> bytes:
    """One record of a WARC file, with the HTTP answer inside."""
    http = "".join(f"{header}\r\n" for header in (f"Content-Type: {media}", *headers))
    content = f"HTTP/1.1 200 OK\r\n{http}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-03-01T12:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def pdf(content: bytes = b"BT /F1 12 Tf 20 200 Td (Words of the mill) Tj ET") -> bytes:
    packed = zlib.compress(content)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, data in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return out + end % (size, table, size, len(out))


def epub(chapter: bytes = b"<html><body><p>Words of the mill.</p></body></html>") -> dict[str, bytes]:
    return {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": b'<container><rootfiles><rootfile full-path="O/c.opf"/></rootfiles>'
        b"</container>",
        "O/c.opf": b"<package><metadata><dc:title>Weir</dc:title></metadata><manifest>"
        b'<item id="i" href="a.xhtml"/></manifest><spine><itemref idref="i"/></spine></package>',
        "O/a.xhtml": chapter,
    }


def parquet(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"".join(b"\0" + bytes(3 * 16) for _ in range(16)))
    head = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def archive() -> dict[str, bytes]:
    """An account archive of X with two posts."""
    tweet = {key: value for key, value in POST.items() if key != "user"} | {"id": POST["id_str"]}
    listed = {"fileName": "data/tweets.js", "globalName": "YTD.tweets.part0", "count": "1"}
    manifest = {
        "userInfo": {"accountId": "7", "userName": "hazel_h", "displayName": "Hazel"},
        "dataTypes": {"tweets": {"files": [listed]}},
    }
    return {
        "data/manifest.js": b"window.__THAR_CONFIG = " + json.dumps(manifest).encode(),
        "data/tweets.js": b"window.YTD.tweets.part0 = " + json.dumps([{"tweet": tweet}]).encode(),
        "data/account.js": b"window.YTD.account.part0 = "
        b'[{"account": {"username": "hazel_h", "accountId": "7"}}]',
    }


def repository() -> bytes:
    """A Bluesky export: a CAR file of three blocks and a post."""
    import libipld

    def block(value: Any) -> tuple[bytes, bytes]:
        # Ids stand in values as bytes and become links (tag 42).
        data = libipld.encode_dag_cbor(value)
        data = data.replace(b"\x58\x24\x01\x71\x12\x20", b"\xd8\x2a\x58\x25\x00\x01\x71\x12\x20")
        return b"\x01\x71\x12\x20" + hashlib.sha256(data).digest(), data

    post = block({"text": "Words of the mill", "langs": ["en"], "createdAt": "2024-05-01T10:00:00.000Z"})
    entry = {"p": 0, "k": b"app.bsky.feed.post/3a", "v": post[0], "t": None}
    root = block({"l": None, "e": [entry]})
    commit = block({"did": "did:plc:h", "version": 3, "data": root[0], "rev": "1", "prev": None, "sig": b"s"})
    parts = [
        block({"version": 1, "roots": [commit[0]]})[1],
        *(cid + data for cid, data in (commit, root, post)),
    ]
    return b"".join(bytes([len(part) & 127 | 128, len(part) >> 7]) + part for part in parts)


def _members(container: Callable[[Mapping[str, bytes]], bytes], files: dict[str, bytes], name: str) -> Seed:
    """Damage one member of a container, then pack all."""
    verb = "posts" if "data/tweets.js" in files else "docs"
    return Seed(verb, "whole.zip", files[name], lambda data: container({**files, name: data}))


def seeds() -> list[Seed]:
    """Every format, alone and behind each compression and container."""
    row = {
        "text": "Words of the mill",
        "id": "1",
        "created_at": "2024-05-01",
        "author": "Hazel",
        "lang": "en",
    }
    page = record("https://mill.example/a", gzip.compress(PAGE), "Content-Encoding: gzip")
    chunked = record("https://mill.example/b", b"5\r\nwords\r\n0\r\n\r\n", "Transfer-Encoding: chunked")
    rules = record("https://mill.example/robots.txt", b"User-agent: *\nDisallow: /b\n", media="text/plain")
    warc = page + chunked + rules
    book, posts = epub(), archive()
    docs = {
        "a.txt": b"Words of the mill.\n",
        "a.md": b"---\ntitle: Weir\ndate: 2024-05-01\n---\n# Words\n\nof the *mill*\n",
        "a.jsonl": lines(row, {**row, "id": "2"}),
        "a.json": json.dumps([row, {**row, "id": "2"}]).encode(),
        "o.json": json.dumps(row, indent=1).encode(),
        "a.csv": b'id,text,author\n1,"Words, of the ""mill""\nand more",Hazel\n2,More,Otis\n',
        "a.tsv": b"id\ttext\n1\tWords\n",
        "a.html": PAGE,
        "a.warc": warc,
        "a.epub": zipped(book),
        "a.pdf": pdf(),
        "a.mbox": MAIL + b"\n" + MAIL,
        "a.eml": MAIL.partition(b"\n")[2],
        "a.parquet": parquet([row, row]),
        "a.zip": zipped({"a.txt": b"Words.", "b.html": PAGE, "c.jsonl": lines(row)}),
        "a.tar": tarred({"a.txt": b"Words.", "b" * 200: PAGE}),
        "wide.txt": "Words of the mill".encode("utf-16"),
    }
    found = [Seed("docs", name, data) for name, data in docs.items()]
    packings = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}
    for ending, pack in packings.items():
        found.append(Seed("docs", f"a.txt{ending}", pack(docs["a.txt"] * 50)))
        found.append(Seed("docs", f"a.warc{ending}", warc, pack))
        found.append(Seed("posts", f"a.jsonl{ending}", lines(POST, POST), pack))
    found.append(Seed("docs", "m.warc.gz", b"".join(map(gzip.compress, (page, chunked, rules)))))
    found += [_members(zipped, book, name) for name in book if name != "mimetype"]
    found.append(
        _members(zipped, {"a.html": PAGE, "robots.txt": b"User-agent: *\nDisallow: /b\n"}, "robots.txt")
    )
    found += [_members(zipped, posts, name) for name in posts]
    found += [Seed("posts", "archive.zip", zipped(posts)), Seed("posts", "a.jsonl", lines(POST, POST))]
    found += [
        Seed("posts", "page.json", json.dumps(API).encode()),
        Seed("posts", "v2.jsonl", lines(API, API)),
    ]
    outbox = {"id": "outbox.json", "type": "OrderedCollection", "totalItems": 1, "orderedItems": [NOTE]}
    found += [
        Seed("posts", "outbox.json", json.dumps(outbox).encode()),
        Seed("posts", "repo.car", repository()),
    ]
    found += [
        Seed("chats", "a.jsonl", lines(CHAT, CHAT)),
        Seed("chats", "a.json", json.dumps([CHAT]).encode()),
    ]
    found += [Seed("chats", "a.parquet", parquet([CHAT])), Seed("preferences", "a.jsonl", lines(PREFERENCE))]
    pictures = {"a.png": png(), "a.txt": b"A black square"}
    found += [Seed("images", "a.tar", tarred(pictures))]
    found += [Seed("images", "a.tar", png(), lambda data: tarred({**pictures, "a.png": data}))]
    found += [Seed("images", "a.parquet", parquet([{"image": {"bytes": png()}, "text": "A square"}]))]
    found += [Seed("evaluations", "e.jsonl", lines({"question": "Who mills?", "answer": "The miller"}))]
    return [*found, *document_seeds(), *message_seeds(), *talk_seeds()]
