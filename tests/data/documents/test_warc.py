"""Web archives: one document a page, opt-outs honoured wherever in the archive they stand."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from contextlib import suppress
from io import BufferedReader, BytesIO
from pathlib import Path

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import PAGE, add, documents, mutated, record, zipped

from glaswerk.core.document import Document
from glaswerk.data.documents.opt_out import Robots
from glaswerk.data.documents.warc import read_warc
from glaswerk.lab import Lab

SITE = "https://millford.example"


def read(lab: Lab, tmp_path: Path, *records: bytes) -> dict[str, Document]:
    (tmp_path / "crawl.warc.gz").write_bytes(b"".join(map(gzip.compress, records)))
    return {d.id.removeprefix(f"docs:{SITE}"): d for d in documents(add(lab, tmp_path / "crawl.warc.gz"))}


def test_pages_and_plain_texts_become_documents(empty_lab: Lab, tmp_path: Path) -> None:
    found = read(
        empty_lab,
        tmp_path,
        record(f"{SITE}/weir", PAGE),
        record(f"{SITE}/note", b"A plain note.", "Content-Language: de", media="text/plain; charset=utf-8"),
        record(f"{SITE}/wet", b"Drawn out before.", media="text/plain", kind="conversion"),
    )
    assert set(found) == {"/weir", "/note", "/wet"}
    assert found["/weir"].url == f"{SITE}/weir"
    assert str(found["/weir"].created_at) == "2024-05-01 10:00:00+00:00"
    assert (found["/note"].text, found["/note"].lang) == ("A plain note.", "de")
    assert str(found["/note"].created_at) == "2024-03-01 12:00:00+00:00"
    assert found["/wet"].text == "Drawn out before."


def test_what_is_no_page_is_counted(empty_lab: Lab, tmp_path: Path) -> None:
    records = [
        record(f"{SITE}/a", b"Words."),
        record(f"{SITE}/gone", b"Not found", status=404),
        record(f"{SITE}/p.png", b"\x89PNG", media="image/png"),
        record(f"{SITE}/x", b"Gr\xfc\xdfe"),
    ]
    (tmp_path / "a.warc").write_bytes(b"".join(records))
    made = add(empty_lab, tmp_path / "a.warc")
    assert made.stats["left_out"] == {"not_a_page": 2, "unknown_encoding": 1}


def test_an_archive_that_is_cut_off_gives_what_stood_before(empty_lab: Lab, tmp_path: Path) -> None:
    whole = gzip.compress(record(f"{SITE}/a", b"First words."))
    (tmp_path / "a.warc.gz").write_bytes(whole + gzip.compress(record(f"{SITE}/b", PAGE))[:-40])
    made = add(empty_lab, tmp_path / "a.warc.gz")
    assert made.stats["documents"] >= 1
    assert made.stats["left_out"] == {"cut_off": 1}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(PAGE, mtime=0), ["Content-Encoding: gzip"]),
        (zlib.compress(PAGE), ["Content-Encoding: deflate"]),
        (brotli.compress(PAGE), ["Content-Encoding: br"]),
        (b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE), ["Transfer-Encoding: chunked"]),
        (PAGE, ["Content-Encoding: gzip"]),
        (PAGE, ["Transfer-Encoding: chunked"]),
    ],
)
def test_bodies_are_decoded_and_headers_that_lie_are_borne(
    empty_lab: Lab, tmp_path: Path, body: bytes, headers: list[str]
) -> None:
    found = read(empty_lab, tmp_path, record(f"{SITE}/weir", body, *headers), record(f"{SITE}/b", b"Next."))
    assert found["/weir"].text.startswith("The new weir")
    assert found["/b"].text == "Next."


@pytest.mark.parametrize(
    ("header", "reserved"),
    [
        ("tdm-reservation: 1", True),
        ("TDM-Policy: https://a.example/p.json", True),
        ("X-Robots-Tag: noai", True),
        ("X-Robots-Tag: otherbot: noindex, noai", True),
        ("tdm-reservation: 0", False),
        ("X-Robots-Tag: noindex", False),
        ("X-Robots-Tag: noimageai", False),
    ],
)
def test_headers_reserve(empty_lab: Lab, tmp_path: Path, header: str, reserved: bool) -> None:
    found = read(empty_lab, tmp_path, record(f"{SITE}/a", b"Words.", header))
    assert found["/a"].rights.tdm_opt_out is reserved


def test_rules_behind_the_pages_hold_for_them(empty_lab: Lab, tmp_path: Path) -> None:
    rules = b"User-agent: GPTBot\nDisallow: /private/\n\nUser-agent: *\nDisallow: /search\n"
    found = read(
        empty_lab,
        tmp_path,
        record(f"{SITE}/private/a", b"Kept back."),
        record(f"{SITE}/search", b"For engines."),
        record(f"{SITE}/open", b"Open."),
        record("https://other.example/private/a", b"Elsewhere."),
        record(f"{SITE}/robots.txt", rules, media="text/plain"),
    )
    reserved = {name: document.rights.tdm_opt_out for name, document in found.items()}
    assert reserved == {
        "/private/a": True,
        "/search": False,
        "/open": False,
        "docs:https://other.example/private/a": False,
    }


def test_rules_in_another_archive_of_the_same_call_hold_too(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(record(f"{SITE}/a", b"Words."))
    ai = record(f"{SITE}/ai.txt", b"User-Agent: *\nDisallow: /\n", media="text/plain")
    (tmp_path / "b.wacz").write_bytes(
        zipped(
            {
                "datapackage.json": "{}",
                "pages/pages.jsonl": '{"text": "not a page"}\n',
                "archive/data.warc.gz": gzip.compress(ai) + gzip.compress(record(f"{SITE}/b", b"More.")),
            }
        )
    )
    found = documents(add(empty_lab, tmp_path / "a.warc", tmp_path / "b.wacz"))
    assert {d.text: d.rights.tdm_opt_out for d in found} == {"Words.": True, "More.": True}


@settings(max_examples=200)
@given(st.data())
def test_no_bytes_raise_anything_but_os_errors(data: st.DataObject) -> None:
    whole = record(f"{SITE}/a", PAGE, "Content-Encoding: gzip") + record(
        f"{SITE}/b", b"5\r\nwords\r\n0\r\n\r\n"
    )
    with suppress(OSError):
        for url, row in read_warc(BufferedReader(BytesIO(mutated(data, whole))), Robots(), Counter()):
            assert (row["id"], row["url"]) == (url, url)
