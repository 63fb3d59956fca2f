"""`glaswerk feedback`: ratings of the chat page as preference pairs, which `add preferences` reads."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.lab import Lab
from glaswerk.serve.stored.store import Store, new_id

ASKED = [{"role": "user", "content": "Who built the old bridge?"}]


def rate(store: Store, name: str, rating: str, answer: str, project: str = "local") -> None:
    row = {"id": new_id("rating"), "about": name, "rating": rating, "messages": ASKED, "answer": answer}
    store.add(project, "feedback", row)


def run(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, ["feedback", "--lab", str(folder), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_pairs_are_counted_written_and_read_by_add_preferences(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    Lab.init(folder, "test").ledger.close()
    assert json.loads(run(folder, "--json")) == {"good": 0, "bad": 0, "pairs": 0}
    store = Store(folder / "stored.db")
    rate(store, "a", "up", "The mason Anna Behr built it in 1874.")
    rate(store, "b", "down", "A cat built it on a Tuesday.")
    rate(store, "c", "down", "Nobody knows who built it.", project="other")
    store.close()
    pairs, ratings = tmp_path / "pairs.jsonl", tmp_path / "ratings.jsonl"
    assert "pairs 2" in run(folder, "--pairs", str(pairs), "--ratings", str(ratings))
    rows = [json.loads(line) for line in pairs.read_text().splitlines()]
    assert [row["rejected"][0]["content"] for row in rows] == [
        "A cat built it on a Tuesday.",
        "Nobody knows who built it.",
    ]
    labels = [json.loads(line)["label"] for line in ratings.read_text().splitlines()]
    assert labels == [True, False, False]
    assert json.loads(run(folder, "--json", "--project", "local"))["pairs"] == 1
    words = ["add", "preferences", str(pairs), "--licence", "own", "--lab", str(folder)]
    added = CliRunner().invoke(cli, words)
    assert added.exit_code == 0, added.output
    assert "2" in added.output
