"""`glaswerk tune --method`: what each method takes, and what it says where it cannot begin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.tune_verb import command
from glaswerk.core.errors import GlaswerkError


def _refused(*words: str) -> GlaswerkError:
    result = CliRunner().invoke(command, words)
    assert isinstance(result.exception, GlaswerkError), result.output
    return result.exception


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--beta", "0.2"), "--beta is for --method dpo, found chat"),
        (("--method", "dpo", "--samples", "4"), "--samples is for --method grpo, found dpo"),
        (("--method", "grpo", "--epochs", "2"), "--epochs is for --method chat or dpo, found grpo"),
        (("--dry-run",), "--dry-run is for --method dpo or grpo, found chat"),
    ],
)
def test_an_option_of_another_method_is_refused(words: tuple[str, ...], problem: str) -> None:
    assert _refused(*words).message == problem


def test_several_ranks_are_refused_rather_than_tuning_the_same_model_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert "found 2 ranks" in _refused().message


def test_the_towns_questions_need_a_key_and_sums_take_none(lab_folder: Path, town: Path) -> None:
    lab = ("--lab", str(lab_folder), "--method", "grpo", "--dry-run")
    assert "needs the answers" in _refused(*lab).message
    key = ("--key", str(town / "answer_key.json"))
    assert "takes no --key" in _refused(*lab, "--reward", "arithmetic", *key).message


@pytest.mark.slow
def test_a_dry_run_prints_the_settings_of_rewards(lab_folder: Path, town: Path) -> None:
    words = (
        "--lab",
        str(lab_folder),
        "--method",
        "grpo",
        "--key",
        str(town / "answer_key.json"),
        "--dry-run",
    )
    result = CliRunner().invoke(command, (*words, "--steps", "7", "--max-tokens", "16"))
    assert result.exit_code == 0, result.output
    planned = json.loads(result.stdout)
    assert planned["loop"]["steps"] == 7
    assert planned["questions"] > 0


def test_a_corpus_without_pairs_says_what_to_type(lab_folder: Path) -> None:
    error = _refused("--lab", str(lab_folder), "--method", "dpo", "--dry-run")
    assert "glaswerk add preferences" in str(error.hint)
