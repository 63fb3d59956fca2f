# ruff: noqa: E501 (lines of chats)
"""Chats that programs save or copy as text are private messages with writers and times; other texts are not."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.detect import app_of
from glaswerk.data.messages.readers import read_app
from glaswerk.data.messages.transcripts import transcript_of

LINE = (
    "[LINE] Chat history with Taro\nSaved on: 2020/03/14 10:00\n\n2020/03/13(Fri)\n"
    "21:05\tTaro\tHello\nthere\n21:06\tHana\tHi\n2020/03/14(Sat)\n09:00\tTaro\tMorning\n"
)
KAKAO = (
    "철수 님과 카카오톡 대화\n저장한 날짜 : 2020-03-14 10:00:00\n\n"
    "--------------- 2020년 3월 13일 금요일 ---------------\n"
    "[Taro] [오후 9:05] Hello\nthere\n[Hana] [오후 9:06] Hi\n"
    "--------------- 2020년 3월 14일 토요일 ---------------\n[Taro] [오전 9:00] Morning\n"
)
WECHAT = "2020-03-13 21:05:00 Taro\nHello\nthere\n\n2020-03-13 21:06:00 Hana\nHi\n\n2020-03-14 09:00:00 Taro\nMorning\n"
TELEGRAM = "Taro, [13.03.2020 21:05]\nHello\nthere\n\nHana, [13.03.2020 21:06]\nHi\n\nTaro, [14.03.2020 9:00]\nMorning\n"
TELEGRAM_EN = (
    "Taro, [13 Mar 2020 at 21:05:00]:\nHello\nthere\n\nHana, [13 Mar 2020 at 21:06:00]:\nHi\n\n"
    "Taro, [14 Mar 2020 at 09:00:00]:\nMorning\n"
)
DISCORD = (
    "==========\nGuild: Direct Messages\nChannel: hana\n==========\n\n[13-Mar-20 09:05 PM] Taro\nHello\nthere\n\n"
    "[13-Mar-20 09:06 PM] Hana\nHi\n\n[14-Mar-20 09:00 AM] Taro\nMorning\n"
)
ZOOM = "21:05:00\t From  Taro : Hello\n21:06:00\t From  Hana : Hi\n21:07:00\t From  Taro to Hana(Privately) : Morning\n"


@pytest.mark.parametrize(
    ("app", "text", "dated"),
    [
        ("line", LINE, True),
        ("kakaotalk", KAKAO, True),
        ("wechat", WECHAT, True),
        ("telegram-text", TELEGRAM, True),
        ("telegram-text", TELEGRAM_EN, True),
        ("discord-text", DISCORD, True),
        ("zoom", ZOOM, False),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_saved_chat_is_private_with_its_writers_and_times(
    app: str, text: str, dated: bool, encoding: str
) -> None:
    data = text.encode(encoding)
    assert app_of("chat.txt", data) == app
    stored = StoredFile("chat.txt", io.BufferedReader(io.BytesIO(data)), data)  # type: ignore[arg-type]
    found = list(read_app(app, stored, {}, Counter()))
    assert [message.author for message in found] == ["Taro", "Hana", "Taro"]
    assert [message.text for message in found][1:] == ["Hi", "Morning"]
    assert {message.audience for message in found} == {"private"}
    if dated:
        times = [message.created_at and message.created_at.strftime("%d %H:%M") for message in found]
        assert found[0].text == "Hello\nthere"
        assert times == ["13 21:05", "13 21:06", "14 09:00"]


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-13 21:05:00 INFO started\n2020-03-13 21:06:00 WARN slow\n2020-03-13 21:06:01 INFO done\n",
        "09:00\tOpening\n09:30\tTalk\n10:00\tBreak\n",
        "[1] Smith, A book\n[2] Jones, Another\n[3] Smith, A third\n",
        "As Miller, [12.03.2019] says, the mill is old.\nIt is.\nSo it is.\n",
        "",
    ],
)
def test_minutes_programmes_and_notes_are_no_saved_chats(text: str) -> None:
    assert transcript_of(text.encode(), "notes.txt") == ""


def test_a_list_of_json_is_not_taken_for_a_name_in_brackets() -> None:
    assert app_of("a.json", b"[true] ") == ""
    assert app_of("a.json", b'[{"type": "message", "ts": "1552392000.000100", "text": "Hi"}]') == "slack"
