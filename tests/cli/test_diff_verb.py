"""`glaswerk diff`: corpora by name or folder, in words or as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.lab import Lab

COLOUR = "\x1b[31mRed\x1b[0m words for the terminal, and some more of them."
GERMAN = "Heute backe ich Brot, und morgen gehe ich auf den Markt."


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A lab with the corpora main and english."""
    folder = tmp_path / "lab"
    lab = Lab.init(folder)
    texts = [COLOUR, GERMAN, "Today I bake bread, and tomorrow I go to the market."]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    add_docs(lab, [tmp_path / "rows.jsonl"], licence="CC0-1.0", name="docs", kind="post")
    curate(lab)
    lab.ledger.close()
    run("curate", "--name", "english", "--language", "en", "--lab", str(folder))
    return folder


def run(*words: str) -> str:
    result = CliRunner().invoke(cli, words, catch_exceptions=False, standalone_mode=False)
    return result.stdout


def test_two_corpora_of_a_lab_are_compared_in_words(two: Path) -> None:
    out = run("diff", "main", "english", "--lab", str(two))
    assert 'setting languages: [] → ["en"]' in out
    assert "3 in both, 0 only in a, 0 only in b" in out
    assert "kept → language  1" in out
    assert f"a {GERMAN}" in out


def test_a_corpus_may_be_given_by_its_folder_without_any_lab(two: Path, tmp_path: Path) -> None:
    folders = [str(two / "corpora" / name) for name in ("main", "english")]
    found = json.loads(run("diff", *folders, "--json", "--samples", "0", "--lab", str(tmp_path)))
    assert [row["documents"] for row in found["decisions"] if row["a"] != row["b"]] == [1]
    assert all(row["samples"] == [] for row in found["decisions"])


def test_no_text_of_a_corpus_steers_the_terminal(two: Path, tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "other")
    (tmp_path / "one.jsonl").write_text(json.dumps({"text": "One text only, which is about something else."}))
    add_docs(lab, [tmp_path / "one.jsonl"], licence="CC0-1.0", name="one", kind="post")
    folder = curate(lab).path
    lab.ledger.close()
    out = run("diff", "main", os.path.relpath(folder), "--samples", "9", "--lab", str(two))
    assert "Red" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("manifest", ["[]", "{}", "no JSON"])
def test_a_folder_whose_manifest_is_none_is_refused_in_words(
    two: Path, tmp_path: Path, manifest: str
) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(GlaswerkError, match="manifest"):
        run("diff", "main", str(tmp_path), "--lab", str(two))


@pytest.mark.parametrize("wrong", ["nope", "../nope", ".", "sources/docs"])
def test_what_is_no_corpus_is_refused_with_those_that_are_there(
    two: Path, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two)
    with pytest.raises(GlaswerkError, match="english, main") as caught:
        run("diff", "main", wrong)
    assert wrong in caught.value.message
    assert "glaswerk" in (caught.value.hint or "")
