"""What each verb prints with --json is what the table documents: every key, every type, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from json_shape import faults, malformed

from glaswerk.cli.json_fields import JSON_FIELDS
from glaswerk.cli.main import VERBS, cli
from glaswerk.lab import Lab

DOCUMENT = "The mill at the river was built long ago, and people still bring their grain to it."


def printed(*words: str) -> Any:
    """The JSON on standard output, which must hold nothing else."""
    result = CliRunner().invoke(cli, [*words, "--json"], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return json.loads(result.stdout)


def undocumented(verb: str, value: Any) -> list[str]:
    return faults(value, JSON_FIELDS[verb])


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every verb and every word below a verb."""
    context = click.Context(cli)
    for verb in VERBS:
        command = cli.get_command(context, verb)
        if isinstance(command, click.Group):
            yield from ((f"{verb} {word}", command.get_command(context, word)) for word in command.commands)
        else:
            yield verb, command


def test_the_table_has_exactly_the_verbs_that_take_json() -> None:
    having = {name for name, command in commands() if any(p.name == "as_json" for p in command.params)}
    assert set(JSON_FIELDS) - {"retrain"} == having - {"retrain"}


@pytest.mark.parametrize("verb", sorted(JSON_FIELDS))
def test_every_entry_of_the_table_is_well_formed_and_explained(verb: str) -> None:
    fields = JSON_FIELDS[verb]
    assert malformed(fields) == []
    assert all(meaning.endswith(".") for _, meaning in fields.values())


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("status", ()),
        ("log", ()),
        ("rights", ()),
        ("plan", ()),
        ("diff", ("main", "main")),
        ("lineage", ("chat", "--up")),
        ("verify", ("chat",)),
        ("trace", ("The Corn Exchange on Mill Lane",)),
        ("count", ("the",)),
        ("search", ("the", "--limit", "3")),
        ("forget", ("--source", "gazette", "--dry-run")),
        ("what-if", ("--source", "gazette")),
        ("reproduce", ("chat", "--dry-run")),
        ("keys create", ("laptop", "--limit", "requests=5", "--dry-run")),
        ("keys ls", ()),
        ("usage", ("--by", "day")),
        ("model ls", ()),
        ("source ls", ()),
        ("corpus ls", ()),
        ("model show", ("chat",)),
        ("source show", ("posts",)),
        ("corpus show", ("main",)),
    ],
)
def test_a_question_prints_what_the_table_says(verb: str, words: tuple[str, ...], lab: Lab) -> None:
    assert undocumented(verb, printed(*verb.split(), *words, "--lab", str(lab.root))) == []


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("curate", ("--validation-share", "0.05")),
        ("tokenizer", ("--vocab-size", "1024")),
        ("pack", ()),
        ("train", ("--size", "100K", "--epochs", "1")),
        ("tune", ("--epochs", "1")),
        ("index", ()),
        ("find", ("Who lives on Mill Lane?",)),
        ("rebuild", ()),
        ("keys create", ("laptop", "--limit", "chat:requests=5")),
        ("model rm", ("chat", "--dry-run")),
        ("source rm", ("gazette", "--with-dependents", "--dry-run")),
        ("corpus rm", ("main", "--with-dependents", "--yes")),
    ],
)
def test_a_step_prints_what_the_table_says(verb: str, words: tuple[str, ...], own_lab: Path) -> None:
    assert undocumented(verb, printed(*verb.split(), *words, "--lab", str(own_lab))) == []


def test_make_prints_what_the_table_says(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The council decided to rebuild the bridge over the river.")
    words = (str(tmp_path / "note.txt"), "--model", "none", "--no-serve", "--lab", str(tmp_path / "lab"))
    assert undocumented("make", printed("make", *words)) == []


def test_evaluate_and_release_print_what_the_table_says(own_lab: Path, tmp_path: Path) -> None:
    assert undocumented("evaluate", printed("evaluate", "--limit", "5", "--lab", str(own_lab))) == []
    words = ("chat", "--to", str(tmp_path / "release"), "--dry-run")
    assert undocumented("release", printed("release", *words, "--lab", str(own_lab))) == []


def test_adopt_prints_one_list_of_tokenizer_and_model(own_lab: Path) -> None:
    folder = next((own_lab / "models" / "base").glob("step-*"))
    found = printed("adopt", str(folder), "--name", "mine", "--license", "MIT", "--lab", str(own_lab))
    assert undocumented("adopt", found) == []
    assert [made["kind"] for made in found] == ["tokenizer", "model"]
    assert found[1]["config"]["licence"] == "MIT"


def test_why_prints_what_the_table_says(lab: Lab) -> None:
    found = printed("search", "the", "--limit", "1", "--lab", str(lab.root))
    assert undocumented("why", printed("why", found[0]["id"], "--lab", str(lab.root))) == []


PAIR = {"prompt": "What is grain?", "chosen": "The seed of corn.", "rejected": "A kind of stone."}
ADDED: dict[str, Any] = {
    "docs": {"text": DOCUMENT},
    "chats": {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]},
    "preferences": PAIR,
    "evaluations": {"question": "Where was the old mill at the river built long ago?", "answer": "There."},
}


@pytest.mark.parametrize("kind", sorted(ADDED))
def test_adding_prints_what_the_table_says(kind: str, empty_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ADDED[kind]) + "\n")
    licence = () if kind == "evaluations" else ("--licence", "CC0-1.0")
    assert (
        undocumented(f"add {kind}", printed("add", kind, str(file), *licence, "--lab", str(empty_lab.root)))
        == []
    )


def test_adding_posts_and_images_prints_what_the_table_says(town: Path, empty_lab: Lab) -> None:
    root = str(empty_lab.root)
    archive = next((town / "archives").glob("*.zip"))
    assert (
        undocumented(
            "add posts", printed("add", "posts", str(archive), "--license", "CC0-1.0", "--lab", root)
        )
        == []
    )
    assert (
        undocumented(
            "add images",
            printed("add", "images", str(town / "images"), "--licence", "CC0-1.0", "--lab", root),
        )
        == []
    )


def test_the_town_prints_what_the_table_says(tmp_path: Path) -> None:
    assert undocumented("town", printed("town", str(tmp_path / "town"), "--size", "tiny")) == []


def test_a_shape_that_is_not_documented_is_found() -> None:
    fields = {"a": ("list", "A."), "a[].b": ("integer or null", "B."), "c": ("string (optional)", "C.")}
    assert faults({"a": [{"b": 1}, {"b": None}]}, fields) == []
    assert faults({"a": [{"b": True}]}, fields) == ["a[].b: expected integer or null, found True"]
    assert faults({"a": [{}], "d": 1}, fields) == [".d: not documented", "a[].b: missing"]
    assert faults({"a": [], "c": 3}, fields) == ["c: expected string (optional), found 3"]


def test_with_json_an_error_stays_on_standard_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["status", "--json", "--lab", str(tmp_path)], standalone_mode=False)
    assert result.exception is not None
    assert result.stdout == ""
