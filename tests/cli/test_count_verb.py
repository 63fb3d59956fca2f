"""`count` and `search` say what the index holds, and mistakes get words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Lab


def run(*words: str) -> Any:
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_documents_words_are_counted_and_lead_back_to_it(lab: Lab) -> None:
    document = next(d for d in read_documents(lab.path("corpus", "main"), "train") if d.kind == "post")
    phrase = " ".join(document.text.split(" ")[:4])
    counted = json.loads(run("count", phrase, "--json", "--lab", str(lab.root)))
    found = json.loads(run("search", phrase, "--json", "--limit", "10000", "--lab", str(lab.root)))
    assert document.id in [match["id"] for match in found]
    assert counted["documents"] == len(found) <= counted["count"] == sum(counted["counts"].values())


def test_what_is_not_there_is_said(lab_folder: Path) -> None:
    assert "0 × in 0 documents" in run("count", "qqq zzz", "--lab", str(lab_folder))
    assert "no document" in run("search", "qqq zzz", "--lab", str(lab_folder))


@pytest.mark.parametrize("verb", ["count", "search", "trace"])
def test_unknown_shards_are_an_error_that_lists_those_there_are(verb: str, lab_folder: Path) -> None:
    with pytest.raises(GlaswerkError, match=r"named 'other' \(there: main.main\)"):
        run(verb, "the mill", "--shards", "other", "--lab", str(lab_folder))
