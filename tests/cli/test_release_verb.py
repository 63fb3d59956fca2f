"""`glaswerk release` says what it would write, and names the models that there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.lab import Lab
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.train import TrainConfig, train


def test_a_dry_run_lists_the_files_and_writes_none(own_lab: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    args = ["release", "base", "--to", str(to), "--dry-run", "--lab", str(own_lab)]
    result = CliRunner().invoke(cli, args, catch_exceptions=False)
    assert "would write base/step-" in result.stdout
    assert "README.md" in result.stdout
    assert not to.exists()
    found = json.loads(CliRunner().invoke(cli, [*args, "--json"], catch_exceptions=False).stdout)
    assert found["written"] is False
    assert found["obstacles"] == []
    assert "provider_name" in found["blanks"]


def test_an_unknown_model_is_an_error_that_names_those_there_are(own_lab: Path, tmp_path: Path) -> None:
    args = ["release", "nobody", "--to", str(tmp_path / "out"), "--lab", str(own_lab)]
    error = CliRunner().invoke(cli, args).exception
    assert isinstance(error, GlaswerkError)
    assert "base/step-" in error.message


@pytest.fixture
def restricted(empty_lab: Lab, tmp_path: Path) -> Lab:
    """A model trained on texts that allow neither commercial use nor derived works."""
    return trained_on("CC-BY-NC-ND-4.0", empty_lab, tmp_path)


def trained_on(licence: str, empty_lab: Lab, tmp_path: Path) -> Lab:
    texts = [f"The ford below mill number {n} is dry since the first of May, as before." for n in range(60)]
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts)))
    add_docs(empty_lab, [rows], licence=licence, acquired="licensed", name="leaflets")
    curate(empty_lab, validation_share=0.0)
    train_tokenizer(empty_lab, TokenizerConfig(300))
    pack(empty_lab)
    train(empty_lab, TrainConfig(size="10K", epochs=1.0, context=64))
    return empty_lab


def test_a_release_declares_what_licences_require_as_the_hint_says_and_its_card_says_so(
    restricted: Lab, tmp_path: Path
) -> None:
    to = tmp_path / "out"
    plain = ["release", "base", "--to", str(to)]
    lab = ["--lab", str(restricted.root)]
    for given in ([], ["--declare", "non-commercial"]):
        error = CliRunner().invoke(cli, [*plain, *given, *lab]).exception
        assert isinstance(error, GlaswerkError)
        assert "CC-BY-NC-ND-4.0" in error.message
        assert "base --to" in str(error.hint)
        assert "--declare non-commercial --declare no-derivatives" in str(error.hint)
        assert not to.exists()
    both = ["--declare", "non-commercial", "--declare", "no-derivatives"]
    CliRunner().invoke(cli, [*plain, *both, *lab], catch_exceptions=False)
    card = (to / "README.md").read_text()
    assert "declared no-derivatives and non-commercial" in card
    assert "CC-BY-NC-ND-4.0" in card
    assert "CC-BY-NC-ND-4.0" in (to / "training-content-summary.md").read_text()
    assert json.loads((to / "facts.json").read_text())["declared"] == ["no-derivatives", "non-commercial"]


def test_a_declaration_is_not_offered_where_it_does_not_help(own_lab: Path, tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["forget", "--source", "gazette", "--lab", str(own_lab)], catch_exceptions=False)
    args = ["release", "base", "--to", str(tmp_path / "out"), "--lab", str(own_lab)]
    error = CliRunner().invoke(cli, args).exception
    assert isinstance(error, GlaswerkError)
    assert "--declare" not in error.hint


def test_a_share_alike_source_asks_for_its_licence_or_for_the_declaration(
    empty_lab: Lab, tmp_path: Path
) -> None:
    lab = ["--lab", str(trained_on("CC-BY-SA-4.0", empty_lab, tmp_path).root)]
    plain, answers = ["release", "base", "--to", str(tmp_path / "out")], tmp_path / "answers.toml"
    error = CliRunner().invoke(cli, [*plain, *lab]).exception
    assert isinstance(error, GlaswerkError)
    assert "asks that what is made from it has the same licence" in error.message
    assert "--declare share-alike" in str(error.hint)
    answers.write_text('model_licence = "MIT"')
    declared = [*plain, "--declare", "share-alike"]
    error = CliRunner().invoke(cli, [*declared, "--answers", str(answers), *lab]).exception
    assert isinstance(error, GlaswerkError)
    assert "the release is under MIT" in error.message
    assert "--declare" not in str(error.hint)
    answers.write_text('model_licence = "CC-BY-SA-4.0"')
    CliRunner().invoke(cli, [*plain, "--answers", str(answers), *lab], catch_exceptions=False)
    CliRunner().invoke(
        cli, [*declared[:3], str(tmp_path / "two"), *declared[4:], *lab], catch_exceptions=False
    )
    assert "declared share-alike" in (tmp_path / "two" / "README.md").read_text()
