"""`model`, `source` and `corpus`: list, show, remove; afterwards every other verb still makes sense."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab

Make = Callable[..., Artifact]


def run(lab: Lab, *words: str, input: str | None = None) -> Result:
    words = (*words, "--lab", str(lab.root))
    return CliRunner().invoke(cli, words, prog_name="glaswerk", standalone_mode=False, input=input)


def told(lab: Lab, *words: str) -> Any:
    result = run(lab, *words, "--json")
    if result.exception is not None:
        raise result.exception
    return json.loads(result.stdout)


def refused(lab: Lab, *words: str) -> GlaswerkError:
    error = run(lab, *words).exception
    assert isinstance(error, GlaswerkError), error
    return error


@pytest.fixture
def filled(empty_lab: Lab, make: Make) -> Lab:
    """A source, a corpus, shards, a base and a chat model."""
    source = make("source", "posts", licence="CC0-1.0", files=[f"b2:{n:040}" for n in range(99)])
    corpus = make("corpus", "main", {"source:posts": source.id})
    shards = make("shards", "main.main", {"corpus": corpus.id})
    base = make("model", "base/step-9", {"shards": shards.id}, stage="pretrain")
    make("model", "chat/step-5", {"shards": shards.id, "base": base.id}, stage="chat")
    return empty_lab


@pytest.mark.parametrize(
    ("noun", "names"),
    [("model", ["base/step-9", "chat/step-5"]), ("source", ["posts"]), ("corpus", ["main"])],
)
def test_ls_lists_every_artifact_of_its_kind_and_no_other(filled: Lab, noun: str, names: list[str]) -> None:
    assert [row["name"] for row in told(filled, noun, "ls")] == names
    lines = run(filled, noun, "ls").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *names]


@pytest.mark.parametrize(
    ("noun", "step"), [("model", "train"), ("source", "add posts"), ("corpus", "curate")]
)
def test_ls_of_an_empty_lab_says_what_to_type(empty_lab: Lab, noun: str, step: str) -> None:
    result = run(empty_lab, noun, "ls")
    assert result.stdout == ""
    assert f"next: glaswerk {step} --lab {empty_lab.root}" in result.stderr
    assert told(empty_lab, noun, "ls") == []


def test_show_names_inputs_dependents_and_settings(filled: Lab) -> None:
    shown = told(filled, "model", "show", "base")
    assert [(one["role"], one["name"]) for one in shown["inputs"]] == [("shards", "main.main")]
    assert [one["name"] for one in shown["dependents"]] == ["chat/step-5"]
    assert shown["config"]["stage"] == "pretrain"
    assert shown["recipe"] == "model/1"
    text = run(filled, "model", "show", "base").stdout
    assert text.startswith("model base/step-9\n")
    assert "needed by  model chat/step-5" in text


def test_show_abbreviates_long_lists_for_people_and_not_in_json(filled: Lab) -> None:
    assert '"files": "99 values"' in run(filled, "source", "show", "posts").stdout
    assert len(told(filled, "source", "show", "posts")["config"]["files"]) == 99


def test_removal_is_refused_while_something_depends_on_it(filled: Lab) -> None:
    error = refused(filled, "model", "rm", "base", "--yes")
    assert "found model chat/step-5" in error.message
    assert f"--lab {filled.root}" in str(error.hint)
    assert len(filled.all("model")) == 2


def test_a_dry_run_says_what_would_go_and_removes_nothing(filled: Lab) -> None:
    result = run(filled, "corpus", "rm", "main", "--with-dependents", "--dry-run")
    assert [line.split()[2:4] for line in result.stdout.splitlines()[:-1]] == [
        ["model", "chat/step-5"],
        ["model", "base/step-9"],
        ["shards", "main.main"],
        ["corpus", "main"],
    ]
    assert result.stdout.splitlines()[-1].endswith("would be freed")
    assert len(filled.all("model")) == 2
    assert told(filled, "log") == []


def test_without_a_terminal_nothing_is_removed_unless_yes_is_given(filled: Lab) -> None:
    error = refused(filled, "model", "rm", "chat")
    assert error.message.startswith("expected --yes to remove 1 artifact, ")
    assert str(error.hint).endswith("--yes")
    assert filled.find("model", "chat/step-5") is not None


@pytest.mark.parametrize(("answer", "left"), [("n\n", 2), ("\n", 2), ("y\n", 1)])
def test_on_a_terminal_the_user_is_asked(
    filled: Lab, answer: str, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import _NamedTextIOWrapper

    monkeypatch.setattr(_NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
    result = run(filled, "model", "rm", "chat", input=answer)
    assert "Remove 1 artifact" in result.stderr
    assert len(filled.all("model")) == left
    assert sys.stdin is not None


def test_after_a_removal_status_lineage_and_verify_make_sense(filled: Lab) -> None:
    chat = told(filled, "model", "show", "chat")
    folder = filled.run_folder(chat["id"])
    removed = told(filled, "model", "rm", "chat", "--yes")
    assert [one["name"] for one in removed["removed"]] == ["chat/step-5"]
    assert not folder.exists()
    assert [(row["name"], row["stale"]) for row in told(filled, "model", "ls")] == [("base/step-9", "")]
    checked = told(filled, "verify", "--all")["artifacts"]
    assert {one["state"] for one in checked} == {"matches"}
    assert "chat/step-5" not in {one["name"] for one in checked}
    down = {node["name"]: node["state"] for node in told(filled, "lineage", "posts", "--down")["nodes"]}
    assert down["chat/step-5"] == "gone"
    assert down["base/step-9"] == "ok"
    up = {node["name"]: node["state"] for node in told(filled, "lineage", "chat", "--up")["nodes"]}
    assert up["chat/step-5"] == "gone"


def test_the_log_keeps_that_it_was_removed(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["glaswerk", "model", "rm", "chat", "--yes"])
    run(filled, "model", "rm", "chat", "--yes")
    (row,) = told(filled, "log")
    assert (row["command"], row["status"]) == ("glaswerk model rm chat --yes", "done")


def test_a_source_goes_with_everything_made_from_it_and_can_be_added_again(filled: Lab, make: Make) -> None:
    removed = told(filled, "source", "rm", "posts", "--with-dependents", "--yes")
    assert [one["kind"] for one in removed["removed"]] == ["model", "model", "shards", "corpus", "source"]
    assert removed["bytes"] == sum(one["bytes"] for one in removed["removed"]) > 0
    assert [told(filled, noun, "ls") for noun in ("source", "corpus", "model")] == [[], [], []]
    make("source", "posts", licence="CC0-1.0")
    assert [row["name"] for row in told(filled, "source", "ls")] == ["posts"]


def test_several_names_are_removed_in_one_go_or_not_at_all(filled: Lab) -> None:
    assert "no model named 'nope'" in refused(filled, "model", "rm", "chat", "nope", "--yes").message
    assert len(filled.all("model")) == 2
    assert len(told(filled, "model", "rm", "base", "chat", "--yes")["removed"]) == 2
    assert filled.all("model") == []


@pytest.mark.parametrize("name", ["../..", "/etc", ".", "chat/../base", "base/step-9/../../../x"])
def test_no_name_leads_out_of_the_lab(filled: Lab, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert "no model named" in refused(filled, "model", "rm", name, "--yes").message
    assert sorted(tmp_path.rglob("*")) == before


def test_a_second_writer_is_refused(filled: Lab) -> None:
    with filled.writing():
        assert "is writing to" in refused(filled, "model", "rm", "chat", "--yes").message
    assert len(filled.all("model")) == 2


def test_the_shared_lab_is_emptied_model_by_model(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    report = told(lab, "model", "rm", "base", "--with-dependents", "--yes")
    assert {one["kind"] for one in report["removed"]} == {"model"}
    assert "model" not in {row["kind"] for row in told(lab, "status")}
    assert {one["state"] for one in told(lab, "verify", "--all")["artifacts"]} == {"matches"}
    assert "glaswerk train" in str(refused(lab, "tune").hint)
    lab.ledger.close()
