"""Fields by the names that people have for them, and columns that only look like ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.csv_rows import NoTextColumn
from glaswerk.data.documents.field_names import FieldNames, parse_map
from glaswerk.data.source import add_docs
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

FORMS = ("jsonl", "json", "csv", "parquet")


def written(folder: Path, form: str, *rows: dict[str, Any]) -> Path:
    """The rows as a file of one of FORMS."""
    path = folder / f"rows.{form}"
    if form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif form == "json":
        path.write_text(json.dumps(list(rows)))
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
    else:
        lines = [";".join(rows[0]), *(";".join(str(row[key]) for key in rows[0]) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
    return path


def add(lab: Lab, path: Path, **more: Any) -> Artifact:
    return add_docs(lab, [path], licence="own", name="rows", acquired="own", **more)


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


@pytest.mark.parametrize("form", FORMS)
def test_names_that_people_have_are_known_in_every_form(empty_lab: Lab, tmp_path: Path, form: str) -> None:
    speech = {"headline": "On mills", "body": "They turn.", "speaker": "Ada", "published": "12 March 2019"}
    (found,) = documents(add(empty_lab, written(tmp_path, form, speech)))
    assert found.text == "On mills\n\nThey turn."
    assert (found.author, found.created_at) == ("Ada", datetime(2019, 3, 12, tzinfo=UTC))


@pytest.mark.parametrize("form", FORMS)
def test_posts_of_other_networks_keep_author_answers_and_language(
    empty_lab: Lab, tmp_path: Path, form: str
) -> None:
    rows = [
        {"id": "p1", "content": "First.", "from_user": "ada", "in_reply_to": "", "conversation_id": "p1"},
        {"id": "p2", "content": "Answer.", "from_user": "bo", "in_reply_to": "p1", "conversation_id": "p1"},
        {"id": "p3", "content": "Later.", "from_user": "cy", "in_reply_to": "", "conversation_id": "p1"},
    ]
    found = documents(add(empty_lab, written(tmp_path, form, *rows)))
    assert [document.author for document in found] == ["ada", "bo", "cy"]
    assert [document.id for document in found] == ["rows:p1", "rows:p2", "rows:p3"]
    assert [document.reply_to for document in found] == ["", "rows:p1", "rows:p1"]


@pytest.mark.parametrize("name", ["is_retweet", "isRetweet", "Is-Retweet"])
@pytest.mark.parametrize("yes", ["true", "t", "1", True])
def test_reposts_and_deleted_posts_say_so_themselves(
    empty_lab: Lab, tmp_path: Path, name: str, yes: object
) -> None:
    rows = [
        {"text": "My own words.", name: "f", "isDeleted": "f"},
        {"text": "RT @ada: Her words.", name: yes, "isDeleted": "f"},
        {"text": "Words without a name.", name: yes, "isDeleted": "f"},
        {"text": "I regret this.", name: "f", "isDeleted": "t"},
    ]
    made = add(empty_lab, written(tmp_path, "jsonl", *rows))
    assert [(d.text, d.retweet_of) for d in documents(made)] == [
        ("My own words.", ""),
        ("RT @ada: Her words.", "@ada"),
    ]
    assert made.stats["left_out"] == {"deleted": 1, "retweet": 1}


@pytest.mark.parametrize(
    "name", ["text", "full_text", "content", "body", "fullText", "Content", "tweet", "message"]
)
@pytest.mark.parametrize("form", FORMS)
def test_the_text_has_its_usual_names_in_every_form(
    empty_lab: Lab, tmp_path: Path, form: str, name: str
) -> None:
    if name == "fullText" and form == "csv":
        pytest.skip("the header decides")
    made = add(empty_lab, written(tmp_path, form, {name: "The old mill.", "n": 1}))
    assert documents(made)[0].text == "The old mill."


def test_of_a_text_and_an_empty_one_the_text_is_taken() -> None:
    names = FieldNames()
    assert names.read({"full_text": None, "text": "Words."})["text"] == "Words."
    assert names.read({"text": "Short…", "full_text": "Words."})["text"] == "Short…"
    assert names.read({"text": " ", "body": "Words."})["text"] == "Words."
    assert names.read({"content": {"a": 1}, "body": "Words."})["text"] == "Words."
    assert names.read({"text": "\\N"})["text"] is None


def test_two_fields_that_may_be_the_text_need_a_choice(empty_lab: Lab, tmp_path: Path) -> None:
    row = {"content": "One.", "body": "Two."}
    with pytest.raises(NoTextColumn) as error:
        FieldNames().read(row)
    assert "--map text=" in str(error.value.hint)
    with pytest.raises(NoTextColumn):
        add(empty_lab, written(tmp_path, "jsonl", row))
    made = add(empty_lab, written(tmp_path, "jsonl", row), mapped=["text=body"])
    assert documents(made)[0].text == "Two."


@pytest.mark.parametrize("form", FORMS)
def test_a_column_with_a_name_of_ours_and_ordinary_words_is_data(
    empty_lab: Lab, tmp_path: Path, form: str
) -> None:
    rows = [
        {
            "text": "A play",
            "audience": "teens",
            "kind": "review",
            "acquired": "2019",
            "title": "Dr.",
        },
        {"text": "Another text", "audience": "adults", "kind": "poem", "acquired": "true", "title": "Mrs"},
    ]
    found = documents(add(empty_lab, written(tmp_path, form, *rows)))
    assert [d.text for d in found] == ["A play", "Another text"]
    assert {(d.rights.audience, d.kind, d.rights.acquired) for d in found} == {("public", "page", "own")}


@pytest.mark.parametrize("audience", ["friends", "Followers only", "my circle", "DM", "unlisted", ["me"]])
def test_an_audience_that_was_not_everybody_is_never_read_as_public(
    empty_lab: Lab, tmp_path: Path, audience: object
) -> None:
    path = written(tmp_path, "jsonl", {"text": "A private word.", "audience": audience})
    with pytest.raises(GlaswerkError, match="audience") as error:
        add(empty_lab, path)
    assert "--map audience=" in str(error.value.hint)
    assert documents(add(empty_lab, path, mapped=["audience="]))[0].rights.audience == "public"


def test_known_audiences_and_kinds_are_respected(empty_lab: Lab, tmp_path: Path) -> None:
    path = written(tmp_path, "jsonl", {"text": "A word.", "audience": "Private", "kind": "speech"})
    (found,) = documents(add(empty_lab, path))
    assert (found.rights.audience, found.kind) == ("private", "speech")


@pytest.mark.parametrize(("field", "word"), [("kind", "review"), ("audience", "teens")])
def test_what_was_asked_for_must_have_our_words(
    empty_lab: Lab, tmp_path: Path, field: str, word: str
) -> None:
    path = written(tmp_path, "jsonl", {"text": "A word.", "sort": word})
    with pytest.raises(GlaswerkError, match=word):
        add(empty_lab, path, mapped=[f"{field}=sort"])


@pytest.mark.parametrize("form", FORMS)
def test_any_other_name_is_mapped_and_recorded(empty_lab: Lab, tmp_path: Path, form: str) -> None:
    row = {"Rede": "Die Mühle dreht sich.", "Sprecher": "Ada", "author": "typist", "wann": "12.03.2019"}
    mapped = ["text=Rede,author=Sprecher", "created_at=wann"]
    made = add(empty_lab, written(tmp_path, form, row), mapped=mapped)
    (found,) = documents(made)
    assert (found.text, found.author) == ("Die Mühle dreht sich.", "Ada")
    assert found.created_at == datetime(2019, 3, 12, tzinfo=UTC)
    assert made.config["text_column"] == "Rede"
    assert made.config["map"] == {"author": "Sprecher", "created_at": "wann"}


def test_fields_inside_fields_are_reached_by_a_path(empty_lab: Lab, tmp_path: Path) -> None:
    row = {"data": {"words": "The old mill."}, "user": {"screen_name": "ada"}, "a.b": "en"}
    mapped = ["text=data.words", "author=user.screen_name", "lang=a.b"]
    (found,) = documents(add(empty_lab, written(tmp_path, "jsonl", row), mapped=mapped))
    assert (found.text, found.author, found.lang) == ("The old mill.", "ada", "en")


def test_a_name_that_no_row_has_is_an_error_and_nothing_is_added(empty_lab: Lab, tmp_path: Path) -> None:
    path = written(tmp_path, "jsonl", {"text": "The old mill.", "speaker": "Ada"})
    with pytest.raises(GlaswerkError, match="author=speeker"):
        add(empty_lab, path, mapped=["author=speeker"])
    assert empty_lab.all("source") == []


@pytest.mark.parametrize(
    "words",
    ["author", "=x", "colour=red", "text=", "text=a,text=b", "text=a;author=b,colour=c", "source=x"],
)
def test_a_map_that_makes_no_sense_is_refused(words: str) -> None:
    with pytest.raises(GlaswerkError) as error:
        parse_map([words])
    assert str(error.value.hint).startswith("--map")


def test_a_map_may_have_commas_in_names_and_agrees_with_the_text_column() -> None:
    assert parse_map(["text=Name, first,author=Who"]) == {"text": "Name, first", "author": "Who"}
    assert parse_map([], "review") == {"text": "review"}
    with pytest.raises(GlaswerkError, match="one name for 'text'"):
        parse_map(["text=body"], "review")


@pytest.mark.parametrize("missing", ["", "\\N", "nan", "NULL", "None", "NaT", None, float("nan")])
def test_how_programs_write_that_a_cell_is_empty(missing: object) -> None:
    found = FieldNames().read({"text": "x", "author": missing, "speaker": "Ada", "date": missing})
    assert found["author"] == "Ada"
    assert found.get("created_at") is None


def test_a_row_without_names_of_ours_stays_as_it_is() -> None:
    assert FieldNames().read({"text": "x", "colour": "red"}) == {"text": "x", "colour": "red"}


def test_several_authors_are_all_named() -> None:
    assert FieldNames().read({"text": "x", "authors": ["Ada", "Bo"]})["author"] == "Ada, Bo"


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ({"name": "Ada"}, "Ada"),
        ({"id": 7, "name": "Ada Miller", "screen_name": "ada"}, "ada"),
        ([{"name": "Ada"}, {"name": "Bo"}], "Ada, Bo"),
        (["Ada", {"login": "bo"}], "Ada, bo"),
    ],
)
def test_an_author_that_is_an_object_keeps_its_name(author: object, expected: str) -> None:
    assert FieldNames().read({"text": "x", "author": author})["author"] == expected


@pytest.mark.parametrize("text", ["Words of the ba\u2026", "Words of the ba...", "Words of", "", None])
def test_a_text_that_is_the_beginning_of_the_full_text_is_not_taken(text: str | None) -> None:
    row = {"text": text, "full_text": "Words of the baker in whole."}
    assert FieldNames().read(row)["text"] == "Words of the baker in whole."


def test_another_text_than_the_full_text_is_taken() -> None:
    assert FieldNames().read({"text": "A summary", "full_text": "Words of the baker."})["text"] == "A summary"


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Pub", "public words", "Pub\n\npublic words"),
        ("Mill", "Mill: it turns", "Mill: it turns"),
        ("Mill", "# Mill\nIt turns", "# Mill\nIt turns"),
    ],
)
def test_a_title_is_left_away_only_if_the_text_begins_with_it_as_a_word(
    empty_lab: Lab, tmp_path: Path, title: str, text: str, expected: str
) -> None:
    (found,) = documents(add(empty_lab, written(tmp_path, "jsonl", {"title": title, "text": text})))
    assert found.text == expected
