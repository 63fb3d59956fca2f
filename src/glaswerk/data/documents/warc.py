"""WARC, the format of web archives: one document for each HTML or plain text page in the archive."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from io import BufferedReader, BytesIO
from typing import Any

import brotli
from fastwarc.warc import ArchiveIterator, WarcRecord

from glaswerk.data.documents.html import TooDeep, decode, read_page
from glaswerk.data.documents.opt_out import Robots, reserved_by_headers
from glaswerk.data.documents.warc_records import framed
from glaswerk.data.files.bounded_call import TooCostly
from glaswerk.data.files.limits import PAGE_BYTES, ROBOTS_BYTES

# `conversion` is text already extracted from pages, as in Common Crawl's WET files.
_TYPES = ("response", "resource", "conversion")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]{0,200}\r\n")
_HTML = ("text/html", "application/xhtml+xml")


def read_warc(
    stream: BufferedReader, robots: Robots, counts: Counter[str], encoding: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(url, fields) of every page; other records are counted. Raises OSError if the file is damaged."""
    for record in _records(stream, _TYPES, counts):
        url = _url(record)
        if Robots.is_rules(url) is not None:
            continue
        row = _page(record, url, counts, encoding)
        if row is not None:
            row["tdm_opt_out"] = row.get("tdm_opt_out") or robots.disallows(url)
            yield url, row


def read_rules(stream: BufferedReader, robots: Robots) -> None:
    """Collect every robots.txt and ai.txt of an archive. Raises OSError if the file is damaged."""
    for record in _records(stream, ("response", "resource"), Counter()):
        url = _url(record)
        if Robots.is_rules(url) is not None and _status(record) in (None, 200):
            body = _body(record, _headers(record), ROBOTS_BYTES)
            robots.add_snapshot(url, (body or b"")[:ROBOTS_BYTES])


def _records(stream: BufferedReader, types: Collection[str], counts: Counter[str]) -> Iterator[WarcRecord]:
    """Records of these types. FastWARC parses them one by one, because it trusts stated lengths."""
    for whole in framed(stream, counts):
        if whole.kind in types:
            # Bodies are decoded here: FastWARC gives up at a body that contradicts its headers.
            yield from ArchiveIterator(
                BytesIO(whole.header + whole.body), parse_http=True, auto_decode="none", stream_detect=False
            )


def _body(record: WarcRecord, headers: Mapping[str, str], limit: int) -> bytes | None:
    """The body without transfer and content encoding, up to `limit` + 1 bytes; None if it is damaged.

    Crawlers often keep the headers of a body that they already decoded, so a body that does not match them is
    used as it is.
    """
    data = record.reader.read(2 * limit)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        data = _dechunked(data) or data
    coding = headers.get("content-encoding", "").strip().lower()
    try:
        if coding in ("gzip", "x-gzip", "deflate"):
            return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, limit + 1)
        if coding == "br":
            return bytes(brotli.Decompressor().process(data, output_buffer_limit=limit + 1))
    except (zlib.error, brotli.error):
        return None if b"\0" in data else data
    return None if coding not in ("", "identity", "none") and b"\0" in data else data


def _dechunked(data: bytes) -> bytes | None:
    """The chunks of an HTTP/1.1 body joined, as far as they go; None if the data is not chunked."""
    pieces: list[bytes] = []
    place = 0
    while match := _CHUNK.match(data, place):
        size = int(match[1], 16)
        if size == 0:
            return b"".join(pieces)
        pieces.append(data[match.end() : match.end() + size])
        place = match.end() + size
        place += 2 * (data[place : place + 2] == b"\r\n")
    return b"".join(pieces) if pieces else None


def _page(record: WarcRecord, url: str, counts: Counter[str], encoding: str) -> dict[str, Any] | None:
    if _status(record) not in (None, 200):
        counts["not_a_page"] += 1
        return None
    headers = _headers(record)
    declared = headers.get("content-type") or record.headers.get("Content-Type") or ""
    media, _, more = declared.partition(";")
    media = media.strip().lower()
    if media not in (*_HTML, "text/plain"):
        counts["not_a_page"] += 1
        return None
    data = _body(record, headers, PAGE_BYTES)
    if data is None:
        counts["broken_record"] += 1
        return None
    if len(data) > PAGE_BYTES:
        counts["too_big"] += 1
        return None
    text = decode(data, more.partition("charset=")[2].strip(" \"'"), encoding)
    if text is None:
        counts["unknown_encoding"] += 1
        return None
    try:
        row: dict[str, Any] = read_page(text) if media in _HTML else {"text": text}
    except TooCostly:
        counts["too_big"] += 1
        return None
    except TooDeep:
        counts["nested_too_deep"] += 1
        return None
    # The archive's url replaces the page's own; language and date come from the page, if it has them.
    opted_out = row.get("tdm_opt_out") or reserved_by_headers(headers)
    lang = row.get("lang") or headers.get("content-language", "").partition(",")[0]
    date = row.get("date") or record.headers.get("WARC-Date")
    return {**row, "id": url, "url": url, "lang": lang, "date": date, "tdm_opt_out": opted_out}


def _url(record: WarcRecord) -> str:
    return (record.headers.get("WARC-Target-URI") or "").strip("<> ")


def _status(record: WarcRecord) -> int | None:
    """The HTTP status; None if the record has no HTTP headers."""
    return record.http_headers.status_code if record.http_headers is not None else None


def _headers(record: WarcRecord) -> dict[str, str]:
    """HTTP headers by name in lower case; repeated headers are joined, as HTTP defines."""
    found: dict[str, str] = {}
    for name, value in record.http_headers or ():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found
