"""The Python API: light to import, thin over the stages, and the same in whatever order modules load."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import glaswerk
from glaswerk import Lab, add, api, curate, evaluate, trace, train, tune
from glaswerk.core.errors import GlaswerkError

STAGES = ("evaluate", "serve", "trace", "train")


def _modules_after(statement: str) -> set[str]:
    code = f"{statement}; import sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_no_module_of_it() -> None:
    assert {name for name in _modules_after("import glaswerk") if name.startswith("glaswerk.")} == set()


def test_importing_every_name_of_the_api_loads_neither_torch_nor_arrow() -> None:
    names = ", ".join(name for name in glaswerk.__all__ if not name.startswith("_"))
    loaded = _modules_after(f"from glaswerk import {names}")
    assert not loaded & {"torch", "transformers", "pyarrow", "duckdb", "starlette", "glaswerk.train"}


def test_the_package_lists_every_name_of_the_api() -> None:
    assert set(glaswerk.__all__) <= set(dir(glaswerk))
    assert {name for name in glaswerk.__all__ if not name.startswith("_")} <= set(api.__all__)


def test_an_unknown_name_is_an_attribute_error_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        glaswerk.trian  # noqa: B018 - that reading it fails is the claim


def test_a_stage_is_callable_before_and_after_its_subpackage_is_imported() -> None:
    # `trace` alone: it needs no torch, and all stages go the same way.
    code = """
from glaswerk import trace as before
import glaswerk.trace
from glaswerk import trace as after
assert callable(before) and before.__module__ == "glaswerk.api"
assert callable(after) and after.__name__ == "glaswerk.trace"
"""
    subprocess.run([sys.executable, "-W", "error::ImportWarning", "-c", code], check=True)


def test_the_names_that_are_functions_and_subpackages_are_known() -> None:
    subpackages = {path.parent.name for path in Path(glaswerk.__file__).parent.glob("*/__init__.py")}
    assert subpackages & set(glaswerk.__all__) == set(STAGES)


def test_a_subpackage_called_like_a_function_does_the_same(empty_lab: Lab) -> None:
    import glaswerk.trace as subpackage

    assert inspect.ismodule(subpackage)
    for call in (subpackage, api.trace):
        with pytest.raises(GlaswerkError, match="no shards named"):
            call(empty_lab, "any text")  # type: ignore[operator]


@pytest.mark.parametrize("name", [name for name in api.__all__ if name not in ("Artifact", "Lab", "KINDS")])
def test_each_function_says_what_it_raises(name: str) -> None:
    assert "Raises GlaswerkError" in (getattr(api, name).__doc__ or "")


def test_the_package_ships_its_types() -> None:
    assert (Path(glaswerk.__file__).parent / "py.typed").exists()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(8):
        text = f"Note {number}. The mill by the river was built in {1700 + number}, and it still grinds corn."
        (folder / f"{number}.md").write_text(text)
    return folder


def test_adding_takes_one_path_or_several(empty_lab: Lab, notes: Path) -> None:
    one = add(empty_lab, notes, "docs", licence="CC0-1.0", name="all")
    some = add(empty_lab, [str(notes / "1.md"), notes / "2.md"], kind="docs", licence="CC0-1.0", name="two")
    assert (one.stats["documents"], some.stats["documents"]) == (8, 2)


def test_adding_needs_a_licence_and_says_how_to_give_it(empty_lab: Lab, notes: Path) -> None:
    with pytest.raises(GlaswerkError, match="licence") as caught:
        add(empty_lab, notes, "docs")
    assert "licence=" in (caught.value.hint or "")
    assert empty_lab.all("source") == []


def test_evaluations_need_no_licence_as_nothing_trains_on_them(empty_lab: Lab, tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    words = "which of the seven mills by the river has been grinding since the great flood"
    items.write_text(f'{{"question": "{words}"}}\n')
    assert add(empty_lab, items, "evaluations").kind == "evaluation"


def test_an_unknown_kind_is_refused_with_those_there_are(empty_lab: Lab, notes: Path) -> None:
    with pytest.raises(GlaswerkError, match="posts, docs, chats"):
        add(empty_lab, notes, "letters", licence="own")


def test_a_call_is_entered_in_the_ledger_with_how_it_ended(empty_lab: Lab, notes: Path) -> None:
    add(empty_lab, notes, "docs", licence="CC0-1.0")
    with pytest.raises(GlaswerkError):
        curate(empty_lab, validation_share=2.0)
    rows = empty_lab.ledger.rows("SELECT command, status, message FROM run ORDER BY id")
    assert [row["status"] for row in rows] == ["done", "failed"]
    assert rows[0]["command"].startswith("glaswerk.add(")
    assert "validation_share" in rows[1]["message"]


def test_calling_again_returns_the_finished_step(empty_lab: Lab, notes: Path) -> None:
    first = add(empty_lab, notes, "docs", licence="CC0-1.0", name="notes")
    made = curate(empty_lab)
    assert add(empty_lab, notes, "docs", licence="CC0-1.0", name="notes") == first
    assert curate(empty_lab) == made


def test_training_without_a_corpus_says_which_command_makes_one(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match="no corpus") as caught:
        train(empty_lab, size="100K")
    assert caught.value.hint == "glaswerk curate"


def test_evaluating_an_unknown_model_lists_those_there_are(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match=r"'other'.*there: none"):
        evaluate(empty_lab, "other")


def test_tuning_without_a_base_is_refused(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError):
        tune(empty_lab)


def test_tracing_uses_the_index_of_the_lab(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    before = lab.find("trace", "main.main")
    runs = lab.ledger.rows("SELECT COUNT(*) FROM run")[0][0]
    assert trace(lab, "no such words anywhere").spans == ()
    assert lab.find("trace", "main.main") == before
    assert lab.ledger.rows("SELECT COUNT(*) FROM run")[0][0] == runs, (
        "an index that is there is not built again"
    )
    lab.ledger.close()
