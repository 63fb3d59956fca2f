"""RTF is read by a library in a process of its own, so that no file keeps the command busy."""

from __future__ import annotations

from pathlib import Path

import pytest
from x_docs import add, documents, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}{\info{\title The M\'fchle}{\author Hazel}"
    rb"{\creatim\yr1999\mo4\dy30\hr1}}\f0 The old m\'fchle \b turns\b0 {\footnote Built in 1783.}.\par "
    rb"{\field{\*\fldinst{HYPERLINK \"https://mill.example\"}}{\fldrslt The river}} \u8364? 5.\par "
    rb"{\pict 89504e47}{\*\secret hidden}}"
)


def test_a_file_gives_its_words_with_title_author_and_date(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(RTF)
    (found,) = documents(add(empty_lab, tmp_path / "letter"))
    assert "The old mühle turns  Built in 1783." in found.text
    assert found.text.startswith("The Mühle\n\nThe old")
    assert found.text.endswith("The river € 5.")
    assert (found.author, str(found.created_at)[:10]) == ("Hazel", "1999-04-30")


def test_a_cut_file_gives_its_words_so_far(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(RTF[:180])
    (found,) = documents(add(empty_lab, tmp_path / "letter"))
    assert "The old m" in found.text


@pytest.mark.parametrize("data", [rb"{\rtf1}", rb"{\rtf", b"{\\rtf1" + b"{" * 100_000])
def test_a_file_without_words_counts_as_no_text(empty_lab: Lab, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "letter.rtf").write_bytes(data)
    with pytest.raises(GlaswerkError, match="no_text 1"):
        add(empty_lab, tmp_path / "letter.rtf")


def test_a_hostile_file_is_left_out_and_the_next_one_is_read(empty_lab: Lab, tmp_path: Path) -> None:
    hostile = rb"{\rtf1 \ansicpg99999999999 \u9999999999999 " + rb"{\field{\*\fldinst{" * 20_000
    (tmp_path / "all.zip").write_bytes(zipped({"a.rtf": hostile, "b.rtf": RTF}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [document.author for document in documents(made)] == ["Hazel"]
    assert made.stats["left_out"] == {"broken_file": 1}


LATEX = rb"""% a draft
\documentclass{article}
\title{The \emph{Mill}}\author{Hazel \and Otis}\date{1999-04-30}
\begin{document}\maketitle
\section{Old}\label{s} It turns\footnote{Since 1783.} at $x^2 + y$, 5\% of M\"uller's~\cite{a}.
\input{/etc/hostname}\begin{itemize}\item One \item Two\end{itemize}
\end{document} after
"""


def test_latex_gives_its_words_with_formulas_as_written(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "paper").write_bytes(LATEX)
    (found,) = documents(add(empty_lab, tmp_path / "paper"))
    expected = "The Mill\n\n## Old\n\nIt turns (Since 1783.) at $x^2 + y$, 5% of Müller's\xa0."
    assert found.text.startswith(expected)
    assert "* One" in found.text
    assert not any(word in found.text for word in ("draft", "after", "hostname"))
    assert (found.author, str(found.created_at)[:10]) == ("Hazel, Otis", "1999-04-30")


def test_latex_in_an_old_encoding_or_cut_off_is_read(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_bytes("\\section{Mühle} Alt \\emph{und".encode("latin-1"))
    (found,) = documents(add(empty_lab, tmp_path / "a.tex"))
    assert "## Mühle" in found.text
    assert "und" in found.text


def test_hostile_latex_is_left_out_by_reason(empty_lab: Lab, tmp_path: Path) -> None:
    deep = b"\\documentclass{a}\\begin{document}" + b"{" * 100_000
    empty = b"\\documentclass{a}\\begin{document}\\end{document}"
    (tmp_path / "all.zip").write_bytes(zipped({"a.tex": deep, "b.tex": empty, "c.txt": "Words."}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [document.text for document in documents(made)] == ["Words."]
    assert made.stats["left_out"] == {"nested_too_deep": 1, "no_text": 1}
