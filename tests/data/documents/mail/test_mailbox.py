"""Where one message of a mailbox ends and the next begins, in every dialect of mbox."""

from __future__ import annotations

from collections import Counter
from io import BufferedReader, BytesIO

import pytest

from glaswerk.data.documents.mail.mailbox import read_mbox

DATED = "From ada@mill.example Mon Jan  5 10:00:00 2015"


def mail(number: int, body: str, *more: str, separator: str = DATED) -> str:
    fields = ["From: Ada <ada@mill.example>", "Date: Mon, 05 Jan 2015 10:00:00 +0000", *more]
    return "\n".join([separator, *fields, f"Message-ID: <{number}@mill.example>", "", body])


def texts(mailbox: str) -> list[str]:
    counts: Counter[str] = Counter()
    found = [row["text"] for _, row in read_mbox(BufferedReader(BytesIO(mailbox.encode())), counts)]
    assert counts == {}
    return found


def counted(body: str) -> str:
    """A message that states the length of its body, as mboxcl2 does."""
    return mail(1, body, f"Content-Length: {len(body)}")


@pytest.mark.parametrize(
    ("mailbox", "expected"),
    [
        (mail(1, "One.\n\n") + mail(2, "Two.\n"), ["One.", "Two."]),
        (mail(1, "One.\n") + mail(2, "Two.\n"), ["One.", "Two."]),
        (
            mail(1, "One.\n\nFrom Monday on the office is open, as agreed in 2018\nand so on.\n\n")
            + mail(2, "Two."),
            ["One.\n\nFrom Monday on the office is open, as agreed in 2018\nand so on.", "Two."],
        ),
        (
            mail(1, "One.\n\nFrom Monday on it is as agreed in 2018\nNote: keys.\n\n") + mail(2, "Two."),
            ["One.\n\nFrom Monday on it is as agreed in 2018\nNote: keys.", "Two."],
        ),
        (
            mail(1, f"One.\n\n{DATED}\nFrom: Bo <bo@mill.example>\nSubject: old\n\nold words\n\n")
            + mail(2, "Two."),
            [f"One.\n\n{DATED}\nFrom: Bo <bo@mill.example>\nSubject: old\n\nold words", "Two."],
        ),
        (mail(1, "One.\n>From here\n>>From there\n"), ["One.\nFrom here"]),
    ],
)
def test_a_message_begins_where_a_header_follows_a_line_from(mailbox: str, expected: list[str]) -> None:
    assert texts(mailbox) == expected


@pytest.mark.parametrize(
    "separator",
    [
        f"{DATED} -0500",
        "From 1@xxx Mon Jan 05 10:00:00 +0000 2015",
        "From - Mon Jan 05 10:00:00 2015",
        "From MAILER-DAEMON Mon Jan  5 10:00:00 2015",
        "From ada@mill.example Mon, 05 Jan 2015 10:00:00 +0000",
        "From ada@mill.example  2015",
    ],
)
def test_separators_of_many_programs_are_known(separator: str) -> None:
    both = mail(1, "One.\n\n", separator=separator) + mail(2, "Two.\n", separator=separator)
    assert texts(both) == ["One.", "Two."]


def test_a_stated_length_is_believed_where_a_message_begins_after_it() -> None:
    inner = mail(9, "Words of Bo.\n")
    assert texts(counted(f"One.\n\n{inner}\n>From a quote") + "\n\n" + mail(2, "Two.\n")) == [
        f"One.\n\n{inner}".strip(),
        "Two.",
    ]
    assert texts(counted("One.\n>From here on\n") + "\n" + mail(2, "Two.\n")) == [
        "One.\nFrom here on",
        "Two.",
    ]


@pytest.mark.parametrize("length", [3, 60, 10**9])
def test_a_wrong_length_loses_nothing(length: int) -> None:
    one = mail(1, "One.\n\n", f"Content-Length: {length}")
    assert texts(one + mail(2, "Two.\n")) == ["One.", "Two."]
    assert texts(one * 8 + mail(2, "Two.\n"))[-2:] == ["One.", "Two."]
