# ruff: noqa: E501 (what programs write has long lines)
"""Signal's conversations, as signal-export and sigtop write them, come in as private."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_docs, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

NOON = datetime(2019, 3, 12, 12, 0, tzinfo=UTC)
ASKED = {"include_direct_messages": True, "acquired": "licensed"}
MEETING, ANSWER = "Shall we meet\nat the mill?", "Yes, at seven."
EMPTY = {"quote": "", "sticker": None, "reactions": [], "attachments": []}
LINES = [
    {"date": "2019-03-12T12:00:00", "sender": "Bo Baker", "body": MEETING, **EMPTY},
    {"date": "2019-03-12T12:00:00", "sender": "Me", "body": ANSWER, **EMPTY},
    {"date": "2019-03-12T12:00:00", "sender": "Me", "body": "", **EMPTY},
]
RAW = [
    {"id": "a", "type": "incoming", "conversationId": "c", "source": "Bo Baker", "body": MEETING, "sent_at": 1552392000000},
    {"id": "b", "type": "outgoing", "conversationId": "c", "body": ANSWER, "sent_at": 1552392000000},
    {"id": "c", "type": "keychange", "conversationId": "c", "sent_at": 1552392000000},
]  # fmt: skip
MARKDOWN = f"""[2019-03-12 12:00:00] Bo Baker: {MEETING}
(- Me: \U0001f44d -)
[2019-03-12 12:00:00] Me:

> Shall we meet

{ANSWER}![mill.jpg](./media/mill.jpg)\x20\x20
[2019-03-12 12:00:00] Me: (This message was deleted)
"""
LONG = f"""Conversation: Bo Baker (+41791234567)

From: Bo Baker
Type: incoming
Sent: Tue, 12 Mar 2019 12:00:00 +0000
Received: Tue, 12 Mar 2019 12:00:01 +0000

{MEETING}

From: You
Type: outgoing
Sent: Tue, 12 Mar 2019 12:00:00 +0000

> From: Bo Baker
> Sent: Tue, 12 Mar 2019 12:00:00 +0000
>
> Shall we meet

{ANSWER}

From: You
Type: outgoing
Sent: Tue, 12 Mar 2019 12:00:00 +0000
Attachment: mill.jpg (image/jpeg, 5 bytes)

"""
SHORT = f"""2019-03-12 12:00 Bo Baker: {MEETING}
2019-03-12 12:00 You: [reply to Bo Baker on 2019-03-12 12:00] {ANSWER}
2019-03-12 12:00 You: [1 attachment]
"""
FILES = {
    "Bo Baker/data.json": "".join(json.dumps(line) + "\n" for line in LINES),
    "Bo Baker/chat.md": MARKDOWN,
    "Bo Baker (5).json": json.dumps(RAW, indent=1),
    "Bo Baker (5).txt": LONG,
    "short.txt": SHORT,
}


def written(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / "in" / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / "in" / name).write_text(FILES[name])
    return folder / "in" / names[0] if len(names) == 1 else folder / "in"


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


@pytest.mark.parametrize("name", FILES)
def test_messages_are_private_with_authors_and_dates(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    made = add_posts(empty_lab, [written(tmp_path, name)], licence="none", author="Ada Miller", **ASKED)
    found = [(d.author, d.text, d.created_at, d.rights.audience) for d in documents(made)]
    assert sorted(found) == [
        ("Ada Miller", ANSWER, NOON, "private"),
        ("Bo Baker", MEETING, NOON, "private"),
    ]
    assert made.stats["left_out"] == {"system_message": 1}


@pytest.mark.parametrize("name", FILES)
def test_documents_refuse_them_and_messages_stay_out_unless_asked_for(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    path = written(tmp_path, name)
    with pytest.raises(GlaswerkError, match="private messages"):
        add_docs(empty_lab, [path], licence="own", acquired="own")
    with pytest.raises(GlaswerkError, match="2 private messages"):
        add_posts(empty_lab, [path], licence="none")


def test_one_conversation_as_markdown_and_as_json_is_read_once(empty_lab: Lab, tmp_path: Path) -> None:
    folder = written(tmp_path, "Bo Baker/data.json", "Bo Baker/chat.md")
    made = add_posts(empty_lab, [folder], licence="none", **ASKED)
    assert made.stats["documents"] == 2
    assert made.stats["left_out"]["repeated_id"] == 2


def test_without_a_name_the_account_is_me(empty_lab: Lab, tmp_path: Path) -> None:
    made = add_posts(empty_lab, [written(tmp_path, "short.txt")], licence="none", **ASKED)
    assert {d.author for d in documents(made)} == {"Bo Baker", "Me"}


def test_of_an_edited_message_the_newest_version_is_read(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "Conversation: Bo\n\nFrom: Bo\nType: incoming\nSent: Tue, 12 Mar 2019 12:00:00 +0000\nEdited: 2 versions\n"
        "\n| Version: 2\n| Sent: Tue, 12 Mar 2019 12:01:00 +0000\n|\n| The new words.\n|\n| Version: 1\n"
        "| Sent: Tue, 12 Mar 2019 12:00:00 +0000\n|\n| The old words.\n\n"
    )
    found = documents(add_posts(empty_lab, [tmp_path / "a.txt"], licence="none", **ASKED))
    assert [d.text for d in found] == ["The new words."]


@pytest.mark.parametrize(
    ("name", "text"),
    [("server.txt", "2019-03-12 12:00 INFO: started\n2019-03-12 12:01 INFO: ready\n2019-03-12 12:02 WARN: low\n"),
     ("diary.md", "2019-03-12 12:00 Lunch: soup at the mill\n2019-03-13 12:00 Lunch: bread\n2019-03-13 18:00 Dinner: fish\n"),
     ("letter.txt", "Conversation: a short guide\n\nFrom: the first word on, listen.\n")],
)  # fmt: skip
def test_prose_that_looks_alike_is_a_document(empty_lab: Lab, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert add_docs(empty_lab, [tmp_path / name], licence="own").stats["documents"] == 1


def test_a_page_of_a_conversation_is_no_document(empty_lab: Lab, tmp_path: Path) -> None:
    page = "<!doctype html><html><body><div class='msg me'>\n<span class=date>2019-03-12</span><p>Private.</p></div>"
    (tmp_path / "index.html").write_text(page)
    with pytest.raises(GlaswerkError, match="private messages"):
        add_docs(empty_lab, [tmp_path / "index.html"], licence="own")
