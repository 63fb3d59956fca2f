"""Conversations from ChatGPT and Claude are dialogues of the branch that the user saw last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_docs import zipped

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.dialogues.assistants import turns_of_export
from glaswerk.data.source import add_chats, add_docs
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab


def node(name: str, parent: str | None, role: str, *parts: Any, **more: Any) -> dict[str, Any]:
    content = {"content_type": more.pop("content_type", "text"), "parts": list(parts)}
    return {
        "id": name,
        "parent": parent,
        "children": [],
        "message": {"author": {"role": role}, "content": content, **more},
    }


def export(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    mapping: dict[str, Any] = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
    mapping |= {each["id"]: each for each in nodes}
    for each in nodes:
        mapping[each["parent"]]["children"].append(each["id"])
    return {"title": "Mill", "create_time": 1552392000.0, "conversation_id": "c1", "mapping": mapping, **more}


QUESTION = node("q", "root", "user", "When was the mill built?")
BRANCHED = (
    QUESTION,
    node("a1", "q", "assistant", "In 1700."),
    node("a2", "q", "assistant", "In 1783."),
    node("q2", "a1", "user", "Really?"),
    node("a3", "q2", "assistant", "Yes."),
)
CLAUDE = {
    "uuid": "u1",
    "name": "Mill",
    "created_at": "2019-03-12T12:00:00.000000Z",
    "chat_messages": [
        {"sender": "human", "text": "When was the mill built?", "content": [{"type": "text", "text": "?"}]},
        {
            "sender": "assistant",
            "text": "",
            "content": [{"type": "text", "text": "In 1783."}, {"type": "tool_use"}],
        },
    ],
}


def turns(row: dict[str, Any]) -> list[str]:
    return [f"{turn['role']}: {turn['content']}" for turn in turns_of_export(row)]


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


def test_without_a_current_node_every_last_child_is_followed() -> None:
    assert turns(export(*BRANCHED)) == ["user: When was the mill built?", "assistant: In 1783."]


def test_the_branch_that_ends_in_the_current_node_is_taken() -> None:
    found = turns(export(*BRANCHED, current_node="a3"))
    assert found[1:] == ["assistant: In 1700.", "user: Really?", "assistant: Yes."]


def test_turns_for_tools_pictures_and_hidden_ones_are_left_out_and_split_answers_joined() -> None:
    found = turns(
        export(
            node("s", "root", "system", "You are helpful."),
            node("q", "s", "user", {"content_type": "image"}, "What is this?"),
            node("h", "q", "user", "Profile.", metadata={"is_visually_hidden_from_conversation": True}),
            node("t", "h", "assistant", "Let me look.", recipient="all"),
            node("c", "t", "assistant", "search()", recipient="browser"),
            node("r", "c", "tool", "results"),
            node("n", "r", "assistant", "thinking", content_type="thoughts"),
            node("a", "n", "assistant", "A mill."),
        )
    )
    assert found == ["user: What is this?", "assistant: Let me look.\n\nA mill."]


def test_conversations_of_both_programs_are_dialogues_with_id_and_date(
    empty_lab: Lab, tmp_path: Path
) -> None:
    unanswered = export(QUESTION, conversation_id="c2")
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([export(*BRANCHED), CLAUDE, unanswered], indent=1))
    made = add_chats(empty_lab, [path], licence="own", name="mine", author="Ada")
    assert {(d.id, d.author, d.text) for d in documents(made)} == {
        (f"mine:{name}", "Ada", "user: When was the mill built?\nassistant: In 1783.")
        for name in ("c1", "u1")
    }
    assert {d.created_at.isoformat() for d in documents(made) if d.created_at} == {
        "2019-03-12T12:00:00+00:00"
    }
    assert made.stats["left_out"] == {"no_answer": 1}


@pytest.mark.parametrize("row", [export(*BRANCHED), CLAUDE])
def test_they_are_private_and_enter_only_a_corpus_that_asks_for_it(
    empty_lab: Lab, tmp_path: Path, row: dict[str, Any]
) -> None:
    (tmp_path / "conversations.json").write_text(json.dumps([row]))
    made = add_chats(empty_lab, [tmp_path / "conversations.json"], licence="own")
    assert {d.rights.audience for d in documents(made)} == {"private"}
    with pytest.raises(GlaswerkError, match="private-audience 1"):
        curate(empty_lab)
    assert curate(empty_lab, audiences=["private"]).stats["kept"] == 1


def test_the_zip_of_an_export_is_read(empty_lab: Lab, tmp_path: Path) -> None:
    files = {"conversations.json": json.dumps([CLAUDE]), "user.json": '{"id": "1"}', "chat.html": "<p>x</p>"}
    (tmp_path / "export.zip").write_bytes(zipped(files))
    made = add_chats(empty_lab, [tmp_path / "export.zip"], licence="own")
    assert made.stats["documents"] == 1
    assert made.stats["left_out"] == {"unsupported_file": 2}


@pytest.mark.parametrize("row", [export(*BRANCHED), CLAUDE])
def test_documents_name_the_command_for_conversations(
    empty_lab: Lab, tmp_path: Path, row: dict[str, Any]
) -> None:
    (tmp_path / "conversations.json").write_text(json.dumps([row]))
    with pytest.raises(GlaswerkError, match="conversation with an assistant") as caught:
        add_docs(empty_lab, [tmp_path / "conversations.json"], licence="own")
    assert "glaswerk add chats" in str(caught.value.hint)


def test_hostile_trees_end() -> None:
    circle = {"a": {"parent": "b", "children": ["b"]}, "b": {"parent": "a", "children": ["a"]}}
    for row in (
        {"mapping": circle, "current_node": "a"},
        {"mapping": {}},
        {"mapping": {"a": None, "b": 5, "c": {"parent": None, "children": [None, 3, "zz"]}}},
        {"mapping": {"a": {"message": {"author": "x", "content": []}}}, "current_node": ["a"]},
        {"chat_messages": [None, {"sender": 5}, {"sender": "human", "content": "x"}]},
    ):
        assert turns(row) == []
