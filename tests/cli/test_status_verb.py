"""`status`: what is there, what is stale and why, what keeps a model from a release."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.status_verb import command
from glaswerk.lab import Artifact, Lab

Make = Callable[..., Artifact]


def status(lab: Lab, *words: str) -> Result:
    return CliRunner().invoke(command, ["--lab", str(lab.root), *words], catch_exceptions=False)


def rows(lab: Lab) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(status(lab, "--json").stdout)}


def test_an_empty_lab_says_what_to_type_next(empty_lab: Lab) -> None:
    result = status(empty_lab)
    assert result.stdout.splitlines()[-1] == "0 artifacts, 0 B, 0.0 CPU minutes"
    assert result.stderr.startswith("next: glaswerk add posts")


def test_every_artifact_is_a_line_with_its_state(empty_lab: Lab, make: Make) -> None:
    tokenizer = make("tokenizer", "main")
    make("shards", "main.main", {"tokenizer": tokenizer.id})
    lines = status(empty_lab).stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:-1]] == [["tokenizer", "main"], ["shards", "main.main"]]
    assert all(line.endswith("  ok") for line in lines[1:-1])
    assert lines[-1].startswith("2 artifacts, ")


def test_what_was_made_from_something_replaced_is_stale_and_so_is_what_follows(
    empty_lab: Lab, make: Make
) -> None:
    tokenizer = make("tokenizer", "main", size=1)
    shards = make("shards", "main.main", {"tokenizer": tokenizer.id})
    make("trace", "main.main", {"shards": shards.id})
    make("tokenizer", "main", size=2)
    stale = {
        (row["kind"], row["name"]): row["stale"] for row in json.loads(status(empty_lab, "--json").stdout)
    }
    assert stale["tokenizer", "main"] == ""
    assert stale["shards", "main.main"].startswith("tokenizer was ")
    assert stale["trace", "main.main"] == "shards is stale"
    assert "stale: shards is stale" in status(empty_lab).stdout


def test_a_row_lost_from_the_ledger_comes_back_from_the_manifest(empty_lab: Lab, make: Make) -> None:
    made = make("tokenizer", "main")
    with empty_lab.ledger.transaction() as db:
        db.execute("DELETE FROM manifest")
        db.execute("DELETE FROM artifact")
    assert rows(empty_lab)["main"]["id"] == made.id
    assert [row["id"] for row in empty_lab.ledger.rows("SELECT id FROM artifact")] == [made.id]


def test_an_artifact_without_a_manifest_is_not_there(empty_lab: Lab, make: Make) -> None:
    made = make("tokenizer", "main")
    (made.path / "manifest.json").unlink()
    assert rows(empty_lab) == {}


@pytest.mark.parametrize("manifest", ["", "[]", "{", '{"id": 3}'])
def test_a_damaged_manifest_is_named_with_what_to_do(empty_lab: Lab, make: Make, manifest: str) -> None:
    from glaswerk.core.errors import GlaswerkError

    made = make("tokenizer", "main")
    (made.path / "manifest.json").write_text(manifest)
    with pytest.raises(GlaswerkError, match="manifest") as caught:
        status(empty_lab)
    assert str(made.path) in str(caught.value)
    assert caught.value.hint


def test_a_model_of_the_shared_lab_has_counts_and_obstacles(lab: Lab) -> None:
    found = {row["name"].partition("/")[0]: row for row in json.loads(status(lab, "--json").stdout)}
    assert found["chat"]["forgotten"]["certain"] in (True, False)
    assert isinstance(found["chat"]["obstacles"], list)
    assert "forgotten" not in found["posts"]
    assert Path(found["base"]["stats"]["report"]).name == "report.html"
