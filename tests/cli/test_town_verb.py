"""`glaswerk town`: a town, its texts to edit, and a town made from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.town_verb import command
from glaswerk.core.errors import GlaswerkError


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_texts_are_exported_edited_and_made_into_a_town(tmp_path: Path) -> None:
    texts, out = tmp_path / "texts", tmp_path / "town"
    exported = run(texts, "--export-text", "--json")
    assert json.loads(exported.stdout) == {"texts": 28}
    names = texts / "names.toml"
    names.write_text(names.read_text(encoding="utf-8").replace('"Wend"', '"Ilme"'), encoding="utf-8")
    made = run(out, "--size", "tiny", "--from", texts)
    assert made.exit_code == 0
    assert made.stdout.startswith("people 24  accounts 30  posts ")
    assert "lies on the river Ilme" in (out / "docs/history.md").read_text(encoding="utf-8")
    assert (out / "text/names.toml").read_bytes() == names.read_bytes()


def test_counts_are_printed_as_json(tmp_path: Path) -> None:
    counts = json.loads(run(tmp_path / "town", "--size", "tiny", "--json").stdout)
    assert counts["people"] == 24
    assert counts["chats"] == len((tmp_path / "town/chats.jsonl").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--export-text", "--from", "texts"], "expected --export-text or --from, found both"),
        (
            ["--export-text", "--seed", "9"],
            "expected --export-text alone, found --seed: all towns have these texts",
        ),
        (["--from", "nowhere"], "expected a folder with text files, found nowhere"),
        (["--size", "vast"], "expected a town size (tiny, demo, large), found 'vast'"),
        (["--slant", "2"], "expected slant between 0 and 1, found 2.0"),
        (["--rumour-rate", "-1"], "expected rumour_rate between 0 and 10, found -1.0"),
    ],
)
def test_a_wrong_call_is_refused_with_a_next_step(words: list[str], message: str, tmp_path: Path) -> None:
    error = run(tmp_path / "town", *words).exception
    assert isinstance(error, GlaswerkError)
    assert error.message == message
    assert error.hint is not None
    assert error.hint.startswith("glaswerk town") or "glaswerk town" in error.hint
    assert not (tmp_path / "town").exists()


def test_the_help_opens_with_runnable_examples() -> None:
    text = run("--help").stdout
    assert "glaswerk town my-texts --export-text" in text
    assert "glaswerk town my-town --from my-texts" in text
