"""Hostile posts, authors, addresses, licences and names reach no terminal as anything but text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli, fail
from glaswerk.data.curate.curate import curate
from glaswerk.lab import Lab, Spec
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import build
from tests.core.test_terminal import is_obeyed
from tests.support.small_labs import add_source, doc

EVIL = "\x1b[2J\x1b]52;c;cm0=\x07\x9b31m\u202e\u2066\r\x08"
PHRASE = "the lantern walk begins at the mill pond"
IDENTIFIER = f"x:1{EVIL}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab in which everything that a stranger could write is hostile."""
    made = Lab.init(tmp_path_factory.mktemp("hostile") / "lab")
    for name in ("posts", "others"):
        documents = [
            doc(
                IDENTIFIER if not i and name != "others" else f"{name[0]}:{i}",
                f"On day {i}, {PHRASE}; bring {EVIL} and {'a lamp ' * (i % 7)}number {i * i} to {name[:5]}.",
                author=f"ann{EVIL}\nhint: forged",
                url=f"https://example.org/{EVIL}",
                licence=f"CC0-1.0{EVIL}",
            )
            for i in range(12)
        ]
        add_source(made, name, documents)
    curate(made, validation_share=0.1)
    curate(made, name="other", validation_share=0.3)
    train_tokenizer(made, TokenizerConfig(300))
    build(made, pack(made))
    with made.writing():
        run = made.ledger.start_run(f"glaswerk curate --name '{EVIL}'")
        made.ledger.finish_run(run, "failed", 0.0, 0.0, f"no such {EVIL}")
    made.make(Spec("model", "chat/step-1", "test/1", {}, {}), lambda _: {"parameters": 1})
    made.ledger.close()
    return made.root


def run(lab: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--lab", str(lab)])


@pytest.mark.parametrize(
    "words",
    [
        ("why", IDENTIFIER),
        ("rights",),
        ("search", PHRASE),
        ("trace", f"{PHRASE} {EVIL}"),
        ("count", f"{PHRASE}"),
        ("log",),
        ("status",),
        ("diff", "main", "other"),
        ("source", "ls"),
        ("source", "show", "posts"),
        ("model", "ls"),
        ("lineage", "corpus:main"),
        ("verify", "--all"),
        ("forget", "--author", f"ann{EVIL}\nhint: forged", "--dry-run"),
        ("what-if", "--author", f"ann{EVIL}\nhint: forged"),
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize(
    "as_json", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["words", "json"]
)
def test_no_control_character_of_content_reaches_the_terminal(
    lab: Path, words: tuple[str, ...], as_json: bool
) -> None:
    result = run(lab, *words, *(["--json"] if as_json else []))
    assert result.output, result.exception
    assert not [c for c in result.output if is_obeyed(c) and c != "\n"]
    assert "\nhint: forged" not in result.output
    if words[0] in ("why", "rights", "search", "trace", "log"):
        assert ("\\u001b[2J" if as_json else "\\x1b[2J") in result.output
    if as_json:
        assert json.loads(result.stdout) is not None


def test_what_was_hostile_is_shown_and_json_has_its_value(lab: Path) -> None:
    assert r"\x1b[2J\x1b]52;c;cm0=\x07\x9b31m\u202e\u2066" in run(lab, "why", IDENTIFIER).stdout
    (story,) = json.loads(run(lab, "why", IDENTIFIER, "--json").stdout)
    assert story["id"] == IDENTIFIER
    assert story["document"]["url"] == f"https://example.org/{EVIL}"


def test_an_error_shows_a_hostile_name_and_its_second_line_is_indented(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        fail(f"no file {EVIL}\nhint: rm -rf ~", f"look for {EVIL}")
    said = capsys.readouterr().err
    assert not [c for c in said if is_obeyed(c) and c != "\n"]
    assert [line for line in said.splitlines() if line.startswith("hint:")] == [
        r"hint: look for \x1b[2J\x1b]52;c;cm0=\x07\x9b31m\u202e\u2066\r\x08"
    ]
