"""`glaswerk retrain`: only what is forgotten is left out, and the old spelling of `what-if` still works."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.cli.deletion import forget_command, option_line, retrain_command, selector_options
from glaswerk.cli.main import VERBS, cli
from glaswerk.cli.retrain_verb import selection
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.parquet import read_rows

NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=3)


def without_lab(hint: str | None) -> str:
    """A hint without the lab that every command here names."""
    words = shlex.split(hint or "")
    at = words.index("--lab")
    return shlex.join(words[:at] + words[at + 2 :])


def run(lab: Path, *words: str, verb: str = "retrain") -> Result:
    return CliRunner().invoke(cli, [verb, "--lab", str(lab), *words], standalone_mode=False)


def refused(lab: Path, *words: str, verb: str = "retrain") -> GlaswerkError:
    result = run(lab, *words, verb=verb)
    assert isinstance(result.exception, GlaswerkError)
    return result.exception


def author(lab: Path) -> str:
    rows = read_rows(lab / "corpora" / "main" / "documents.parquet", ["author", "split"])
    return next(row["author"] for row in rows if row["author"] and row["split"] == "train")


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [
        ("hazel", "author", "hazel"),
        ("author:hazel", "author", "hazel"),
        ("id:x:123", "id", "x:123"),
        ("id:https://x.com/a/status/1", "id", "https://x.com/a/status/1"),
        ("source:posts", "source", "posts"),
        ("author:", "author", ""),
        ("author:a:b", "author", "a:b"),
    ],
)
def test_a_selector_has_a_kind_or_is_an_author(value: str, kind: str, name: str) -> None:
    found = selection((value,))
    assert found == {"author": [], "id": [], "source": []} | {kind: [name]}


@pytest.mark.parametrize("value", ["x:123", "ID:1", "foo:bar"])
def test_another_kind_before_a_colon_is_refused_with_both_spellings(value: str) -> None:
    with pytest.raises(GlaswerkError, match="expected author:, id: or source:") as error:
        selection((value,))
    assert f"--without id:{value}" in str(error.value.hint)


def test_selectors_can_be_repeated_and_keep_their_order() -> None:
    found = selection(("b", "source:s", "author:a", "id:1", "id:0"))
    assert found == {"author": ["b", "a"], "id": ["1", "0"], "source": ["s"]}


@given(
    NAMES,
    NAMES,
    NAMES,
    st.sampled_from(["", "keep", "forget"]),
    st.sampled_from([None, Path("ids of my.txt")]),
)
@settings(deadline=None)
def test_the_commands_that_are_suggested_select_the_same(
    authors: list[str], ids: list[str], sources: list[str], copies: str, file: Path | None
) -> None:
    options = selector_options(authors, ids, sources, file, copies)
    words = shlex.split(retrain_command("chat", "replay", options))
    assert words[:5] == ["glaswerk", "retrain", "chat", "--how", "replay"]
    pairs = list(pairwise(words[5:]))[::2]
    named = tuple(value for option, value in pairs if option == "--without")
    assert selection(named) == {"author": authors, "id": ids, "source": sources}
    assert ("--copies", copies) in pairs or not copies
    assert shlex.split(forget_command(options))[2:] == options


def test_a_dry_run_prints_what_what_if_prints_for_that_model(lab_folder: Path) -> None:
    name = author(lab_folder)
    asked = run(lab_folder, "--author", name, "--model", "chat", verb="what-if")
    found = run(lab_folder, "chat", "--without", name, "--dry-run")
    assert found.stdout == asked.stdout
    assert "model      chat/step-" in found.stdout
    prices = run(lab_folder, "chat", "--without", name, "--dry-run", "--json", "--price-per-hour", "2")
    (row,) = json.loads(prices.stdout)["models"]
    assert row["options"][0]["price"] is not None


def test_what_is_not_forgotten_names_the_command_that_forgets_it(lab_folder: Path) -> None:
    name = author(lab_folder)
    error = refused(lab_folder, "base", "--without", name, "--without", "source:gazette")
    assert "are not forgotten yet, first " in str(error)
    assert without_lab(error.hint) == f"glaswerk forget --author {name} --source gazette"


def test_the_old_spelling_names_the_new_one_on_standard_error(lab_folder: Path) -> None:
    name = author(lab_folder)
    result = run(lab_folder, "--author", name, "--model", "base", "--do", "replay", verb="what-if")
    assert isinstance(result.exception, GlaswerkError)
    (line,) = result.stderr.splitlines()
    assert line.startswith("deprecated: ")
    assert line.endswith(f"glaswerk retrain base --how replay --without author:{name}")


def test_a_model_and_something_to_be_without_are_required(lab_folder: Path) -> None:
    error = refused(lab_folder, "chat")
    assert "expected forgotten documents in chat/step-" in str(error)
    assert without_lab(error.hint) == "glaswerk retrain chat --without author:NAME"
    assert "no model named 'nobody' (models: base/step-" in str(
        refused(lab_folder, "nobody", "--without", "x")
    )


@pytest.mark.parametrize("selector", ["id:x:0", "source:nothing", "author:no one at all"])
def test_a_name_that_reaches_no_document_is_refused(lab_folder: Path, selector: str) -> None:
    kind, _, name = selector.partition(":")
    assert f"the lab holds no document of {kind} {name!r}" in str(
        refused(lab_folder, "base", "--without", selector)
    )


@pytest.mark.parametrize("price", ["nan", "inf"])
def test_a_price_that_is_no_number_is_refused(lab_folder: Path, price: str) -> None:
    error = refused(lab_folder, "base", "--without", "x", "--dry-run", "--price-per-hour", price)
    assert "--price-per-hour takes a finite number" in str(error)


def test_a_file_of_names_is_a_selector_too(lab_folder: Path, tmp_path: Path) -> None:
    name = author(lab_folder)
    (tmp_path / "names.txt").write_text(f"@{name}\n")
    by_file = run(lab_folder, "base", "--without-file", str(tmp_path / "names.txt"), "--dry-run")
    assert by_file.stdout == run(lab_folder, "base", "--without", name, "--dry-run").stdout


def test_without_a_selector_it_means_all_that_is_forgotten(own_lab: Path) -> None:
    name = author(own_lab)
    forgot = run(own_lab, "--author", name, verb="forget")
    assert forgot.exception is None
    everything = run(own_lab, "base", "--dry-run")
    assert everything.stdout == run(own_lab, "base", "--without", name, "--dry-run").stdout
    assert "model      base/step-" in everything.stdout


@pytest.mark.slow
def test_it_retrains_without_what_is_forgotten_and_the_old_model_stays(own_lab: Path) -> None:
    name = author(own_lab)
    forgot = run(own_lab, "--author", name, verb="forget")
    assert forgot.exception is None
    result = run(own_lab, "base", "--without", name, "--json")
    assert result.exception is None, result.exception
    made = json.loads(result.stdout)
    assert made["name"].startswith("base-rebuilt/step-")
    assert sorted(path.name for path in (own_lab / "models").iterdir()) == ["base", "base-rebuilt", "chat"]
    again = run(own_lab, "base", "--without", name, "--json")
    assert "the lab holds no document" in str(again.exception) or json.loads(again.stdout)["id"] == made["id"]


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ({"name": "keep", "steps": 0, "words": "as it is"}, "  keep     as it is"),
        (
            {
                "name": "rebuild",
                "steps": 1200,
                "tokens": 5000,
                "seconds": 30.0,
                "price": None,
                "words": "again",
            },
            "  rebuild  1,200 steps, 5,000 tokens, 30 s: again",
        ),
        (
            {"name": "replay", "steps": 3, "tokens": 9, "seconds": 30.0, "price": 1.234, "words": "again"},
            "  replay   3 steps, 9 tokens, 30 s, price 1.23: again",
        ),
    ],
)
def test_an_option_is_one_line_with_its_cost(option: dict[str, object], line: str) -> None:
    assert option_line(option) == line


def test_the_verb_is_listed() -> None:
    assert "retrain" in VERBS
