"""WARC, the format of web archives: one document for each page of HTML or plain text that was fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from glaswerk.data.html import PAGE_LIMIT, TooDeep, decode, read_page
from glaswerk.data.opt_out import ROBOTS_LIMIT, Robots, reserved_by_headers

# `conversion` is text that someone drew from pages already, as Common Crawl's WET files hold it.
_TYPES = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
_HTML = ("text/html", "application/xhtml+xml")


def read_warc(
    stream: BinaryIO, robots: Robots, counts: Counter[str], encoding: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(url, fields) of every page; what is none is counted. Raises OSError where the file is damaged."""
    for record in ArchiveIterator(stream, record_types=_TYPES, parse_http=True, auto_decode="all"):
        url = _url(record)
        if Robots.is_rules(url) is not None:
            continue
        row = _page(record, url, counts, encoding)
        if row is not None:
            row["tdm_opt_out"] = row.get("tdm_opt_out") or robots.disallows(url)
            yield url, row


def read_rules(stream: BinaryIO, robots: Robots) -> None:
    """Collect every robots.txt and ai.txt of an archive. Raises OSError where the file is damaged."""
    types = WarcRecordType.response | WarcRecordType.resource
    for record in ArchiveIterator(stream, record_types=types, parse_http=True, auto_decode="all"):
        url = _url(record)
        if Robots.is_rules(url) is not None and _status(record) in (None, 200):
            robots.add_snapshot(url, record.reader.read(ROBOTS_LIMIT))


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
    data = record.reader.read(PAGE_LIMIT + 1)
    if len(data) > PAGE_LIMIT:
        counts["too_big"] += 1
        return None
    text = decode(data, more.partition("charset=")[2].strip(" \"'"), encoding)
    if text is None:
        counts["unknown_encoding"] += 1
        return None
    try:
        row: dict[str, Any] = read_page(text) if media in _HTML else {"text": text}
    except TooDeep:
        counts["nested_too_deep"] += 1
        return None
    # What the archive knows goes before what the page says of itself, but for the time it was written.
    opted_out = row.get("tdm_opt_out") or reserved_by_headers(headers)
    lang = row.get("lang") or headers.get("content-language", "").partition(",")[0]
    date = row.get("date") or record.headers.get("WARC-Date")
    return {**row, "id": url, "url": url, "lang": lang, "date": date, "tdm_opt_out": opted_out}


def _url(record: WarcRecord) -> str:
    return (record.headers.get("WARC-Target-URI") or "").strip("<> ")


def _status(record: WarcRecord) -> int | None:
    """The status of the HTTP answer; None where the record is none."""
    return record.http_headers.status_code if record.http_headers is not None else None


def _headers(record: WarcRecord) -> dict[str, str]:
    """HTTP headers by name in lower case; several of one name joined, as HTTP has it."""
    found: dict[str, str] = {}
    for name, value in record.http_headers or ():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found
