"""Tables: which column holds the text, quoting, and bounds."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.csv_rows import (
    NoTextColumn,
    cell_limit,
    header,
    is_table,
    read_table,
    text_column_of,
)
from glaswerk.lab import Lab


@pytest.mark.parametrize("column", ["text", "Content", "body", "FULL_TEXT", "tweet", "message"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_names_the_text(empty_lab: Lab, tmp_path: Path, column: str, delimiter: str) -> None:
    rows = [
        ["id", column, "author", "date"],
        ["7", '"Mill, ""old"" and; new\nsecond line"', "Hazel", "2024-05-01"],
    ]
    (tmp_path / "table").write_text("\r\n".join(delimiter.join(row) for row in rows))
    (found,) = documents(add(empty_lab, tmp_path / "table"))
    assert (found.id, found.author) == ("docs:7", "Hazel")
    assert found.text == 'Mill, "old" and; new\nsecond line'


def test_text_goes_before_its_synonyms_and_two_synonyms_need_a_choice(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("message,text\nno,Yes.\n")
    assert documents(add(empty_lab, tmp_path / "a.csv"))[0].text == "Yes."
    (tmp_path / "a.csv").write_text("message,body\nno,Yes.\n")
    with pytest.raises(GlaswerkError, match="'body' or 'message'") as caught:
        add(empty_lab, tmp_path / "a.csv")
    assert "--text-column" in str(caught.value.hint)
    assert documents(add(empty_lab, tmp_path / "a.csv", text_column="Body"))[0].text == "Yes."


def test_a_row_with_too_many_cells_is_counted(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,well, not quoted\n2,Fine.\n\n3\n")
    made = add(empty_lab, tmp_path / "a.csv")
    assert [d.text for d in documents(made)] == ["Fine."]
    assert made.stats["left_out"] == {"broken_row": 1, "no_text": 1}


def test_a_quotation_mark_never_closed_is_an_error_and_not_all_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("csv_rows", "csv_dialects"):
        monkeypatch.setattr(f"glaswerk.data.documents.{module}.ROW_BYTES", 5000)
    data = b'id,text\n1,"open\n' + b"line after line\n" * 1000
    with pytest.raises(GlaswerkError):
        list(read_table(io.BytesIO(data), tmp_path, Counter()))
    wide = b"id,text\n" + b'1,"x\n' + b'","y\n' * 3000
    with pytest.raises(GlaswerkError, match="never closed"):
        list(read_table(io.BytesIO(wide), tmp_path, Counter()))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_named_error(data: bytes) -> None:
    for start in (b"id,text\n1,", b""):
        try:
            found = list(read_table(io.BytesIO(start + data), Path("fuzz.csv"), Counter()))
        except GlaswerkError:
            continue
        assert all("text" in row for _, row in found)


def test_a_quotation_mark_open_to_the_end_names_its_line(tmp_path: Path) -> None:
    data = b'id,text\n1,"fine\nwords"\n2,"oops\n3,third\n4,fourth\n'
    with pytest.raises(GlaswerkError, match="row 2 open from line 4"):
        list(read_table(io.BytesIO(data), tmp_path, Counter()))


def test_lines_that_end_as_on_old_macs_are_a_named_error(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "mac.csv").write_bytes(b"id,text\r1,hello\r2,world\r")
    with pytest.raises(GlaswerkError, match="expected a table"):
        add(empty_lab, tmp_path / "mac.csv")


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6), st.sampled_from(",;\t|"))
def test_what_csv_writes_is_read_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("author", "text"), *rows])
    found = read_table(io.BytesIO(out.getvalue().encode()), Path("a.csv"), Counter())
    assert [(row["author"], row["text"]) for _, row in found] == rows


@pytest.mark.parametrize(
    ("line", "delimiter", "names"),
    [
        ("id,text", ",", ["id", "text"]),
        ("ID;Text ; a,b", ";", ["id", "text", "a,b"]),
        ('"a;b",c,d', ",", ["a;b", "c", "d"]),
        ("text", ",", ["text"]),
        ("", ",", []),
    ],
)
def test_the_delimiter_is_the_one_that_makes_the_most_names(
    line: str, delimiter: str, names: list[str]
) -> None:
    assert header(line) == (delimiter, names)


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("id,text", "", True),
        ("id;content", "", True),
        ("id,review", "", False),
        ("id,review", "Review", True),
        ("text", "", False),
        ("text,text", "", False),
        ("text,", "", False),
        (f"text,{'x' * 65}", "", False),
        ("The text, the mill, and more", "", False),
    ],
)
def test_only_short_different_names_make_a_header_row(line: str, column: str, expected: bool) -> None:
    assert is_table(line, column) is expected


@pytest.mark.parametrize(
    ("names", "chosen", "expected"),
    [
        (["id", "text", "body"], "", "text"),
        (["id", "body"], "", "body"),
        (["id", "text", "review"], "Review", "review"),
        (["id", "tweet", "body"], "", None),
        (["id", "text"], "review", None),
        ([], "", None),
    ],
)
def test_the_column_of_the_text_is_chosen_or_certain(
    names: list[str], chosen: str, expected: str | None
) -> None:
    if expected is not None:
        assert text_column_of(names, chosen, Path("a.csv")) == expected
        return
    with pytest.raises(NoTextColumn, match=r"a\.csv"):
        text_column_of(names, chosen, Path("a.csv"))


def test_the_limit_of_cells_holds_inside_the_block_alone() -> None:
    before = csv.field_size_limit()
    with cell_limit(10):
        assert csv.field_size_limit() == 10
    assert csv.field_size_limit() == before


def test_two_columns_of_text_with_one_name_are_refused_and_lose_nothing(
    empty_lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "twice.csv").write_text("text,text,author\nFirst,Second,Ada\n")
    with pytest.raises(NoTextColumn, match="one column 'text'"):
        add(empty_lab, tmp_path / "twice.csv")


def test_of_two_columns_with_another_name_the_first_counts(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "twice.csv").write_text("text,author,author\nFirst,Ada,\n")
    assert [d.author for d in documents(add(empty_lab, tmp_path / "twice.csv"))] == ["Ada"]
