"""Mail: what the sender wrote, one private document a message."""

from __future__ import annotations

from collections import Counter
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import add, documents, mutated

from glaswerk.data.documents.mail import own_words, read_mbox
from glaswerk.lab import Lab

FIRST = b"""From hazel@mill.example Wed May  1 10:00:00 2024
From: =?utf-8?q?Hazel_H=C3=A4rt?= <hazel@mill.example>
To: otis@mill.example
Subject: The weir
Date: Wed, 1 May 2024 12:00:00 +0200
Message-ID: <1@mill.example>
Content-Type: text/plain; charset=iso-8859-1

The weir is f\xfcll.

>From here on it gets wet.
--\x20
Hazel, Mill Lane 4
"""
SECOND = b"""From otis@mill.example Wed May  1 11:00:00 2024
From: otis@mill.example
Subject: Re: The weir
Date: Wed, 1 May 2024 13:00:00 +0200
Message-ID: <2@mill.example>
In-Reply-To: <1@mill.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/html; charset=utf-8

<p>HTML part</p>
--x
Content-Type: text/plain; charset=utf-8

I will come.

On Wed, 1 May 2024, Hazel
<hazel@mill.example> wrote:
> The weir is full.
>> older

Bring boots.
--x--
"""
HTML = b"""From: a@mill.example
Date: Wed, 1 May 2024 13:00:00 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/html; charset=utf-8

<p>Only <b>HTML</b> here.</p><blockquote><p>What you said.</p></blockquote>
--x
Content-Type: text/plain; name="notes.txt"
Content-Disposition: attachment; filename="notes.txt"

An attachment.
--x--
"""


def test_a_mailbox_gives_a_private_document_a_message(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "inbox").write_bytes(FIRST + b"\n" + SECOND)
    first, second = documents(add(empty_lab, tmp_path / "inbox"))
    assert first.text == "The weir is füll.\n\nFrom here on it gets wet."
    assert (first.id, first.author, first.kind) == ("docs:1@mill.example", "Hazel Härt", "page")
    assert str(first.created_at) == "2024-05-01 10:00:00+00:00"
    assert second.text == "I will come.\n\nBring boots."
    assert (second.author, second.reply_to) == ("otis@mill.example", first.id)
    assert {first.rights.audience, second.rights.audience} == {"private"}


def test_the_html_part_stands_in_where_there_is_no_plain_one(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(HTML)
    assert [d.text for d in documents(add(empty_lab, tmp_path / "a.eml"))] == ["Only HTML here."]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Yes.\n\n-----Original Message-----\nFrom: A\nold", "Yes."),
        ("Ja.\n\nAm 1. Mai 2024 schrieb Hazel:\n> alt\n> älter", "Ja."),
        ("Words\n--\nnot a signature in RFC 3676, but common", "Words"),
        ("a > b is no quote\nas it is in the line", "a > b is no quote\nas it is in the line"),
        ("> quoted\nA list follows:\n\n- one", "A list follows:\n\n- one"),
        ("See:\n\n> quoted", ""),
    ],
)
def test_history_and_signatures_go(text: str, own: str) -> None:
    assert own_words(text) == own


def test_what_is_no_message_of_ones_own_is_counted() -> None:
    counts: Counter[str] = Counter()
    empty = b"From a@b.example Wed May  1 10:00:00 2024\nFrom: a\nDate: x\n\n> only quoted\n\n"
    wrong = b"From a@b.example Wed May  1 10:00:00 2024\nFrom: a\nDate: x\n\nGr\xfc\xdfe\n"
    assert list(read_mbox(BufferedReader(BytesIO(empty + wrong)), counts)) == []
    assert counts == {"no_text": 1, "unknown_encoding": 1}


@settings(max_examples=200)
@given(st.data())
def test_no_bytes_raise_anything(data: st.DataObject) -> None:
    whole = mutated(data, FIRST + b"\n" + SECOND + b"\nFrom x Wed May  1 11:00:00 2024\n" + HTML)
    for _, row in read_mbox(BufferedReader(BytesIO(whole)), Counter()):
        assert row["text"]


def test_a_subject_that_cannot_be_decoded_is_counted(empty_lab: Lab, tmp_path: Path) -> None:
    for name, subject in (("a.eml", "=?utf-8?b?a?="), ("b.eml", "Weir")):
        (tmp_path / name).write_text(f"From: a@b.example\nSubject: {subject}\n\nWords.\n")
    made = add(empty_lab, tmp_path / "a.eml", tmp_path / "b.eml")
    assert made.stats["left_out"] == {"broken_record": 1}
