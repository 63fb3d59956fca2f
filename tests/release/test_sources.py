"""Sources and domains are counted from the documents that were trained on, once each, by section."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from records import SHARDS, corpus_file, lineage, record

from glaswerk.core.document import Document, Rights
from glaswerk.release.sources import (
    CRAWLED,
    LICENSED,
    OTHER,
    PUBLIC,
    SYNTHETIC,
    USER,
    data_of,
)

CC0 = Rights("CC0-1.0", "own")
SPLITS = {"train": {"tokens": 40, "documents": 3}, "validation": {"tokens": 9, "documents": 1}}


def doc(number: int, source: str = "posts", text: str = "abcd", **more: object) -> Document:
    return replace(Document(f"{source}:{number}", source, text, CC0), **more)  # type: ignore[arg-type]


def test_held_out_documents_do_not_count(tmp_path: Path) -> None:
    folder = corpus_file(tmp_path, {"train": [doc(1), doc(2)], "validation": [doc(3)]})
    data = data_of(lineage(folder, sources=[record("source", "posts")], splits=SPLITS))
    (row,) = data.rows
    assert (row.documents, row.bytes, row.counted) == (2, 8, True)
    assert (data.tokens, data.documents) == (40, 3)  # as the shards counted them
    assert data.lost == ()


def test_bytes_are_those_of_utf_8_and_authors_are_counted_once(tmp_path: Path) -> None:
    documents = [doc(1, text="é", author="a"), doc(2, text="日", author="a"), doc(3, text="", author="")]
    folder = corpus_file(tmp_path, {"train": documents})
    (row,) = data_of(lineage(folder, sources=[record("source", "posts")])).rows
    assert (row.bytes, row.authors) == (5, 1)


def test_rights_split_a_source_into_rows_the_most_frequent_first(tmp_path: Path) -> None:
    other = Rights("MIT", "public", "public")
    folder = corpus_file(tmp_path, {"train": [doc(1), doc(2, rights=other), doc(3, rights=other)]})
    rows = data_of(lineage(folder, sources=[record("source", "posts")])).rows
    assert [(row.licence, row.documents, row.section) for row in rows] == [
        ("MIT", 2, PUBLIC),
        ("CC0-1.0", 1, OTHER),
    ]


def test_months_come_from_dated_documents_alone(tmp_path: Path) -> None:
    dated = [datetime(2019, 12, 31, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC), None]
    folder = corpus_file(tmp_path, {"train": [doc(i, created_at=at) for i, at in enumerate(dated)]})
    data = data_of(lineage(folder, sources=[record("source", "posts")]))
    assert data.span == ("2019-12", "2024-02")
    assert data.added_last == "2026-03-04"


def test_without_dates_and_without_rows_there_is_no_span(tmp_path: Path) -> None:
    folder = corpus_file(tmp_path / "undated", {"train": [doc(1)]})
    assert data_of(lineage(folder, sources=[record("source", "posts")])).span == ("", "")
    empty = data_of(lineage(corpus_file(tmp_path / "empty", {"train": []})))
    assert (empty.rows, empty.span, empty.added_last, empty.languages) == ((), ("", ""), "", {})


@pytest.mark.parametrize(
    ("acquired", "section"),
    [
        ("public", PUBLIC),
        ("licensed", LICENSED),
        ("synthetic", SYNTHETIC),
        ("own", OTHER),
        ("unknown", OTHER),
        ("", OTHER),
    ],
)
def test_the_origin_decides_the_section(tmp_path: Path, acquired: str, section: str) -> None:
    folder = corpus_file(tmp_path, {"train": [doc(1, rights=Rights("MIT", acquired))]})
    data = data_of(lineage(folder, sources=[record("source", "posts")]))
    assert data.rows[0].section == section
    assert data.of(section) == data.rows
    assert data.of("9.9") == ()


@pytest.mark.parametrize("name", ["a.warc", "A.WARC.GZ", "deep/b.warc.zst"])
def test_a_web_archive_makes_a_source_crawled(tmp_path: Path, name: str) -> None:
    source = record("source", "posts", config={"files": ["notes.txt", name]})
    folder = corpus_file(tmp_path, {"train": [doc(1)]})
    assert data_of(lineage(folder, sources=[source])).rows[0].section == CRAWLED


def test_what_the_provider_says_of_a_source_outweighs_its_origin(tmp_path: Path) -> None:
    folder = corpus_file(tmp_path, {"train": [doc(1, "web"), doc(1, "app"), doc(1, "rest")]})
    made = lineage(folder, sources=[record("source", name) for name in ("web", "app", "rest")])
    rows = data_of(made, crawled=["web"], users=["app"]).rows
    assert {row.source: row.section for row in rows} == {"web": CRAWLED, "app": USER, "rest": OTHER}


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.Example.org/a?b#c", "example.org"),
        ("http://user:secret@example.org:8080/x", "example.org"),
        ("https://sub.example.org", "sub.example.org"),
        ("https://example.org?x=@evil.example", "example.org"),
        ("ftp://example.org/a", None),
        ("mailto:a@example.org", None),
        ("", None),
    ],
)
def test_a_domain_is_the_host_without_user_port_and_www(tmp_path: Path, url: str, domain: str | None) -> None:
    folder = corpus_file(tmp_path, {"train": [doc(1, url=url)]})
    data = data_of(lineage(folder, sources=[record("source", "posts")]), crawled=["posts"])
    assert [found.name for found in data.domains] == ([domain] if domain else [])


@pytest.mark.parametrize(("small", "listed"), [(False, 3), (True, 2)])
def test_the_largest_tenth_of_domains_is_listed_rounded_up(tmp_path: Path, small: bool, listed: int) -> None:
    documents = [doc(i, text="x" * (i + 1), url=f"https://d{i}.example/") for i in range(21)]
    folder = corpus_file(tmp_path, {"train": documents})
    data = data_of(lineage(folder, sources=[record("source", "posts")]), crawled=["posts"], small=small)
    assert data.domains_in_all == 21
    assert [found.name for found in data.domains] == ["d20.example", "d19.example", "d18.example"][:listed]


def test_domains_are_those_of_crawled_sources_alone(tmp_path: Path) -> None:
    documents = [doc(1, "web", url="https://a.example/"), doc(1, "own", url="https://b.example/")]
    folder = corpus_file(tmp_path, {"train": documents})
    made = lineage(folder, sources=[record("source", "web"), record("source", "own")])
    assert [found.name for found in data_of(made, crawled=["web"]).domains] == ["a.example"]


def test_a_document_that_two_corpora_hold_counts_once(tmp_path: Path) -> None:
    first = corpus_file(tmp_path / "one", {"train": [doc(1), doc(2)]})
    second = corpus_file(tmp_path / "two", {"chat": [doc(2), doc(3)]})
    one = lineage(first, sources=[record("source", "posts")])
    other = record("corpus", "other", path=second)
    shards = record("shards", "other.main", stats={"splits": {}}, inputs={"corpus": other.id})
    chat = record("model", "chat/step-2", config={"stage": "chat"}, inputs={"shards": shards.id})
    both = replace(
        one,
        stages=(*one.stages, chat),
        shards=(*one.shards, shards),
        corpora=(*one.corpora, other),
    )
    assert sum(row.documents for row in data_of(both).rows) == 3


def test_of_a_lost_corpus_the_figures_of_its_sources_stand_in_and_say_so() -> None:
    source = record(
        "source",
        "posts",
        config={"licence": "MIT", "acquired": "public"},
        stats={"documents": 7, "bytes": 70},
    )
    data = data_of(lineage(None, sources=[source]))
    (row,) = data.rows
    assert (row.documents, row.bytes, row.licence, row.counted) == (7, 70, "MIT", False)
    assert row.section == PUBLIC
    assert data.lost == ("main",)


def test_languages_and_kinds_are_counted_the_most_frequent_first(tmp_path: Path) -> None:
    documents = [doc(1, lang="en"), doc(2, lang="de", kind="post"), doc(3, lang="de"), doc(4)]
    folder = corpus_file(tmp_path, {"train": documents})
    data = data_of(lineage(folder, sources=[record("source", "posts")]))
    assert list(data.languages.items()) == [("de", 2), ("", 1), ("en", 1)]
    assert data.kinds == {"page": 3, "post": 1}


def test_a_corpus_that_no_stage_was_trained_on_counts_nothing(tmp_path: Path) -> None:
    folder = corpus_file(tmp_path, {"train": [doc(1)]})
    adopted = record("model", "base/step-0", config={"stage": "adopted", "licence": "MIT"}, inputs=SHARDS)
    assert data_of(lineage(folder, sources=[record("source", "posts")], stages=[adopted])).rows == ()
