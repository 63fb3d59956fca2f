"""The figures of the house: what a reader may rely on about the size and shape of the code.

Circles and floors are checked by import-linter, in `make lint`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import glaswerk

ROOT = Path(__file__).parent.parent
PACKAGE = Path(glaswerk.__file__).parent
MOST_LINES, MOST_FILES, MEDIAN_LINES = 400, 25, 8
LEAST_DOCUMENTED, LEAST_TESTED = 0.95, 0.8
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _lines(path: Path) -> int:
    return path.read_text().count("\n")


def _functions() -> Iterator[Function]:
    for path in _sources():
        yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function))


def _public(node: ast.AST) -> Iterator[Function | ast.ClassDef]:
    """Functions, classes and methods without an underscore, inside no function and no private class."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            if not child.name.startswith("_"):
                yield child
                if isinstance(child, ast.ClassDef):
                    yield from _public(child)
        elif isinstance(child, ast.If | ast.Try):
            yield from _public(child)


def test_no_source_file_is_too_long_to_hold_in_the_head() -> None:
    long = {
        path.relative_to(PACKAGE).as_posix(): _lines(path) for path in _sources() if _lines(path) > MOST_LINES
    }
    assert long == {}


def test_no_folder_has_too_many_source_files_but_the_one_with_a_file_per_verb() -> None:
    folders = {path.parent for path in _sources()} - {PACKAGE / "cli"}
    counts = {folder.relative_to(PACKAGE).as_posix(): len(list(folder.glob("*.py"))) for folder in folders}
    assert {folder: count for folder, count in counts.items() if count > MOST_FILES} == {}


def test_the_median_function_is_short() -> None:
    lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in _functions()]
    assert len(lengths) > 1000
    assert median(lengths) <= MEDIAN_LINES


def test_public_things_have_a_docstring() -> None:
    public = {path: list(_public(ast.parse(path.read_text()))) for path in _sources()}
    missing = [
        f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"
        for path, nodes in public.items()
        for node in nodes
        if ast.get_docstring(node) is None
    ]
    share = 1 - len(missing) / sum(map(len, public.values()))
    assert share >= LEAST_DOCUMENTED, f"{share:.1%}; without: {', '.join(missing[:40])}"


def test_there_are_nearly_as_many_lines_of_tests_as_of_source() -> None:
    tests = sum(_lines(path) for path in (ROOT / "tests").rglob("*.py"))
    source = sum(map(_lines, _sources()))
    assert tests / source >= LEAST_TESTED, f"{tests:,} / {source:,} = {tests / source:.2f}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in _sources() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert [path.relative_to(PACKAGE).as_posix() for path in silent] == []


def test_every_test_asserts_something() -> None:
    words = ("Assert(", "'raises'", "'warns'", "assert", "CalledProcessError", "'check'", "'expect'")
    silent = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function) and node.name.startswith("test_"):
                dump = ast.dump(node)
                if not any(word in dump for word in words):
                    silent.append(f"{path.relative_to(ROOT)}::{node.name}")
    assert silent == []
