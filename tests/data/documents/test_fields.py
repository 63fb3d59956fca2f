"""One row of named fields becomes one document: ids, links, titles, times and rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.fields import Defaults, IngestCounts, find_files, from_fields, rights_of

DEFAULTS = Defaults("src", "CC0-1.0", author="House")


def made(counts: IngestCounts | None = None, /, **row: Any) -> Document | None:
    return from_fields({"text": "Words.", **row}, "file#1", "file, row 1", DEFAULTS, counts or IngestCounts())


def document(**row: Any) -> Document:
    found = made(**row)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("given_id", "expected"),
    [
        (None, "src:file#1"),
        ("", "src:file#1"),
        (7, "src:7"),
        ("a b/ü", "src:a b/ü"),
        ("x:5", "x:5"),
        ("src:5", "src:src:5"),
        (["a"], "src:file#1"),
    ],
)
def test_ids_are_unique_in_the_lab_by_the_name_of_their_source(given_id: Any, expected: str) -> None:
    assert document(id=given_id).id == expected


def test_links_to_other_documents_are_written_as_their_ids_are() -> None:
    found = document(reply_to="a", quote_of="x:5", retweet_of="@hazel", edit_of="")
    assert (found.reply_to, found.quote_of, found.retweet_of, found.edit_of) == (
        "src:a",
        "x:5",
        "@hazel",
        "",
    )


def test_a_retweet_is_recognised_in_posts_alone() -> None:
    assert document(text="RT @hazel: Words.", kind="post").retweet_of == "@hazel"
    assert document(text="RT @hazel: Words.").retweet_of == ""


@pytest.mark.parametrize("text", [None, "", " \n\t", 7, ["words"], {"words": 1}, b"words"])
def test_a_row_without_text_is_counted(text: Any) -> None:
    counts = IngestCounts()
    assert made(counts, text=text) is None
    assert counts.left_out == {"no_text": 1}


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Fair", "On the first of May.", "Fair\n\nOn the first of May."),
        ("Fair", "# Fair\n\nOn the first.", "# Fair\n\nOn the first."),
        ("FAIR", "Fair dates", "Fair dates"),
        ("", "Words.", "Words."),
        (None, "Words.", "Words."),
    ],
)
def test_a_title_is_put_above_a_text_that_does_not_start_with_it(
    title: str | None, text: str, expected: str
) -> None:
    assert document(title=title, text=text).text == expected


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("2024-05-01", 2024),
        ("2024-05-01T10:00:00+02:00", 2024),
        ("Wed Oct 10 20:19:24 +0000 2018", 2018),
        (1612010112, 2021),
        (1612010112.5, 2021),
        (1612010112000, 2021),
        (" 1612010112 ", 2021),
        (datetime(2020, 1, 1), 2020),  # noqa: DTZ001
        (datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=5))), 2019),
    ],
)
def test_times_are_read_from_every_usual_form_as_utc(written: Any, year: int) -> None:
    counts = IngestCounts()
    found = made(counts, created_at=written)
    assert found is not None
    assert found.created_at is not None
    assert (found.created_at.year, found.created_at.tzinfo) == (year, UTC)
    assert counts.unparsed_dates == 0


@pytest.mark.parametrize("written", ["soon", "2024-13-01", True, 1e300, float("nan"), [2024], 10**30])
def test_times_that_make_no_sense_are_counted_and_left_open(written: Any) -> None:
    counts = IngestCounts()
    found = made(counts, created_at=written)
    assert found is not None
    assert (found.created_at, counts.unparsed_dates) == (None, 1)


def test_the_field_date_stands_in_for_created_at() -> None:
    assert document(date="2024-05-01").created_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert document(created_at="2023-01-01", date="2024-05-01").created_at == datetime(2023, 1, 1, tzinfo=UTC)


def test_rows_override_the_defaults_and_take_them_for_the_rest() -> None:
    plain, full = document(), document(author="Hazel", licence="MIT", lang="de-AT", kind="speech")
    assert (plain.author, plain.rights.licence, plain.lang, plain.kind) == ("House", "CC0-1.0", "", "page")
    assert (full.author, full.rights.licence, full.lang, full.kind) == ("Hazel", "MIT", "de", "speech")
    assert document(license="PD").rights.licence == "PD"


@pytest.mark.parametrize("kind", ["dialogue", "preference", "poem"])
def test_a_kind_that_plain_text_cannot_have_is_an_error(kind: str) -> None:
    with pytest.raises(GlaswerkError, match=f"in file, row 1, found '{kind}'") as caught:
        made(kind=kind)
    assert "glaswerk add chats" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ("own", "public", False)),
        ({"audience": " Private "}, ("own", "private", False)),
        ({"tdm_opt_out": "YES"}, ("own", "public", True)),
        ({"tdm_opt_out": 1.0}, ("own", "public", True)),
        ({"tdm_opt_out": False}, ("own", "public", False)),
        ({"acquired": "licensed"}, ("licensed", "public", False)),
    ],
)
def test_rights_are_read_in_any_case(row: dict[str, Any], expected: tuple[str, str, bool]) -> None:
    found = rights_of(row, "here", DEFAULTS)
    assert (found.acquired, found.audience, found.tdm_opt_out) == expected


@given(st.dictionaries(st.sampled_from(["id", "title", "author", "lang", "url", "reply_to"]), st.text()))
def test_any_words_in_the_fields_make_a_document(row: dict[str, str]) -> None:
    found = document(**row)
    assert found.id
    assert found.text.endswith("Words.")
    assert found.lang == "" or found.lang.isascii()


def test_files_of_another_kind_are_errors_if_named_and_counted_in_folders(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.txt"):
        (tmp_path / name).write_text("{}")
    counts = IngestCounts()
    assert [file.name for file in find_files([tmp_path], (".jsonl",), counts)] == ["a.jsonl"]
    assert counts.left_out == {"unsupported_file": 1}
    with pytest.raises(GlaswerkError, match=r"ends in \.jsonl, found .*b\.txt"):
        find_files([tmp_path / "b.txt"], (".jsonl",), counts)
    with pytest.raises(GlaswerkError, match="an empty list of paths"):
        find_files([], (), counts)


@pytest.mark.parametrize(
    ("name", "data"), [("a.parquet", b"no parquet"), ("a.jsonl.zst", b"no zstd"), ("a.jsonl", b"{\0}")]
)
def test_content_that_contradicts_its_ending_is_an_error(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(GlaswerkError, match="found"):
        find_files([tmp_path], (".parquet", ".jsonl", ".zst"), IngestCounts())
