"""Hidden and deleted text of RTF is not read; what only looks like the control word is."""

from __future__ import annotations

from pathlib import Path

import pytest
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (r"{\rtf1\ansi Seen{\v  secret} here.}", "Seen here."),
        (r"{\rtf1 Seen\v  secret\v0  here.}", "Seen here."),
        (r"{\rtf1 Seen\v1  se{\b cr}et\plain  here.}", "Seen here."),
        (r"{\rtf1 Seen{\v\fs20 a\par b\tab c\u8364?\'e4\{ \}} here.}", "Seen here."),
        (r"{\rtf1 Seen{\deleted  gone} here\deleted  gone\plain  gone\deleted0 .}", "Seen here."),
        (r"{\rtf1{\v {\*\generator x;}a}Seen here.{\v b}}", "Seen here."),
        (r"{\rtf1{\pict\bin3 }{v}Seen{\v x} here.}", "Seen here."),
        (r"{\rtf1\viewkind4\vern5 Seen \{\\v here\}.}", r"Seen {\v here}."),
        (r"{\rtf1\ansi\ansicpg1252 {\v x}M\'fchle}", "Mühle"),
    ],
)
def test_what_a_reader_does_not_see_is_left_out(
    empty_lab: Lab, tmp_path: Path, source: str, words: str
) -> None:
    (tmp_path / "a.rtf").write_bytes(source.encode("ascii"))
    (found,) = documents(add(empty_lab, tmp_path / "a.rtf"))
    assert found.text == words


@pytest.mark.parametrize("end", [r"\v all", r"{\v all", r"\v all\bin99999999", "\\v \\", r"}}}}\v all"])
def test_a_file_that_is_hidden_or_cut_has_no_text(empty_lab: Lab, tmp_path: Path, end: str) -> None:
    (tmp_path / "a.rtf").write_bytes(rb"{\rtf1 " + end.encode())
    with pytest.raises(GlaswerkError, match="no_text 1"):
        add(empty_lab, tmp_path / "a.rtf")
