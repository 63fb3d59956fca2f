"""Mail: what the sender wrote, one private document a message."""

from __future__ import annotations

from collections import Counter
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import add, documents, mutated

from glaswerk.data.documents.mail.mailbox import read_mbox
from glaswerk.data.documents.mail.message import read_message
from glaswerk.data.documents.mail.own_words import own_words
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
        ("Words\n-- \nAda, Mill Lane", "Words"),
        ("Words\n-- \nAda, Mill Lane\n\n> old\n\nMy answer.\n-- \nA list's footer", "Words\n\nMy answer."),
        ("One.\n--\nTwo.\n--\nThree.", "One.\n--\nTwo.\n--\nThree."),
        (f"One.\n{'_' * 30}\nTwo.", f"One.\n{'_' * 30}\nTwo."),
        (f"One.\n{'_' * 30}\nFrom: Bo\nSent: today\nold", "One."),
        (f"One.\n{'_' * 47}\nMillers mailing list\nhttps://mill.example", "One."),
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


HEAD = b"From: Ada <ada@mill.example>\nDate: Mon, 05 Jan 2015 10:00:00 +0000\nMIME-Version: 1.0\n"


def read(data: bytes) -> dict[str, Any] | str:
    """The fields of a message, or the reason why it is left out."""
    counts: Counter[str] = Counter()
    return read_message(data, counts) or next(iter(counts))


def text(data: bytes) -> str:
    row = read(HEAD + data)
    assert isinstance(row, dict), row
    return str(row["text"])


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("10:00:00 CEST", "2015-01-05T10:00:00+02:00"),
        ("10:00:00 MEZ", "2015-01-05T10:00:00+01:00"),
        ("10:00:00 PST", "2015-01-05T10:00:00-08:00"),
        ("10:00:00 JST", "2015-01-05T10:00:00+09:00"),
        ("10:00:00 +0200 (CEST)", "2015-01-05T10:00:00+02:00"),
        ("10:00:00 GMT+01:00", "2015-01-05T10:00:00+01:00"),
        ("10:00:00 -0000", "2015-01-05T10:00:00+00:00"),
        ("10:00:00", "2015-01-05T10:00:00+00:00"),
        ("10:00:00 IST", "Mon, 05 Jan 2015 10:00:00 IST"),
        ("25:00:00 CEST", "Mon, 05 Jan 2015 25:00:00 CEST"),
    ],
)
def test_named_time_zones_are_read_and_ambiguous_ones_are_not_guessed(written: str, moment: str) -> None:
    row = read(f"From: a@b.example\nDate: Mon, 05 Jan 2015 {written}\n\nWords.\n".encode())
    assert isinstance(row, dict)
    assert row["date"] == moment


@pytest.mark.parametrize(
    ("header", "author"),
    [
        ("=?utf-8?q?H=C3=A4rt=2C_Hazel?= <h@mill.example>", "Härt, Hazel"),
        ("=?utf-8?q?Hart,_Hazel?= <h@mill.example>", "Hart, Hazel"),
        ('"=?utf-8?B?SMOkcnQ=?=" <h@mill.example>', "Härt"),
        ("=?utf-8?q?H=C3?=\n\t=?utf-8?q?=A4rt?= <h@mill.example>", "Härt"),
        ("=?iso-8859-1*de?q?H=E4rt?= <h@mill.example>", "Härt"),
        ("Hazel\n\tHärt <h@mill.example>", "Hazel Härt"),
        ("h@mill.example (Hazel)", "Hazel"),
        ("h@mill.example", "h@mill.example"),
    ],
)
def test_names_of_senders_are_decoded_after_they_are_split(header: str, author: str) -> None:
    row = read(f"From: {header}\nSubject: one\n\ttwo\n\nWords.\n".encode())
    assert isinstance(row, dict)
    assert (row["author"], row["title"]) == (author, "one two")


@pytest.mark.parametrize(
    ("charset", "body", "words"),
    [
        ("utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("x-imap4-modified-utf7", b"Gr&APwA3w-e + & mehr", "Grüße + & mehr"),
        ("iso-2022-jp", "水車".encode("iso2022_jp"), "水車"),
        ("iso-2022-kr", "물방아".encode("iso2022_kr"), "물방아"),
        ("hz-gb-2312", "水车".encode("hz"), "水车"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("windows-1252", "Grüße".encode("cp1252"), "Grüße"),
    ],
)
def test_encodings_of_mail_are_decoded(charset: str, body: bytes, words: str) -> None:
    assert text(f"Content-Type: text/plain; charset={charset}\n\n".encode() + body) == words


def test_flowed_text_and_soft_line_breaks_become_whole_paragraphs() -> None:
    flowed = b"Content-Type: text/plain; format=flowed%s\n\n%s\n"
    assert text(flowed % (b"", b"One long \nparagraph.\n\n From here on\n> quoted \n> more")) == (
        "One long paragraph.\n\nFrom here on"
    )
    assert text(flowed % (b"; delsp=yes", b"One  \nlong wo \nrd  \nof text.")) == "One long word of text."
    # Programs that declare DelSp but leave one space between words mean that space.
    assert text(flowed % (b"; delsp=yes", b"One \nlong \nparagraph.")) == "One long paragraph."
    assert text(flowed % (b"; delsp=yes", "水車 \n小屋".encode())) == "水車小屋"
    assert text(flowed % (b"", b"Words. \n-- \nAda")) == "Words."
    assert text(b"Content-Transfer-Encoding: quoted-printable\n\nOne lo=\nng word=2E\n") == "One long word."


def part(kind: str, body: str, *more: str) -> str:
    return "\n".join(["--b", f"Content-Type: {kind}", *more, "", body, ""])


def whole(kind: str, *parts: str, boundary: str = "b") -> str:
    lines = [f'Content-Type: multipart/{kind}; boundary="{boundary}"', "", *parts, "--b--", ""]
    return "\n".join(lines).replace("--b", f"--{boundary}")


PICTURE = part("image/png", "iVBORw0KGgo=", "Content-Disposition: inline; filename=a.png")
INNER = "From: bo@mill.example\nSubject: old\n\nWords of Bo."


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            whole("mixed", part("text/plain", "Before."), PICTURE, part("text/plain", "After.")),
            "Before.\n\nAfter.",
        ),
        (
            whole("mixed", part("text/html", "<p>Body.</p>"), part("text/plain", "Footer.")),
            "Body.\n\nFooter.",
        ),
        (
            whole("mixed", part("text/plain", "Same words."), part("text/html", "<p>Same words.</p>")),
            "Same words.",
        ),
        (whole("alternative", part("text/plain", " "), part("text/html", "<p>Body.</p>")), "Body."),
        (whole("mixed", part("text/plain", "Mine."), part("message/rfc822", INNER)), "Mine."),
        (
            whole(
                "mixed",
                "--b\n"
                + whole("alternative", part("text/html", "<p>H</p>"), part("text/plain", "P."), boundary="c"),
                PICTURE,
                part("text/plain", "After."),
            ),
            "P.\n\nAfter.",
        ),
        (
            whole(
                "mixed",
                part("text/plain; name*=utf-8''n%C3%B6te.txt", "Attached."),
                part("text/plain", "Mine."),
            ),
            "Mine.",
        ),
        ("Content-Type: multipart/mixed\n\nWords without parts.", "Words without parts."),
    ],
)
def test_every_text_part_is_read_and_attachments_are_not(parts: str, words: str) -> None:
    assert text(parts.encode()) == words


def test_attached_files_are_counted_and_signatures_are_none() -> None:
    note = part("text/plain", "Attached.", "Content-Disposition: attachment; filename=a.txt")
    signature = part("application/pgp-signature", "x", "Content-Disposition: attachment; filename=s.asc")
    parts = (part("text/plain", "Mine."), part("message/rfc822", INNER), note, PICTURE, signature)
    counts: Counter[str] = Counter()
    row = read_message(whole("mixed", *parts).encode(), counts)
    assert row is not None
    assert row["text"] == "Mine."
    assert +counts == {"attachment": 2, "attached_mail": 1}
    plain: Counter[str] = Counter()
    read_message(b"Subject: s\n\nWords.", plain)
    assert not +plain


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (whole("mixed", part("message/rfc822", INNER)), "no_text"),
        (whole("encrypted", part("application/octet-stream", "x")), "encrypted"),
        ("Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\nWords.\n", "broken_record"),
        ("X-Gmail-Labels: Archived,=?UTF-8?Q?Spam?=\n\nWords.", "spam_or_trash"),
        ("X-Gmail-Labels: Papierkorb,Ungelesen\n\nWords.", "spam_or_trash"),
        ("X-Mozilla-Status: 0009\n\nWords.", "spam_or_trash"),
        ("X-Status: AD\n\nWords.", "spam_or_trash"),
        ("X-Spam-Flag: YES\n\nWords.", "spam_or_trash"),
    ],
)
def test_messages_without_words_of_their_owner_are_counted_by_reason(message: str, reason: str) -> None:
    assert read(HEAD + message.encode()) == reason


def test_labels_and_flags_of_kept_mail_leave_it_in() -> None:
    kept = b"X-Gmail-Labels: Inbox,Spammers club\nX-Mozilla-Status: 0001\nStatus: RO\n\nWords."
    assert text(kept) == "Words."


@pytest.mark.parametrize(
    "message",
    [
        b"a:\n" * 200_000 + b"\nWords.",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 20_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)),
        b"Subject: x\n\n" + b"a\n" * 2_100_000,
    ],
    ids=["headers", "parts", "levels", "lines"],
)
def test_a_message_that_costs_more_than_mail_does_is_counted(message: bytes) -> None:
    assert read(message) in ("too_big", "broken_record")


def test_headers_of_many_megabytes_are_cut() -> None:
    long = b"From: " + b"a <a@b.example>, " * 200_000 + b"\nContent-Type: text/plain" + b";a=b" * 500_000
    row = read(long + b"\nSubject: " + b"x" * 5_000_000 + b"\n\nWords.\n")
    assert isinstance(row, dict)
    assert (row["text"].endswith("Words."), row["author"]) == (True, "a")
