# ruff: noqa: E501 (pages and mails have long lines)
"""What readers leave out is counted under its name, and what is no document is said to be none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_docs import zipped

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_docs
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

ARTICLE = {"headline": "Mill", "body": "Flour is sold at the mill."}
INDEX = "<html><body><h1>Files</h1>" + "".join(f"<a href='{n}.html'>Part {n}</a> " for n in range(20)) + "</body></html>"  # fmt: skip


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"posts": [ARTICLE, ARTICLE]}, ".posts"),
        ({"meta": {"n": 2}, "result": {"items": [ARTICLE]}}, ".result.items"),
        ({"tags": ["a"], "my articles": [ARTICLE]}, '."my articles"'),
        ({"title": "All", "few": [ARTICLE], "many": [ARTICLE] * 3}, ".many"),
    ],
)
def test_documents_under_a_key_are_named_with_the_command_that_reads_them(
    empty_lab: Lab, tmp_path: Path, value: dict[str, Any], path: str
) -> None:
    file = tmp_path / "in" / "a.json"
    file.parent.mkdir()
    file.write_text(json.dumps(value, indent=1))
    with pytest.raises(GlaswerkError, match="lists of objects") as caught:
        add_docs(empty_lab, [file], licence="own")
    assert f"'{path}[]'" in str(caught.value.hint)
    (tmp_path / "in" / "note.md").write_text("Flour.")
    made = add_docs(empty_lab, [tmp_path / "in"], licence="own")
    assert made.stats["left_out"] == {"list_under_key": 1}


@pytest.mark.parametrize(
    "value", [{**ARTICLE, "comments": [ARTICLE]}, {"text": "Flour.", "parts": [{"text": "x"}]}]
)
def test_an_object_with_a_text_of_its_own_is_a_document(
    empty_lab: Lab, tmp_path: Path, value: dict[str, Any]
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(value, indent=1))
    assert add_docs(empty_lab, [tmp_path / "a.json"], licence="own").stats["documents"] == 1


@pytest.mark.parametrize(
    "name", ["Takeout/archive_browser.html", "start_here.html", "Your archive.html", "a/index.html"]
)
def test_the_start_page_of_an_export_is_navigation(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    page = INDEX if name.endswith("index.html") else "<html><body><p>Your data in Takeout.</p></body></html>"
    (tmp_path / "takeout.zip").write_bytes(zipped({name: page, "note.md": "Flour is sold at the mill."}))
    made = add_docs(empty_lab, [tmp_path / "takeout.zip"], licence="own")
    assert [d.text for d in documents(made)] == ["Flour is sold at the mill."]
    assert made.stats["left_out"] == {"navigation": 1}


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("index.html", "<html><body><p>Flour is sold at the mill, see <a href=a>the list</a> of prices.</p></body></html>"),
        ("links.html", INDEX),
        ("index.html", "<html><body><a href=a>One link alone</a></body></html>".replace("One link alone", "Home")),
    ],
)  # fmt: skip
def test_other_pages_are_documents(empty_lab: Lab, tmp_path: Path, name: str, page: str) -> None:
    (tmp_path / name).write_text(page)
    assert add_docs(empty_lab, [tmp_path / name], licence="own").stats["documents"] == 1


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Привет, мельница. Сколько стоит мука сегодня?", "cp1251"),
        ("Grüße aus der Mühle, schöne Grüße", "cp1252"),
        ("製粉所の言葉です。今日は天気がよいです", "shift_jis"),
        ("磨坊的话语，今天天气很好，我们去磨坊", "gb18030"),
    ],
)
def test_the_hint_for_undecodable_text_names_the_encoding_that_it_looks_like(
    empty_lab: Lab, tmp_path: Path, text: str, encoding: str
) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    with pytest.raises(GlaswerkError) as caught:
        add_docs(empty_lab, [tmp_path / "a.txt"], licence="own")
    assert f"--encoding {encoding}" in str(caught.value.hint)
    made = add_docs(empty_lab, [tmp_path / "a.txt"], licence="own", encoding=encoding)
    assert [d.text for d in documents(made)] == [text]


def test_a_mail_attached_to_a_mail_is_counted(empty_lab: Lab, tmp_path: Path) -> None:
    inner = "From: Bo <b@b.example>\nSubject: Old\n\nThe inner words.\n"
    (tmp_path / "a.eml").write_text(
        "From: Ada <a@a.example>\nSubject: Fwd\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\nSee below.\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
    )
    made = add_docs(empty_lab, [tmp_path / "a.eml"], licence="own")
    assert [d.text for d in documents(made)] == ["Fwd\n\nSee below."]
    assert made.stats["left_out"] == {"attached_mail": 1}


def test_tables_of_a_wiki_are_counted(empty_lab: Lab, tmp_path: Path) -> None:
    text = "Words of the mill.\n{| class=a\n| b\n{|\n| c\n|}\n|}\nMore words. <nowiki>{|</nowiki>"
    page = f"<page><title>Mill</title><ns>0</ns><id>1</id><revision><text>{text.replace('<', '&lt;')}</text></revision></page>"
    (tmp_path / "a.xml").write_text(f"<mediawiki>{page}</mediawiki>")
    made = add_docs(empty_lab, [tmp_path / "a.xml"], licence="own")
    assert made.stats["documents"] == 1
    assert made.stats["left_out"] == {"wiki_table": 2}


LISTING = "grind(50%) # \\x {y"


@pytest.mark.parametrize(
    ("begin", "name"),
    [
        ("\\begin{verbatim}", "verbatim"),
        ("\\begin{Verbatim}", "Verbatim"),
        ("\\begin{lstlisting}[language=C]", "lstlisting"),
        ("\\begin{minted}[a]{c}", "minted"),
        ("\\begin{minted}{c}", "minted"),
    ],
)
def test_listings_in_latex_are_read_as_they_are_written(
    empty_lab: Lab, tmp_path: Path, begin: str, name: str
) -> None:
    body = f"Before. % \\begin{{verbatim}}\n{begin}\n{LISTING}\n\\end{{{name}}}\nUse \\verb|a_b{{|."
    start = "\\documentclass{article}\n\\begin{document}\n"
    (tmp_path / "a.tex").write_text(f"{start}{body}\n\\end{{document}}\n")
    found = documents(add_docs(empty_lab, [tmp_path / "a.tex"], licence="own"))
    assert found[0].text.split("\n\n") == ["Before.", LISTING, "Use a_b{."]
