"""What spreadsheets save as text (tabs, often UTF-16) is a table; prose with tabs is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from x_docs import add, documents

from glaswerk.data.documents.csv_rows import is_tabbed
from glaswerk.lab import Lab

TABLE = 'Id\tAuthor\tText\r\n1\tAda\t"Die Mühle\ndreht, sagt ""sie""."\r\n2\tBo\tNoch.\r\n'


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a"])
def test_rows_keep_their_authors_whatever_the_encoding(
    empty_lab: Lab, tmp_path: Path, encoding: str, name: str
) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    (tmp_path / name).write_bytes((mark + TABLE).encode(encoding))
    found = {document.id: document for document in documents(add(empty_lab, tmp_path / name))}
    assert [found[f"docs:{n}"].author for n in "12"] == ["Ada", "Bo"]
    assert found["docs:1"].text == 'Die Mühle\ndreht, sagt "sie".'


@pytest.mark.parametrize(
    "text",
    [
        "Text\tand more\n\nA paragraph below.\n",
        "Text, author\nA line, with a comma\n",
        "Chapter\t1\nIt turns.\n",
        "text\tauthor",
        "Words.\n",
        "",
    ],
)
def test_prose_with_tabs_is_one_text(empty_lab: Lab, tmp_path: Path, text: str) -> None:
    assert not is_tabbed(text.encode())
    if text:
        (tmp_path / "a.txt").write_text(text)
        assert [document.text for document in documents(add(empty_lab, tmp_path / "a.txt"))] == [text]
