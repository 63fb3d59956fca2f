"""A sheet with a column of text is a table; any other sheet is one text."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from x_docs import add, documents, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


def workbook(sheets: dict[str, list[list[Any]]], *hidden: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.properties.creator, book.properties.title = "Hazel Hart", "Mills"
    book.save(out)
    return out.getvalue()


TABLE = [
    ["Author", "Text", "Date", "Lang"],
    ["Otis", "It turns.", date(2019, 3, 12), "en"],
    [],
    [None, "Still."],
]


def test_a_sheet_with_a_header_gives_a_document_per_row(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "book").write_bytes(workbook({"Old": TABLE}))
    first, second = documents(add(empty_lab, tmp_path / "book"))
    assert (first.id, first.text, first.author, first.lang) == ("docs:book/Old#2", "It turns.", "Otis", "en")
    assert str(first.created_at)[:10] == "2019-03-12"
    assert (second.id, second.text) == ("docs:book/Old#4", "Still.")
    # The workbook has an author and a date; a row of a table that has such columns does not get them.
    assert (second.author, second.created_at) == ("", None)


def test_rows_of_a_sheet_without_dates_have_the_workbooks(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "book").write_bytes(workbook({"Old": [["Text", "River"], ["It turns.", "Mill"]]}))
    (only,) = documents(add(empty_lab, tmp_path / "book"))
    assert only.author == "Hazel Hart"
    assert only.created_at is not None


def test_a_sheet_without_a_header_is_one_text_and_a_hidden_one_is_counted(
    empty_lab: Lab, tmp_path: Path
) -> None:
    sheets = {
        "Weirs": [["River", 12.0, None, 0.5], [None, True]],
        "Sheet2": [["Words here."]],
        "Numbers": [[1, 2]],
        "Secret": [["Hidden."]],
    }
    (tmp_path / "book").write_bytes(workbook(sheets, "Secret"))
    made = add(empty_lab, tmp_path / "book")
    found = {document.id: document.text for document in documents(made)}
    assert found == {
        "docs:book/Sheet2": "Mills\n\nWords here.",
        "docs:book/Weirs": "Weirs\n\nRiver\t12\t\t0.5\n\tTrue",
    }
    assert made.stats["left_out"] == {"hidden_sheet": 1, "no_text": 1}


def test_the_column_that_the_user_names_is_the_text(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "book").write_bytes(workbook({"A": [["Stars", "Review"], [3, "Good mill."]]}))
    (found,) = documents(add(empty_lab, tmp_path / "book", text_column="review"))
    assert found.text == "Good mill."
    with pytest.raises(GlaswerkError, match="stars, review"):
        add(empty_lab, tmp_path / "book", text_column="nothing")


def test_a_formula_gives_the_value_that_was_last_calculated(empty_lab: Lab, tmp_path: Path) -> None:
    data = workbook({"A": [["Words", "=1+1"]]})
    parts = {
        n: zipfile.ZipFile(io.BytesIO(data)).read(n) for n in zipfile.ZipFile(io.BytesIO(data)).namelist()
    }
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = re.sub(rb"<f>1\+1</f><v\s*/?>(</v>)?", b"<f>1+1</f><v>7</v>", parts[sheet])
    (tmp_path / "book").write_bytes(zipped(parts))
    (found,) = documents(add(empty_lab, tmp_path / "book"))
    assert found.text.endswith("Words\t7")


def changed(part: str, data: bytes) -> bytes:
    whole = zipfile.ZipFile(io.BytesIO(workbook({"A": [["Words."]]})))
    return zipped({name: data if name == part else whole.read(name) for name in whole.namelist()})


CELL = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
FAR = CELL.format('<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>Far</t></is></c></row>')
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + CELL.format("<row><c><v>&b;</v></c></row>")


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}), {"broken_file"}),
        (changed("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>"), {"broken_file"}),
        (
            changed("xl/worksheets/sheet1.xml", b"<a>" * 100_000),
            {"broken_file", "too_big", "nested_too_deep"},
        ),
        (changed("xl/worksheets/sheet1.xml", LAUGHS.encode()), {"no_text", "broken_file"}),
        (workbook({"A": []}), {"no_text"}),
    ],
)
def test_an_empty_cut_or_hostile_workbook_is_left_out_by_reason(
    empty_lab: Lab, tmp_path: Path, data: bytes, reasons: set[str]
) -> None:
    (tmp_path / "all.zip").write_bytes(zipped({"a.xlsx": data, "b.txt": "Words."}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [document.text for document in documents(made)] == ["Words."]
    assert set(made.stats["left_out"]) <= reasons
    assert made.stats["left_out"]


@pytest.mark.slow
def test_a_sheet_that_unpacks_too_far_is_left_out(empty_lab: Lab, tmp_path: Path) -> None:
    data = changed("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * (300 << 20))
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(GlaswerkError, match=r"broken_file 1|too_big 1"):
        add(empty_lab, tmp_path / "a.xlsx")


def test_a_cell_in_the_last_place_of_a_sheet_costs_no_more_than_its_words(
    empty_lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "book").write_bytes(changed("xl/worksheets/sheet1.xml", FAR.encode()))
    (found,) = documents(add(empty_lab, tmp_path / "book"))
    assert found.text.strip().endswith("Far")
