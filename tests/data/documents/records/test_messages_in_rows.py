# ruff: noqa: E501 (rows and markup are one line each)
"""Rows of `from` and `to` are private with their writers, dated or not; pairs of languages and numbers are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_docs import add, documents

from glaswerk.data.documents.records.social_rows import as_row, stated_audience
from glaswerk.lab import Lab


@pytest.mark.parametrize(
    "row",
    [
        {"from": "Bo", "to": "Ada"},
        {"From": "Bo Baker", "To": ["Ada", "Hazel"]},
        {"from": {"name": "Bo"}, "to": {"name": "Ada"}},
        {"from": "+41 79 123 45 67", "to": "+41791234568"},
        {"from": "ada", "to": "tom"},
        {"from": "@bo", "to": "en"},
        {"from_name": "Bo", "to_name": "Ada"},
        {"author": "Bo", "recipient": "Ada"},
        {"username": "bo", "receiver": "ada"},
        {"from": "Bo", "to": "Ada", "date": "2019-03-12"},
    ],
)
def test_a_text_from_someone_to_someone_is_private(row: dict[str, Any]) -> None:
    assert stated_audience({"text": "Shall we meet?", **row}) == "private"


@pytest.mark.parametrize(
    "row",
    [
        {"from": "en", "to": "de"},
        {"from": "en-GB", "to": "zh_Hans"},
        {"from": "English", "to": "Simplified Chinese"},
        {"from": "eng_Latn", "to": "deu_Latn"},
        {"from": 12, "to": 40},
        {"from": "12", "to": "40"},
        {"from": "1.5", "to": "12 km"},
        {"from": "2019-03-12", "to": "2019-04-01"},
        {"from": "09:00", "to": "10:30"},
        {"from": "Bo", "to": None},
        {"to": "Ada"},
    ],
)
def test_pairs_of_languages_numbers_and_times_say_nothing_about_readers(row: dict[str, Any]) -> None:
    assert stated_audience({"text": "Die Mühle", **row}) == ""


def test_the_sender_of_a_message_is_its_author_unless_the_row_names_one() -> None:
    assert as_row({"text": "x", "from": "Bo", "to": "Ada"})["author"] == "Bo"
    assert as_row({"text": "x", "sender": {"name": "Bo"}, "recipient": "Ada"})["author"] == "Bo"
    assert as_row({"text": "x", "from": "Bo", "to": "Ada", "author": "Bob"})["author"] == "Bob"
    assert "author" not in as_row({"text": "x", "from": "Bo", "to": "Ada", "speaker": "Bob"})
    assert as_row({"text": "x", "from": "Bo", "to": "Ada", "audience": "public"})["audience"] == "public"


def test_messages_in_a_file_come_in_as_private(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"from": "Bo", "to": "Ada", "text": "Shall we meet?"},
        {"from": "Ada", "to": "Bo", "text": "Yes."},
    ]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "b.csv").write_text("from,to,text\nBo,Ada,Shall we meet?\nAda,Bo,Yes.\n")
    found = documents(add(empty_lab, folder))
    assert sorted(document.author for document in found) == ["Ada", "Ada", "Bo", "Bo"]
    assert {document.rights.audience for document in found} == {"private"}
