"""Chats of WhatsApp from Android and iOS, with dates of many places; what is none of them is left alone."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime

import pytest

from glaswerk.data.messages.message import ExportedMessage
from glaswerk.data.messages.whatsapp import is_whatsapp, read_whatsapp

AFTERNOON = datetime(2019, 3, 12, 17, 5, tzinfo=UTC)


def read(text: str) -> tuple[list[ExportedMessage], Counter[str]]:
    left_out: Counter[str] = Counter()
    return list(read_whatsapp(io.BytesIO(text.encode()), "chat", left_out)), left_out


@pytest.mark.parametrize(
    "begin",
    [
        "[12.03.19, 17:05:00] ",
        "\u200e[12.03.2019, 17:05:00] ",
        "[3/12/19, 5:05:00\u202fPM] ",
        "[12/03/2019, 17:05:00] ",
        "[2019-03-12, 17:05:00] ",
        "12.03.19, 17:05 - ",
        "12/03/2019, 17:05 - ",
        "3/12/19, 5:05 PM - ",
        "12/03/2019 17:05 - ",
        "12/3/19, 5:05 p. m. - ",
        "12.3.2019 klo 17.05 - ",
        "12/03/2019 à 17:05 - ",
        "2019/03/12 17:05 - ",
        "2019. 3. 12. 오후 5:05, ",
        "12-03-2019 17:05 - ",
        "12.03.2019 г., 17:05 - ",
        "12/3/19, 5:05 μ.μ. - ",
        "12/3/19, 5:05 PTG - ",
        "12.3.19, 5:05 e pasdites - ",
        "12\u200f/3\u200f/2019، 5:05 م - ",
        "[\u200f12\u200f/3\u200f/2019 5:05:00 م] ",
        "2019年3月12日 17:05 - ",
        "12/3/2562 17:05 - ",
        "12/3/62 17:05 - ",
    ],
)
def test_the_dates_of_every_place_are_read(begin: str) -> None:
    # A message of the 28th shows which number is the day.
    later = begin.replace("12", "28", 1) if "3/12/19, 5:05\u202f" not in begin else begin
    later = begin.replace("3/12", "3/28") if "M" in begin else later
    found, _ = read(f"{begin}Ada Miller: First\nand second line.\n{later}Bo Baker: Last.\n")
    assert [(m.author, m.text) for m in found] == [
        ("Ada Miller", "First\nand second line."),
        ("Bo Baker", "Last."),
    ]
    assert found[0].created_at == AFTERNOON


def test_dates_without_a_number_over_twelve_are_read_so_that_time_goes_forward() -> None:
    lines = "3/2/19, 9:00 AM - Ada: a\n3/5/19, 9:00 AM - Ada: b\n4/1/19, 9:00 AM - Ada: c\n"
    found, _ = read(lines)
    assert [m.created_at and (m.created_at.month, m.created_at.day) for m in found] == [
        (3, 2),
        (3, 5),
        (4, 1),
    ]
    found, _ = read(lines.replace("/", "."))
    assert [m.created_at and (m.created_at.month, m.created_at.day) for m in found] == [
        (2, 3),
        (5, 3),
        (1, 4),
    ]


@pytest.mark.parametrize(
    "rest",
    [
        "Messages and calls are end-to-end encrypted.",
        'Ada created group "Mill"',
        'Ada changed the subject to "Re: the mill"',
        "Ada: \u200eimage omitted",
        "Ada: <Media omitted>",
        "Ada: IMG-2019.jpg (file attached)",
        "Ada: ",
    ],
)
def test_what_the_program_wrote_is_counted_and_no_message(rest: str) -> None:
    found, left_out = read(f"12.03.19, 12:00 - {rest}\n12.03.19, 12:01 - Ada: Words.\n")
    assert [m.text for m in found] == ["Words."]
    assert left_out == {"system_message": 1}


@pytest.mark.parametrize(
    "text",
    [
        "Minutes\n12.03.2019, 10:00 - Opening\n12.03.2019, 11:00 - Budget: accepted\n12.03.2019, 12:00 - End",
        "[12.03.19, 12:00:01] started server\n[12.03.19, 12:00:02] stopped server\n",
        "Dear diary, 12.03.19, 12:00 - Ada: hello\n",
        "",
        "12.03.19\n",
    ],
)
def test_minutes_logs_and_diaries_are_no_chats(text: str) -> None:
    assert not is_whatsapp(text.encode(), "notes.txt")


def test_a_chat_under_another_name_is_recognised() -> None:
    lines = "".join(
        f"12.03.19, 12:0{n} - {name}: Words {n}.\n" for n, name in enumerate(("Ada", "Bo", "Ada", "Bo"))
    )
    assert is_whatsapp(lines.encode(), "friends.txt")


def test_impossible_dates_are_unknown_and_nothing_is_lost() -> None:
    found, _ = read("99.99.99, 99:99 - Ada: Words.\n")
    assert [(m.text, m.created_at) for m in found] == [("Words.", None)]


@pytest.mark.parametrize(
    "begin", ["2019/3/{} 下午5:05 - ", "[2019/3/{} 下午5:05:00] ", "2019년 3월 {}일 오후 5:05, "]
)
def test_chinese_and_korean_halves_of_the_day_are_read(begin: str) -> None:
    found, _ = read(f"{begin.format(12)}Ada: First\n{begin.format(28)}Bo: Last\n")
    assert [m.author for m in found] == ["Ada", "Bo"]
    assert found[0].created_at == AFTERNOON


def test_numbers_of_arabic_are_read_and_the_years_of_iran_are_not_guessed() -> None:
    arabic, _ = read("١٢\u200f/٣\u200f/٢٠١٩، ٥:٠٥ م - Ada: First\n٢٨\u200f/٣\u200f/٢٠١٩، ٥:٠٥ م - Bo: Last\n")
    assert arabic[0].created_at == AFTERNOON
    persian, _ = read("۱۳۹۸/۱۲/۱۰,\u200f ۲۱:۰۵ - Ada: First\n")
    assert [(m.author, m.created_at) for m in persian] == [("Ada", None)]


def test_two_messages_of_two_people_are_a_chat_in_every_encoding() -> None:
    text = "12.03.19, 12:00 - Ada: Hello\n12.03.19, 12:01 - Bo: Hi, how are you?\n"
    assert is_whatsapp(text.encode(), "notes.txt")
    assert is_whatsapp(text.encode("utf-16"), "notes.txt")
    assert not is_whatsapp((text + "A line of the minutes.\n").encode(), "notes.txt")
