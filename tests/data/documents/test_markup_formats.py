"""Markup is told by its first bytes; text for programs never comes in as prose."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import add, documents, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.formats import ReadOptions, format_of
from glaswerk.data.documents.markup_formats import foreign_kind, markup_format
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.store.reasons import REASONS
from glaswerk.lab import Lab

CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Miller\r\nTEL:+49 30 1234567\r\nEND:VCARD\r\n"
FOREIGN = {
    "contact_card": [
        CARD,
        b"\n begin:vcard\nFN:Ada\n",
        b"version: 1\n\ndn: cn=Ada,o=Mill\ncn: Ada\n",
        b"dn:: QWRh\n",
    ],
    "calendar": [b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", b"BEGIN:VEVENT\nSUMMARY:Fair\n"],
    "other_xml": [
        b'<?xml version="1.0"?><!-- a --><svg/>',
        b'<svg width="9" height="9"><text>Mill</text></svg>',
        b'<?xml version="1.0"?>\n<gpx version="1.1" creator="x">',
        b'<opml xmlns="x"><body/></opml>',
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "]">]><a>&b;</a>',
        b"<?xml version='1.0'?>",
    ],
    "program_text": [
        b"%!PS-Adobe-3.0\n",
        b"diff --git a/mill b/mill\n",
        b"--- a/mill\n+++ b/mill\n@@ -1 +1 @@\n",
        b"-----BEGIN RSA PRIVATE KEY-----\nMII",
        b"@article{mill2019,\n  title = {Mill}\n}",
        b"#EXTM3U\nmill.mp3\n",
        b"-- MySQL dump 10.13\n--\n\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `mill`;\n",
        b"[Script Info]\nTitle: Mill\n",
        b"begin 644 mill.png\nM",
    ],
}
PROSE = [
    b"The mill turns.",
    b"--- a rule\n\nThe mill.",
    b"Beginning: the mill.",
    b"@ada wrote {this}, and more",
    b"%percent of all mills",
    b"<3 the mill",
    b"< a b",
    b"[Script] of the mill",
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThe mill.",
    b"dn: the mill",
    b"begin 1 of the mill",
    b"00:00 --> the mill",
    b"\\section of the mill",
]


@pytest.mark.parametrize(
    ("reason", "data"), [(r, data) for r, samples in FOREIGN.items() for data in samples]
)
def test_text_for_programs_is_counted_by_its_kind(reason: str, data: bytes) -> None:
    kind = foreign_kind(data, "file")
    assert kind is not None
    assert kind[1] == reason
    assert reason in REASONS
    assert markup_format(data, "file") == ""


@pytest.mark.parametrize("data", PROSE)
def test_prose_that_begins_like_markup_stays_prose(data: bytes) -> None:
    assert (foreign_kind(data, "file"), markup_format(data, "file")) == (None, "")


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"{\\rtf1\\ansi", "a", "rtf"),
        (b"<mediawiki xmlns='x'>", "a", "mediawiki"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<rss version='2.0'>", "a", "feed"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'>", "a", "feed"),
        (b"<?xml version='1.0'?><rdf:RDF xmlns='http://purl.org/rss/1.0/'>", "a", "feed"),
        (b"WEBVTT\n\n", "a", "subtitles"),
        (b"\n1\r\n00:00:01,000 --> 00:00:03,000\r\nMill", "a", "subtitles"),
        (b"0:01.500 --> 0:02.000\nMill", "a", "subtitles"),
        (b"% a comment\n\n\\documentclass[a4]{article}", "a", "latex"),
        (b"Words \\section{Mill}", "a.tex", "latex"),
        (b'{"cells": [{"cell_type": "markdown"}]}', "a", "notebook"),
        (b'{\n "cells": []', "a.ipynb", "notebook"),
        (b'{"cells": [{"cell_type": "x"}]}', "a.jsonl", ""),
        (b'{"cells": 3, "text": "x"}', "a", ""),
        (b'{"builder_name": "text", "citation": ""}', "set/dataset_info.json", "data_set_info"),
        (b'{"text": "x"}', "set/state.json", ""),
        (b"<!-- x --><div class='a'>Mill</div>", "a", "html"),
        (b"<div align='center'>Mill</div>", "a.md", ""),
        (b"<?xml-stylesheet a?><html xmlns='x'>", "a", "html"),
    ],
)
def test_markup_that_is_read_is_told_by_its_beginning(data: bytes, name: str, expected: str) -> None:
    assert markup_format(data, name) == expected


def test_a_plain_text_may_begin_like_a_program_but_not_like_a_contact() -> None:
    assert foreign_kind(b"@book{mill,\n", "notes.txt") is None
    assert foreign_kind(CARD, "notes.txt") is not None


def test_foreign_files_are_counted_in_folders_and_refused_by_name(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "notes").write_text("Words.")
    (folder / "wide").write_bytes(("\ufeff" + CARD.decode()).encode("utf-16-le"))
    (folder / "all.zip").write_bytes(
        zipped({"a.ics": FOREIGN["calendar"][0], "b.svg": FOREIGN["other_xml"][1]})
    )
    made = add(empty_lab, folder)
    assert [document.text for document in documents(made)] == ["Words."]
    assert made.stats["left_out"] == {"contact_card": 1, "calendar": 1, "other_xml": 1}
    (tmp_path / "ada.vcf").write_bytes(CARD)
    with pytest.raises(GlaswerkError, match="found a contact card") as caught:
        add(empty_lab, tmp_path / "ada.vcf")
    assert caught.value.hint == "glaswerk explain contact_card"


@given(st.binary(max_size=200), st.sampled_from(["", "a.xml", "a.tex", "a.ipynb"]))
def test_detection_answers_for_any_bytes(data: bytes, name: str) -> None:
    stored = StoredFile(name, io.BufferedReader(io.BytesIO(data)), data)  # type: ignore[type-var]
    assert isinstance(format_of(stored, ReadOptions()), str)


@pytest.mark.parametrize(
    "piece", [b"<", b"<?x ", b"<!DOCTYPE a", b"<!-- -->", b"% x\n", b"\\def x\n", b"-- x\n", b"{"]
)
def test_detection_takes_no_longer_than_the_length_of_its_input(piece: bytes) -> None:
    """The suite's time limit is the measure: a search in quadratic time takes minutes."""
    hostile = piece * ((1 << 16) // len(piece)) + b"x"
    assert foreign_kind(hostile, "a.xml") is None or markup_format(hostile, "a.xml") == ""
