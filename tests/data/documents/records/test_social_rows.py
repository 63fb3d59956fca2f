"""Rows of Mastodon and ActivityPub, and rows that say who may read them: nothing for few becomes public."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.records.social_rows import as_row, stated_audience
from glaswerk.data.source import add_posts
from glaswerk.lab import Lab


def status(visibility: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "111000000000000001",
        "created_at": "2023-01-01T00:00:00.000Z",
        "visibility": visibility,
        "content": "<p>The mill &amp; the river</p><p>are old.</p>",
        "account": {"acct": "ada@town.example", "username": "ada"},
        "language": "en",
        **more,
    }


@pytest.mark.parametrize(
    ("visibility", "audience"),
    [
        ("public", "public"),
        ("unlisted", "public"),
        ("private", "private"),
        ("direct", "private"),
        ("new", "private"),
    ],
)
def test_a_status_of_mastodon_keeps_its_author_its_words_and_who_may_read_it(
    visibility: str, audience: str
) -> None:
    row = as_row(status(visibility))
    assert row["text"] == "The mill & the river\n\nare old."
    assert (row["author"], row["audience"], row["lang"]) == ("ada@town.example", audience, "en")


@pytest.mark.parametrize(
    ("to", "audience"),
    [
        (["https://www.w3.org/ns/activitystreams#Public"], "public"),
        (["https://town.example/users/ada/followers"], "limited"),
        (["https://town.example/users/bo"], "private"),
        ([], "private"),
    ],
)
def test_a_note_of_activitypub_is_for_those_that_it_names(to: list[str], audience: str) -> None:
    by = "https://town.example/users/ada"
    row = as_row({"type": "Note", "content": "<p>Hello</p>", "to": to, "attributedTo": by})
    assert (row["text"], row["author"], row["audience"]) == ("Hello", "ada@town.example", audience)


@pytest.mark.parametrize(
    ("row", "audience"),
    [
        ({"sender": "ada", "recipient": "bo"}, "private"),
        ({"sender_name": "ada", "receiver_name": "bo"}, "private"),
        ({"sender_name": "ada", "timestamp_ms": 1552392000000}, "private"),
        ({"sender": {"did": "did:plc:x"}, "sentAt": "2023-01-01"}, "private"),
        ({"chat_id": 12, "message_id": 3}, "private"),
        ({"from": "ada", "to": "bo", "date": "2023-01-01"}, "private"),
        ({"is_private": True}, "private"),
        ({"private": "yes"}, "private"),
        ({"privacy": "friends"}, "limited"),
        ({"visibility": "Followers-only"}, "limited"),
        ({"protected": 1}, "limited"),
        ({"visibility": "public", "is_private": False}, "public"),
        ({"from": "en", "to": "de"}, ""),
        ({"visibility": "10 km"}, ""),
        ({"visibility": 0.93}, ""),
        ({"private": "First Class", "protected": None}, ""),
        ({"chat_id": 12}, ""),
        ({"message_id": "<a@b>"}, ""),
        ({"sender": "ada"}, ""),
    ],
)
def test_the_fields_that_say_who_may_read_a_row(row: dict[str, Any], audience: str) -> None:
    assert stated_audience({"text": "Hello", **row}) == audience
    assert as_row({"text": "Hello", "audience": "public", **row})["audience"] == "public"


def test_statuses_in_a_file_are_documents_and_no_posts_of_x(empty_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "statuses.jsonl"
    rows = [{**status(v), "id": str(111000000000000000 + i)} for i, v in enumerate(("public", "direct"))]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = documents(add(empty_lab, file))
    assert sorted(document.rights.audience for document in found) == ["private", "public"]
    assert {document.author for document in found} == {"ada@town.example"}
    with pytest.raises(GlaswerkError, match="not_a_post 2") as caught:
        add_posts(empty_lab, [file], licence="own", acquired="own")
    assert "glaswerk add docs" in (caught.value.hint or "")


def test_an_author_that_is_an_object_called_user_is_read(empty_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        json.dumps({"text": "The mill is old.", "user": {"screen_name": "ada"}}), encoding="utf-8"
    )
    assert [document.author for document in documents(add(empty_lab, file))] == ["ada"]
