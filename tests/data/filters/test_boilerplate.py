"""Lines that stand in many pages go; everything else stays as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from glaswerk.core.document import Document, Rights
from glaswerk.data.filters.boilerplate import (
    BoilerplateConfig,
    common_lines,
    line_keys,
    strip,
    write_line_keys,
)
from glaswerk.data.store.parquet import read_rows, write_documents

MENU = "Home | Gazette | Timetables | Contact the council"
COOKIES = "This page uses cookies to remember your settings."
KEYS = np.union1d(line_keys(MENU), line_keys(COOKIES))
LINES = st.lists(
    st.sampled_from([MENU, COOKIES, "", " ", "Short line", "The mill has a second wheel now, they say."])
)


def documents(path: Path, texts: list[str], kind: str = "page") -> Path:
    rights = Rights("CC0-1.0")
    write_documents(path, (Document(str(n), "s", text, rights, kind=kind) for n, text in enumerate(texts)))
    return path


def common(tmp_path: Path, files: list[Path], **config: float) -> NDArray[np.uint64]:
    parts = []
    for file in files:
        parts.append(tmp_path / f"{file.stem}.lines")
        rows = read_rows(file, ["text", "kind"])
        write_line_keys((row["text"] for row in rows if row["kind"] == "page"), parts[-1])
    return common_lines(parts, tmp_path, BoilerplateConfig(**{"min_share": 0.0, **config}))  # type: ignore[arg-type]


def test_common_lines_go_and_the_figure_is_what_the_page_lost() -> None:
    page = f"{MENU}\n\nThe mill has a second wheel now.\n\n{COOKIES}"
    assert strip(page, "page", KEYS) == ("The mill has a second wheel now.", len(MENU) + len(COOKIES) + 4)


def test_case_and_spaces_do_not_hide_a_line() -> None:
    assert strip(f"  {MENU.upper().replace(' ', '  ')}\nText.", "page", KEYS)[0] == "Text."


@pytest.mark.parametrize("kind", ["post", "thread", "book", "speech", "dialogue", "caption"])
def test_only_pages_lose_lines(kind: str) -> None:
    assert strip(f"{MENU}\nText.", kind, KEYS) == (f"{MENU}\nText.", 0)


def test_a_page_of_one_line_is_its_own_content() -> None:
    assert strip(MENU, "page", KEYS) == (MENU, 0)


def test_a_page_of_nothing_else_becomes_empty() -> None:
    assert strip(f"{MENU}\n{COOKIES}\n", "page", KEYS)[0] == ""


def test_short_lines_have_no_key_and_repeats_in_one_page_count_once() -> None:
    assert len(line_keys("References\nSee also\n")) == 0
    assert len(line_keys(f"{MENU}\n{MENU}\n{COOKIES}")) == 2


def test_a_line_counts_by_pages_over_all_files(tmp_path: Path) -> None:
    """The menu stands in three pages of two files, twice in one of them; the notice in two pages."""
    first = documents(tmp_path / "1.parquet", [f"{MENU}\nA text.\n{MENU}", f"{MENU}\n{COOKIES}"])
    second = documents(tmp_path / "2.parquet", [f"{MENU}\nAnother text."])
    posts = documents(tmp_path / "3.parquet", [COOKIES, MENU], kind="post")
    files = [first, second, posts]
    assert common(tmp_path, files, min_documents=3).tolist() == line_keys(MENU).tolist()
    assert common(tmp_path, files, min_documents=4).tolist() == []


def test_a_share_of_all_pages_is_asked_for_beside_the_number(tmp_path: Path) -> None:
    file = documents(tmp_path / "1.parquet", [f"{MENU}\nPage {n}" for n in range(3)] + ["Other"] * 7)
    assert len(common(tmp_path, [file], min_documents=2, min_share=0.3)) == 1
    assert len(common(tmp_path, [file], min_documents=2, min_share=0.31)) == 0


def test_nothing_is_common_to_no_pages(tmp_path: Path) -> None:
    assert len(common(tmp_path, [])) == 0
    assert len(common(tmp_path, [documents(tmp_path / "1.parquet", [])])) == 0


def test_counting_in_little_memory_gives_the_same(tmp_path: Path) -> None:
    """400,000 different lines beside one common one, with 20 MB to count them in."""
    texts = [
        "\n".join([MENU, *[f"line number {page} {n} of this page" for n in range(4000)]])
        for page in range(100)
    ]
    part = tmp_path / "keys.parquet"
    write_line_keys(texts, part)
    found = common_lines([part], tmp_path / "spill", BoilerplateConfig(), memory="20MB")
    assert found.tolist() == line_keys(MENU).tolist()


@given(LINES | st.lists(st.text(max_size=60)))
def test_stripping_adds_nothing_and_keeps_all_other_lines(lines: list[str]) -> None:
    text = "\n".join(lines)
    left, went = strip(text, "page", KEYS)
    assert went == len(text) - len(left)
    common = {MENU, COOKIES} if "\n" in text else set()
    assert [line for line in left.split("\n") if line.strip()] == [
        line for line in text.split("\n") if line.strip() and line not in common
    ]


@given(LINES)
def test_stripping_twice_changes_nothing_more(lines: list[str]) -> None:
    once, _ = strip("\n".join(lines), "page", KEYS)
    assert strip(once, "page", KEYS) == (once, 0) or once in (MENU, COOKIES)
