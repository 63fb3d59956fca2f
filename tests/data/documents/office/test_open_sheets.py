# ruff: noqa: E501 (rows and markup are one line each)
"""Sheets of OpenDocument: a table of texts gives rows with authors, and repeated rows and cells end somewhere."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from x_docs import add, documents, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

META = (
    "<office:document-meta><office:meta><dc:title>Mills</dc:title>"
    "<meta:initial-creator>Hazel</meta:initial-creator></office:meta></office:document-meta>"
)


def row(*cells: str, times: str = "1") -> str:
    inner = "".join(
        f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" if cell else "<table:table-cell/>"
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{inner}</table:table-row>'


def table(name: str, *rows: str, style: str = "seen") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}</table:table>'


def ods(*tables: str) -> bytes:
    hidden = (
        '<style:style style:name="no" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style>"
    )
    body = f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content>{hidden}{body}</office:document-content>",
            "meta.xml": META,
        }
    )


def read(lab: Lab, folder: Path, *tables: str) -> dict[str, tuple[str, str]]:
    (folder / "a.ods").write_bytes(ods(*tables))
    return {
        d.id.removeprefix("docs:a.ods/"): (d.author, d.text) for d in documents(add(lab, folder / "a.ods"))
    }


HEADER = row("Author", "Text", "Date")


def test_a_table_with_a_column_of_text_gives_rows_with_their_authors(empty_lab: Lab, tmp_path: Path) -> None:
    date = '<table:table-cell office:date-value="2019-03-12"><text:p>12. März</text:p></table:table-cell>'
    first = row("Otis", "It turns.").replace("</table:table-row>", date + "</table:table-row>")
    (tmp_path / "a.ods").write_bytes(ods(table("Old", HEADER, first, row("", "Still."))))
    one, two = documents(add(empty_lab, tmp_path / "a.ods"))
    assert (one.id, one.author, one.text) == ("docs:a.ods/Old#2", "Otis", "It turns.")
    assert str(one.created_at)[:10] == "2019-03-12"
    assert (two.author, two.created_at) == ("", None)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((HEADER, row("Ada", "Ha.", times="3")), {f"A#{n}": ("Ada", "Ha.") for n in (2, 3, 4)}),
        ((HEADER, row(times="1000000"), row("Ada", "Ha.")), {"A#1000002": ("Ada", "Ha.")}),
        ((HEADER, row("Ada", "Ha."), row("", "", times="1048574")), {"A#2": ("Ada", "Ha.")}),
        ((row("ha").replace("cell>", 'cell table:number-columns-repeated="3">', 1),), {"A": ("Hazel", "A\n\nha\tha\tha")}),
        (
            (row("", "It turns").replace("cell/>", 'cell table:number-columns-repeated="9999999999"/>'),),
            {"A": ("Hazel", "A\n\n\tIt turns")},
        ),
    ],
)  # fmt: skip
def test_repeated_rows_and_cells_stand_as_often_as_they_say(
    empty_lab: Lab, tmp_path: Path, rows: tuple[str, ...], expected: dict[str, tuple[str, str]]
) -> None:
    assert read(empty_lab, tmp_path, table("A", *rows)) == expected


@pytest.mark.parametrize(
    "rows",
    [
        (row("x", times="99999999"),),
        (row("x" * 1000, times="1000000"),),
        tuple(
            row("x").replace("cell>", 'cell table:number-columns-repeated="16384">', 1) for _ in range(300)
        ),
        (row("", "x", times="1000").replace("cell/>", 'cell table:number-columns-repeated="16384"/>'),),
    ],
)
def test_cells_that_are_repeated_without_end_are_a_bomb(
    empty_lab: Lab, tmp_path: Path, rows: tuple[str, ...]
) -> None:
    (tmp_path / "a.ods").write_bytes(ods(table("A", *rows)))
    with pytest.raises(GlaswerkError, match="bomb 1"):
        add(empty_lab, tmp_path / "a.ods")


def test_hidden_sheets_are_counted_and_boxes_beside_the_cells_are_read(
    empty_lab: Lab, tmp_path: Path
) -> None:
    box = "<table:shapes><draw:frame><text:p>In a box.</text:p></draw:frame></table:shapes>"
    note = row("Seen.").replace(
        "<text:p>", "<office:annotation><text:p>remark</text:p></office:annotation><text:p>"
    )
    (tmp_path / "a.ods").write_bytes(ods(table("A", box, note), table("B", row("Secret."), style="no")))
    made = add(empty_lab, tmp_path / "a.ods")
    assert [document.text for document in documents(made)] == ["A\n\nSeen.\nIn a box."]
    assert made.stats["left_out"] == {"hidden_sheet": 1}


@pytest.mark.parametrize("ending", ["ods", "xlsx"])
def test_a_heading_above_the_names_of_the_columns_is_a_document_of_its_own(
    empty_lab: Lab, tmp_path: Path, ending: str
) -> None:
    rows = [["Survey of 2019"], ["Autor", "Text"], ["Otis", "It turns."]]
    path = tmp_path / f"a.{ending}"
    if ending == "ods":
        path.write_bytes(ods(table("Old", *(row(*cells) for cells in rows))))
    else:
        book = openpyxl.Workbook()
        book.active.title = "Old"
        for cells in rows:
            book.active.append(cells)
        book.save(path)
    found = {document.id: document for document in documents(add(empty_lab, path))}
    assert found[f"docs:a.{ending}/Old#3"].author == "Otis"
    assert found[f"docs:a.{ending}/Old"].text == "Old\n\nSurvey of 2019"
    assert len(found) == 2


def test_the_column_that_the_user_names_is_the_text_of_a_sheet(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.ods").write_bytes(ods(table("A", row("Stars", "Review"), row("3", "Good mill."))))
    (found,) = documents(add(empty_lab, tmp_path / "a.ods", text_column="review"))
    assert found.text == "Good mill."
    with pytest.raises(GlaswerkError, match="stars, review"):
        add(empty_lab, tmp_path / "a.ods", text_column="nothing")
