"""Tables as programs write them: every dialect gives the same rows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.csv_rows import read_table
from glaswerk.data.source import add_docs
from glaswerk.lab import Lab


def rows(table: str | bytes, encoding: str = "") -> tuple[list[dict[str, str]], Counter[str]]:
    counts: Counter[str] = Counter()
    data = table.encode() if isinstance(table, str) else table
    found = [row for _, row in read_table(io.BytesIO(data), Path("a.csv"), counts, encoding=encoding)]
    return found, counts


def texts(table: str | bytes, encoding: str = "") -> list[str]:
    found, counts = rows(table, encoding)
    assert not counts
    return [row["text"] for row in found]


@pytest.mark.parametrize(
    "first", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\n", "sep=;;\n"]
)
def test_excels_line_about_the_delimiter_is_no_row(first: str) -> None:
    found, counts = rows(first + "text;author\nErste Zeile, mit Komma;Ada\nZweite;Bo\n")
    assert found == [{"text": "Erste Zeile, mit Komma", "author": "Ada"}, {"text": "Zweite", "author": "Bo"}]
    assert not counts


@pytest.mark.parametrize("mark", ["\t", "|", ",", ";", "^", "~", ":"])
def test_the_stated_delimiter_may_be_any(mark: str) -> None:
    found, _ = rows(f"sep={mark}\ntext{mark}author\nx y z{mark}Ada\n")
    assert found == [{"text": "x y z", "author": "Ada"}]


def test_a_table_that_begins_so_is_one_whatever_its_name(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "export").write_text("sep=;\ntext;author\nErste, mit Komma;Ada\n")
    made = add_docs(empty_lab, [tmp_path / "export"], licence="own")
    assert made.stats["documents"] == 1
    assert made.config["files"].keys() == {"export"}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (r'"She said \"hello, you\" to me"', 'She said "hello, you" to me'),
        (r'"Third \"row\" here"', 'Third "row" here'),
        (r'"\"Hi\" he said"', '"Hi" he said'),
        (r'"he said \"Hi\""', 'he said "Hi"'),
        (r'"a \"b\" and ""c"""', 'a "b" and "c"'),
        ('"one\ntwo \\"q\\"\nthree"', 'one\ntwo "q"\nthree'),
        (r'"C:\new\table \"x\""', r'C:\new\table "x"'),
        (r'"C:\\ \"x\""', 'C:\\ "x"'),
        (r"one\, two", "one, two"),
    ],
)
@pytest.mark.parametrize("before", [0, 3000])
def test_a_quotation_mark_behind_a_backslash_belongs_to_the_text(cell: str, text: str, before: int) -> None:
    table = "id,text,author\n" + "0,plain,Di\n" * before + f"1,{cell},Ada\n2,after,Bo\n"
    found, counts = rows(table)
    assert [row["text"] for row in found[before:]] == [text, "after"]
    assert [row["author"] for row in found[before:]] == ["Ada", "Bo"]
    assert not counts


@pytest.mark.parametrize(
    "text", ["C:\\dir\\", "\\", 'say "x\\"', "a\\,b", "\\\\server\\share", "1\\2", "\\N"]
)
def test_a_backslash_in_a_table_that_doubles_its_marks_is_a_backslash(text: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([["text", "author"], [text, "Ada"], ["after", "Bo"]])
    assert texts(out.getvalue()) == [text, "after"]


CELL = st.text(st.sampled_from('ab ,;"\\\n'), min_size=1, max_size=8).map(lambda text: text + "x")


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_what_a_writer_with_backslashes_writes_is_read_back_if_it_shows_itself(
    cells: list[tuple[str, str]],
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\")
    # The first row shows the dialect.
    writer.writerows([["text", "author"], ['a "b" c', "x"], *cells])
    found, _ = rows(out.getvalue())
    assert [(row["text"], row["author"]) for row in found[1:]] == cells


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_what_a_writer_with_doubled_marks_writes_is_read_back(cells: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["text", "author"], *cells])
    found, _ = rows(out.getvalue())
    assert [(row["text"], row["author"]) for row in found] == cells


def test_a_table_of_one_column_has_no_delimiter() -> None:
    assert texts('text\nHello, world; a|b\n"quoted, too"\n') == ["Hello, world; a|b", "quoted, too"]


def test_empty_cells_at_the_end_of_a_row_are_no_fault() -> None:
    assert texts("text,author\nx,Ada,,\ny,Bo,\n") == ["x", "y"]
    assert rows("text,author\nx,Ada,,z\n")[1] == {"broken_row": 1}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_commas_in_text_do_not_part_cells_of_other_tables(delimiter: str) -> None:
    assert texts(f"text{delimiter}author\na, b, c{delimiter}Ada\n") == ["a, b, c"]


def test_marks_of_byte_order_and_other_encodings() -> None:
    assert texts(b"\xef\xbb\xbf" + b'"text","author"\nx,y\n') == ["x"]
    latin = "text;author\nGrüße;Bo\n".encode("cp1252")
    assert texts(latin, "cp1252") == ["Grüße"]
    with pytest.raises(GlaswerkError, match="UTF-8"):
        texts(latin)


def test_a_mark_that_is_never_closed_names_its_line_in_either_dialect() -> None:
    for table in ('text,a\nx,y\n"open,z\nmore,B\n', 'text,a\n"x \\"q\\"",y\n"open, z\nmore \\"q\\"\n'):
        with pytest.raises(GlaswerkError, match="row 2 open from line 3"):
            rows(table)
