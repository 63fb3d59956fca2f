"""`rebuild` after a deletion: it says what is new, what is left to do, and leaves fresh models fresh."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig

NOTHING = "nothing to rebuild: corpora, tokenizers, shards and index are up to date"


def run(lab: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--lab", str(lab)], catch_exceptions=False)


def stale(lab: Path) -> dict[str, str]:
    rows = json.loads(run(lab, "status", "--json").stdout)
    return {f"{row['kind']} {row['name'].partition('/')[0]}": row["stale"] for row in rows if row["stale"]}


def someone(lab: Path) -> str:
    rows = read_rows(lab / "corpora" / "main" / "documents.parquet", ["author", "split"])
    authors = Counter(row["author"] for row in rows if row["author"] and row["split"] == "train")
    return authors.most_common(3)[-1][0]


@pytest.fixture
def packed(empty_lab: Lab, tmp_path: Path) -> Path:
    """A lab of two authors, packed, without a model."""
    rows = [
        {"id": str(n), "text": f"{who} saw the ferry at mill {n} on day {n} of May.", "author": who}
        for n, who in enumerate(["ada", "tom"] * 8)
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(empty_lab, [file], licence="CC0-1.0", acquired="public", name="rows")
    curate(empty_lab, validation_share=0.0)
    train_tokenizer(empty_lab, TokenizerConfig(300))
    pack(empty_lab)
    return empty_lab.root


def test_a_rebuild_prints_only_what_is_new_and_says_if_nothing_is(packed: Path) -> None:
    assert run(packed, "rebuild").stdout == ""
    assert run(packed, "rebuild").stderr.splitlines() == [NOTHING]
    assert json.loads(run(packed, "rebuild", "--json").stdout) == []
    run(packed, "forget", "--author", "ada")
    made = [line.split()[0] for line in run(packed, "rebuild").stdout.splitlines()]
    assert made == ["corpus", "tokenizer", "shards"]
    assert run(packed, "rebuild").stderr.splitlines() == [NOTHING]
    made = [line.split()[0] for line in run(packed, "rebuild", "--purge").stdout.splitlines()]
    assert made[0] == "source"
    again = run(packed, "rebuild", "--purge")
    assert (again.stdout, again.stderr.count("nothing to purge")) == ("", 1)


def test_forget_names_a_rebuild_only_while_something_is_left_to_rebuild(packed: Path) -> None:
    assert "next: glaswerk rebuild" in run(packed, "forget", "--author", "ada").stderr
    assert "next: glaswerk rebuild" in run(packed, "forget", "--author", "ada").stderr
    run(packed, "rebuild")
    assert run(packed, "forget", "--author", "ada").stderr == "nothing is left to rebuild or to retrain\n"
    run(packed, "rebuild", "--purge")
    assert run(packed, "forget", "--author", "ada").stderr == "nothing is left to rebuild or to retrain\n"
    assert "next: glaswerk rebuild" in run(packed, "forget", "--author", "tom", "--id", "rows:1").stderr


def test_without_a_corpus_forget_leads_to_curate(empty_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"id": "1", "text": "The ferry left at seven.", "author": "ada"}) + "\n")
    add_docs(empty_lab, [file], licence="CC0-1.0", acquired="public", name="rows")
    assert "next: glaswerk curate" in run(empty_lab.root, "forget", "--author", "ada").stderr


@pytest.mark.slow
def test_fresh_models_stay_fresh_through_a_purge_and_no_hint_leads_back(
    own_lab: Path, tmp_path: Path
) -> None:
    run(own_lab, "forget", "--author", someone(own_lab))
    assert "next: glaswerk retrain" in run(own_lab, "rebuild").stderr
    refused = CliRunner().invoke(cli, ["release", "chat", "--to", str(tmp_path / "a"), "--lab", str(own_lab)])
    assert "glaswerk retrain" in refused.exception.hint
    assert "rebuild" not in refused.exception.hint
    run(own_lab, "retrain", "chat")
    old = {"model base": "shards was rebuilt since", "model chat": "base is stale"}
    assert stale(own_lab) == old
    for words in (["rebuild"], ["rebuild", "--purge"], ["rebuild"], ["rebuild", "--purge"]):
        said = run(own_lab, *words).stderr
        assert "next:" not in said
        assert said.splitlines()[-1].startswith("trained on an older corpus: base/step-")
        assert "rebuilt" not in said
        assert stale(own_lab) == old
    assert run(own_lab, "release", "chat-rebuilt", "--to", str(tmp_path / "b")).exit_code == 0
    left = run(own_lab, "forget", "--author", someone(own_lab), "--dry-run").stderr
    assert left.startswith("next: the same without --dry-run")
