"""Web archives: one document a page, opt-outs honoured wherever in the archive they stand."""

from __future__ import annotations

import gzip
import re
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


def whole_pages(*names: str) -> list[bytes]:
    return [record(f"{SITE}/{name}", f"Words of page {name}.".encode(), media="text/plain") for name in names]


def with_length(data: bytes, length: int) -> bytes:
    return re.sub(rb"(WARC/1\.0[\s\S]*?Content-Length: )\d+", rb"\g<1>%d" % length, data, count=1)


def found_and_counted(data: bytes) -> tuple[list[str], dict[str, int]]:
    counts: Counter[str] = Counter()
    pages = read_warc(BufferedReader(BytesIO(data)), Robots(), counts)
    return [url.removeprefix(f"{SITE}/") for url, _ in pages], dict(counts)


@pytest.mark.parametrize("length", [0, 9, 60, 200, 300, 40_000_000, 2 * 10**9])
def test_a_record_with_a_wrong_length_loses_only_itself(length: int) -> None:
    a, b, c = whole_pages("a", "b", "c")
    assert found_and_counted(a + with_length(b, length) + c) == (["a", "c"], {"broken_record": 1})


@pytest.mark.parametrize("between", [b"", b"\n", b"\r\n\r\n\r\n"])
def test_line_ends_after_a_record_may_be_missing_or_many(between: bytes) -> None:
    a, b = (page.rstrip(b"\r\n") for page in whole_pages("a", "b"))
    assert found_and_counted(a + between + b) == (["a", "b"], {})


@pytest.mark.parametrize(
    "broken",
    [
        b"no record at all\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\n\r\nno length\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: many\r\n\r\nwords\r\n\r\n",
        b"WARC/1.0\r\nContent-Length: 5\r\nno end of the header",
    ],
)
def test_what_is_no_record_is_passed_over(broken: bytes) -> None:
    a, b = whole_pages("a", "b")
    assert found_and_counted(a + broken + b"\r\n" + b) == (["a", "b"], {"broken_record": 1})


def test_a_record_that_ends_with_the_file_is_counted_as_cut_off() -> None:
    a, b = whole_pages("a", "b")
    for cut in (b[:-20], with_length(b, 2 * 10**9), with_length(b, 10**15), b[:60]):
        assert found_and_counted(a + cut) == (["a"], {"cut_off": 1})


def test_a_page_that_is_too_long_to_hold_is_counted_and_the_next_one_read() -> None:
    a, b = whole_pages("a", "b")
    long = record(f"{SITE}/long", b"words " * 7_000_000, media="text/plain")
    assert found_and_counted(a + long + b) == (["a", "b"], {"too_big": 1})


def test_a_web_archive_kept_inside_another_is_one_record() -> None:
    a, b = whole_pages("a", "b")
    inner = record(f"{SITE}/inner.warc", a + b, media="application/warc")
    assert found_and_counted(inner + b) == (["b"], {"not_a_page": 1})


def test_requests_and_revisits_are_no_pages() -> None:
    (a,) = whole_pages("a")
    others = [
        record(f"{SITE}/a", b"Words.", kind=kind) for kind in ("request", "revisit", "metadata", "warcinfo")
    ]
    assert found_and_counted(b"".join(others) + a) == (["a"], {})


def test_a_damaged_gzip_member_loses_only_its_record(empty_lab: Lab, tmp_path: Path) -> None:
    a, b, c = (gzip.compress(page, mtime=0) for page in whole_pages("a", "b", "c"))
    damaged = b[: len(b) // 2] + b"\xff" * 9 + b[len(b) // 2 + 9 :]
    for name, broken in (("damaged", damaged), ("cut", b[:-30])):
        file = tmp_path / f"{name}.warc.gz"
        file.write_bytes(a + broken + c)
        made = add(empty_lab, file, name=name)
        assert [d.text for d in documents(made)] == ["Words of page a.", "Words of page c."]
        assert made.stats["left_out"] == {"broken_record": 1}
