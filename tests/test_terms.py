"""The house's words: phrases of the list do not come back, and the list finds what it should."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("terms", ROOT / "tools" / "terms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["terms"] = module
    spec.loader.exec_module(module)
    return module


terms = _load()


def _found(text: str, folder: Path) -> list[str]:
    (folder / "page.md").write_text(text)
    return [finding.phrase for finding in terms.findings([folder / "page.md"], folder)]


def test_the_readme_and_the_docs_hold_no_phrase_of_the_list() -> None:
    paths = [path for path in terms.files() if not path.is_relative_to(ROOT / "src")]
    assert len(paths) > 20
    assert [str(found) for found in terms.findings(paths)] == []


@pytest.mark.slow
def test_the_package_holds_no_phrase_of_the_list() -> None:
    paths = [path for path in terms.files() if path.is_relative_to(ROOT / "src")]
    assert len(paths) > 200
    assert [str(found) for found in terms.findings(paths)] == []


@pytest.mark.parametrize(
    "text",
    [
        "corpora are made anew",
        "The file lies in the lab",
        "IT LIES IN a folder",
        "how dear it is",
        "left in peace",
    ],
)
def test_a_phrase_is_found_in_any_case(text: str, tmp_path: Path) -> None:
    assert len(_found(text, tmp_path)) == 1


def test_a_phrase_is_found_over_the_end_of_a_line_and_of_a_comment(tmp_path: Path) -> None:
    assert _found("the table lies\n    in a file", tmp_path) == ["lies in"]
    assert _found("# the table lies\n    # in a file", tmp_path) == ["lies in"]


@pytest.mark.parametrize(
    "text", ["what stands in the way", "a list in brackets", "the standing in line", "it relies on the lab"]
)
def test_ordinary_english_is_left_alone(text: str, tmp_path: Path) -> None:
    assert _found(text, tmp_path) == []


def test_a_finding_names_file_line_and_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("First.\nIt was made anew.\n")
    (found,) = terms.findings([tmp_path / "page.md"], tmp_path)
    assert str(found) == "page.md:2: 'made anew': write 'rebuilt, written again'"


def test_dated_records_and_generated_pages_are_left_alone() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in terms.files()}
    assert {"README.md", "docs/glossary.md", "src/glaswerk/api.py"} <= names
    assert not {"docs/log.md", "docs/decisions/2026-11-23-index.md", "docs/reference/cli.md"} & names


def test_it_exits_with_one_if_it_finds_a_phrase(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "page.md").write_text("It lies in the lab.")
    assert terms.main([str(tmp_path / "page.md")]) == 1
    assert "lies in" in capsys.readouterr().out
    (tmp_path / "page.md").write_text("It is in the lab.")
    assert terms.main([str(tmp_path / "page.md")]) == 0
