"""Subtitles give their words, without times, tags and lines that roll."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.markup.subtitles import subtitle_text
from glaswerk.lab import Lab

SRT = (
    "1\r\n00:00:01,000 --> 00:00:03,000\r\nThe mill turns.\r\n\r\n"
    "2\r\n00:00:03,500 --> 00:00:05,000 X1:1\r\n<i>And the river</i>\r\n{\\an8}runs &amp; runs.\r\n"
)
VTT = (
    "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE not spoken\n\n"
    "intro\n00:01.000 --> 00:02.000 align:start\n<v Ada>The <00:01.500><c.loud>mill</c></v>\n\n"
    "00:02.000 --> 00:03.000\nThe mill turns.\n\n00:03.000 --> 00:04.000\nThe mill turns.\nAt 3 < 4.\n"
)


def test_a_subrip_file_is_one_document(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "film").write_text(SRT)
    (found,) = documents(add(empty_lab, tmp_path / "film"))
    assert found.text == "The mill turns.\nAnd the river\nruns & runs."


def test_notes_styles_and_rolling_lines_of_webvtt_go_and_speakers_stay() -> None:
    assert subtitle_text(VTT) == "Ada: The mill\nThe mill turns.\nAt 3 < 4."


@pytest.mark.parametrize("text", ["", "WEBVTT\n", "1\n00:00:01,000 --> 00:00:03,000\n"])
def test_a_file_without_words_has_no_text(text: str) -> None:
    assert subtitle_text(text) == ""


def test_a_cut_file_gives_its_words_so_far() -> None:
    assert subtitle_text(SRT[:70]) == "The mill turns."


def test_an_old_encoding_has_to_be_said(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_bytes("1\n00:00:01,000 --> 00:00:03,000\nMühle\n".encode("latin-1"))
    with pytest.raises(GlaswerkError, match="0xfc"):
        add(empty_lab, tmp_path / "a.srt")
    (found,) = documents(add(empty_lab, tmp_path / "a.srt", encoding="latin-1"))
    assert found.text == "Mühle"


@given(st.text(alphabet=st.sampled_from("0123:,.-><i/{\\an\n \r&;v"), max_size=300))
def test_no_times_come_through_from_any_text(text: str) -> None:
    assert "\r" not in subtitle_text(text)
