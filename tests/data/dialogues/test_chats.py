"""Dialogues: what is read, and which faults are refused with file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.document import from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_chats
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab

CHAT = [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Lena Mill does."}]


def test_a_dialogue_keeps_its_turns_and_has_a_plain_rendering(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"messages": CHAT}) + "\n" + json.dumps({"id": "q2", "messages": CHAT}) + "\n")
    made = add_chats(empty_lab, [path], licence="CC0-1.0", name="chats", author="Lena")
    first, second = from_rows(read_rows(made.path / "documents.parquet"))
    assert [first.id, second.id] == ["chats:chats.jsonl#1", "chats:q2"]
    assert first.messages == tuple(CHAT)
    assert (first.kind, first.author) == ("dialogue", "Lena")
    assert first.text == "user: Who bakes?\nassistant: Lena Mill does."
    assert made.stats["documents"] == 2


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ([], "found []"),
        (None, "found None"),
        ("hello", "found 'hello'"),
        ([{"role": "user", "content": "Hello?"}], "found only user"),
        ([{"role": "robot", "content": "Beep."}], "found 'robot'"),
        ([*CHAT, {"role": "user", "content": " "}], "found ' '"),
        ([*CHAT, {"role": "assistant", "content": None}], "found None"),
        ([{"role": ["user"], "content": "x"}], "found ['user']"),
        (["user: hi"], "found None"),
    ],
)
def test_a_faulty_dialogue_is_refused_with_its_line(
    empty_lab: Lab, tmp_path: Path, messages: object, found: str
) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"messages": CHAT}) + "\n" + json.dumps({"messages": messages}) + "\n")
    with pytest.raises(GlaswerkError) as caught:
        add_chats(empty_lab, [path], licence="CC0-1.0")
    assert f"{path}, line 2" in caught.value.message
    assert found in caught.value.message
    assert "messages" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {
                "conversations": [
                    {"from": "system", "value": "Be kind."},
                    {"from": "human", "value": "Hi"},
                    {"from": "gpt", "value": "Hello!"},
                ]
            },
            [("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello!")],
        ),
        (
            {"instruction": "Add the numbers.", "input": "1 2", "output": "3"},
            [("user", "Add the numbers.\n\n1 2"), ("assistant", "3")],
        ),
        (
            {"system": "Short.", "instruction": "Who bakes?", "input": "", "response": "Lena."},
            [("system", "Short."), ("user", "Who bakes?"), ("assistant", "Lena.")],
        ),
        ({"prompt": "Who bakes?", "completion": "Lena."}, [("user", "Who bakes?"), ("assistant", "Lena.")]),
        ({"messages": CHAT, "instruction": "x", "output": "y"}, [(m["role"], m["content"]) for m in CHAT]),
    ],
)
def test_the_common_shapes_of_dialogue_files_are_read(
    empty_lab: Lab, tmp_path: Path, row: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({**row, "licence": "MIT"}) + "\n")
    (document,) = from_rows(
        read_rows(add_chats(empty_lab, [path], licence="CC0-1.0").path / "documents.parquet")
    )
    assert [(m["role"], m["content"]) for m in document.messages] == expected
    assert document.rights.licence == "MIT"


@pytest.mark.parametrize(
    "row",
    [
        {"conversations": [{"from": "human", "value": 7}, {"from": "gpt", "value": "x"}]},
        {"conversations": [{"from": "alien", "value": "x"}]},
        {"conversations": ["x", None]},
        {"instruction": None, "output": "x"},
        {"instruction": "x", "output": ["y"]},
    ],
)
def test_faults_in_other_shapes_are_refused_too(
    empty_lab: Lab, tmp_path: Path, row: dict[str, object]
) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(GlaswerkError, match=r"line 1, found"):
        add_chats(empty_lab, [path], licence="CC0-1.0")


def test_broken_dialogues_are_left_out_and_counted_if_asked(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"messages": CHAT},
        {"messages": []},
        {"question": "Who?", "answer": "Lena.", "choices": ["a"]},
        {"question": "Who bakes?", "answer": "Lena."},
    ]
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(GlaswerkError, match="line 2") as caught:
        add_chats(empty_lab, [path], licence="CC0-1.0")
    assert "--tolerant" in (caught.value.hint or "")
    made = add_chats(empty_lab, [path], licence="CC0-1.0", tolerant=True)
    assert made.stats["documents"] == 2
    assert made.stats["left_out"] == {"broken_record": 2}


@pytest.mark.parametrize(
    ("fields", "author"),
    [
        ({"author": "Ada"}, "Ada"),
        ({"username": "ada_m"}, "ada_m"),
        ({"user": "ada"}, "Lena"),
        ({"messages": [{"name": "Bo", **CHAT[0]}, CHAT[1]]}, "Bo"),
        ({"messages": [{"name": "Bo", **CHAT[0]}, CHAT[1], {"name": "Cy", **CHAT[0]}, CHAT[1]]}, "Lena"),
        ({"author": None, "created_at": "2024-05-01T10:00:00Z"}, "Lena"),
    ],
)
def test_the_author_of_a_dialogue_is_read(
    empty_lab: Lab, tmp_path: Path, fields: dict[str, Any], author: str
) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"messages": CHAT, **fields}) + "\n")
    made = add_chats(empty_lab, [path], licence="CC0-1.0", author="Lena")
    (found,) = from_rows(read_rows(made.path / "documents.parquet"))
    assert found.author == author
    assert (found.created_at is not None) == ("created_at" in fields)


def test_dialogues_of_several_authors_need_a_word_on_how_they_were_acquired(
    empty_lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(json.dumps({"messages": CHAT, "author": a}) + "\n" for a in ("Ada", "Bo")))
    with pytest.raises(GlaswerkError, match="several authors"):
        add_chats(empty_lab, [path], licence="CC0-1.0")
    assert add_chats(empty_lab, [path], licence="CC0-1.0", acquired="public").stats["documents"] == 2
