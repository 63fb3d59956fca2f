# ruff: noqa: E501 (what programs write has long lines)
"""Small valid files of telephones, Signal, iMessage, IRC, saved chats and other networks' rows, from code."""

from __future__ import annotations

import contextlib
import json
import sqlite3

from bench.seed import Seed, lines, zipped

SMS = b"""<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>
<smses count="3">
<sms protocol="0" address="+41791234567" date="1552392000000" type="1" body="At the mill?" contact_name="Bo" />
<sms protocol="0" address="+41791234567" date="1552392000000" type="2" body="Yes &#55357;&#56832;" />
<mms date="1552392000000" msg_box="1" address="+41791234567"><parts>
<part seq="0" ct="image/jpeg" text="null" data="AAAABBBB" /><part ct="text/plain" text="Look." />
</parts><addrs><addr address="+41791234567" type="137" /></addrs></mms></smses>
"""
SMS_TABLE = b"""Type,Date,Name / Number,Contact Name,Number,Body
received,2019-03-12 12:00:00,,Bo Baker,+41791234567,At the mill?
sent,2019-03-12 12:00:00,,Bo Baker,+41791234567,"Yes, at seven."
"""
_NOTHING = {"quote": "", "sticker": None, "reactions": [], "attachments": []}
SIGNAL_LINES = [
    {"date": "2019-03-12T12:00:00", "sender": "Bo Baker", "body": "At the\nmill?", **_NOTHING},
    {"date": "2019-03-12T12:00:00", "sender": "Me", "body": "Yes.", **_NOTHING},
]
SIGNAL_RAW = [
    {"id": "a", "type": "incoming", "conversationId": "c", "source": "Bo", "body": "At?", "sent_at": 1552392000000},
    {"id": "b", "type": "outgoing", "conversationId": "c", "body": "Yes.", "sent_at": 1552392000000},
]  # fmt: skip
SIGNAL_MARKDOWN = b"""[2019-03-12 12:00:00] Bo Baker: At the mill?
(- Me: x -)
[2019-03-12 12:00:00] Me:

> At the

Yes.![mill.jpg](./media/mill.jpg)\x20\x20
"""
SIGNAL_LONG = b"""Conversation: Bo Baker (+41791234567)

From: Bo Baker
Type: incoming
Sent: Tue, 12 Mar 2019 12:00:00 +0000

At the mill?

From: You
Type: outgoing
Sent: Tue, 12 Mar 2019 12:00:00 +0000
Edited: 2 versions

|
| Version: 2
| Sent: Tue, 12 Mar 2019 12:00:00 +0000
|
| Yes.
"""
SIGNAL_SHORT = b"""2019-03-12 12:00 Bo Baker: At the mill?
2019-03-12 12:00 You: [reply to Bo Baker on 2019-03-12 12:00] Yes.
2019-03-12 12:01 You: More.
"""
IMESSAGE = b"""Mar 12, 2019 12:00:00 PM (Read by you after 1 hour, 49 seconds)
Bo Baker
At the mill?
Tapbacks:
    Loved by Me

    Mar 12, 2019 12:00:00 PM
    Me
    Yes.

Mar 12, 2019 12:00:00 PM You renamed the conversation to Mill

Mar 12, 2019 12:00:00 PM
Me
Yes.
This message responded to an earlier message.

"""
IMESSAGE_PAGE = b"""<html><meta charset="UTF-8">
<div class="message"><div class="received"><p><span class="timestamp"><a title="x">Mar 12, 2019 12:00:00 PM</a></span>
<span class="sender">Bo Baker</span></p><hr><div class="message_part"><span class="bubble">At the <b>mill</b>?</span></div>
<div class="replies"><div class="reply"><div class="message"><div class="sent iMessage"><p>x</p></div></div></div></div></div></div>
<div class="announcement"><p><span class="timestamp">Mar 12, 2019 12:00:00 PM</span> You left.</p></div></html>
"""
IRC = {
    "mill.weechatlog": b"2019-03-12 12:00:00\t-->\tada (a@mill) has joined #mill\n2019-03-12 12:00:01\t@ada\tGood day.\n"
    b"2019-03-12 12:00:02\t *\tbo bakes\n2019-03-12 12:00:03\t--\tMode #mill [+nt] by server\n",
    "irssi.log": b"--- Log opened Tue Mar 12 11:59:00 2019\n11:59 -!- ada [a@mill] has joined #mill\n"
    b"12:00 <@ada> Good day to all.\n12:00 * bo bakes bread\n12:00 -!- mode/#mill [+nt] by ada\n",
    "2019-03-12.log": b"[12:00:00] *** Joins: ada (a@mill)\n[12:00:01] <ada> Good day.\n[12:00:02] * bo bakes\n",
    "hexchat.log": b"**** BEGIN LOGGING AT Tue Mar 12 12:00:00 2019\n\nMar 12 12:00:00 *\tNow talking on #mill\n"
    b"Mar 12 12:00:01 <ada>\tGood day.\nMar 12 12:00:02 * bo bakes bread\n",
    "mirc.log": b"Session Start: Tue Mar 12 12:00:00 2019\nSession Ident: #mill\n[12:00] <ada> \x0304,1Good\x03 day.\n",
}
TRANSCRIPTS = {
    "line.txt": "[LINE] Chat history with Taro\nSaved on: 2020/03/14 10:00\n\n2020/03/13(Fri)\n"
    "21:05\tTaro\tHello\nthere\n21:06\tHana\tHi\n2020/03/14(Sat)\n09:00\tTaro\tMorning\n",
    "kakao.txt": "철수 님과 카카오톡 대화\n저장한 날짜 : 2020-03-14 10:00:00\n\n--------------- 2020년 3월 13일 금요일 ---------------\n"
    "[Taro] [오후 9:05] Hello\nthere\n[Hana] [오후 9:06] Hi\n",
    "wechat.txt": "2020-03-13 21:05:00 Taro\nHello\n\n2020-03-13 21:06:00 Hana\nHi\n\n2020-03-14 09:00:00 Taro\nMorning\n",
    "telegram.txt": "Taro, [13.03.2020 21:05]\nHello\n\nHana, [13.03.2020 21:06]\nHi\n\nTaro, [14 Mar 2020 at 9:00:00 AM]:\nMorning\n",
    "discord.txt": "===\nGuild: Direct Messages\nChannel: hana\n===\n\n[13-Mar-20 09:05 PM] Taro\nHello\n\n[13-Mar-20 09:06 PM] Hana\nHi\n",
    "zoom.txt": "21:05:00\t From  Taro : Hello\n21:06:00\t From  Hana : Hi\n21:07:00\t From  Taro to Hana(Privately) : Morning\n",
}
VIBER = b"""12/03/2019,12:00:01,Bo Baker,+41791234567,"At the mill,
now?"
12/13/2019,1:00:05 PM,Me,,Yes.
"""
STATUS = {
    "id": "111000000000000001", "created_at": "2023-01-01T00:00:00.000Z", "visibility": "unlisted", "language": "en",
    "content": "<p>The mill &amp; the river</p>", "account": {"acct": "ada@town.example", "username": "ada"},
    "spoiler_text": "Mills", "reblog": None, "in_reply_to_id": None,
}  # fmt: skip
NOTE = {
    "type": "Note", "content": "<p>Words</p>", "published": "2023-01-01T00:00:00Z",
    "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [], "attributedTo": "https://a.example/users/ada",
}  # fmt: skip
ROWS = [
    {"text": "At the mill?", "from": "Bo", "to": "Ada", "date": "2019-03-12", "privacy": "friends"},
    {"text": "Words", "sender": "Bo", "recipients": ["Ada", 7], "isDirect": 1, "thread_id": {}},
]


def chat_database() -> bytes:
    """A database of iMessage with a plain text, an attributed one and a reaction."""
    words = b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x08NSString\x01\x94\x84\x01+\x04Yes.\x86\x84\x02iI\x01"
    rows = [("a", "At the mill?", None, 0, 0), ("b", None, words, 1, 0), ("c", "Loved", None, 0, 2000)]
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT)")
        connection.execute("CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER)")
        connection.execute(
            "CREATE TABLE message (guid TEXT, text TEXT, attributedBody BLOB, is_from_me INTEGER, date INTEGER,"
            " handle_id INTEGER, associated_message_type INTEGER, item_type INTEGER)"
        )
        connection.execute("INSERT INTO handle VALUES (1, 'Bo Baker')")
        connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, 574084800000000000, 1, ?, 0)", rows)
        connection.commit()
        return connection.serialize()


def sms_database() -> bytes:
    """A database of a telephone's text messages."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE canonical_addresses (_id INTEGER, address TEXT)")
        connection.execute(
            "CREATE TABLE sms (_id INTEGER, address TEXT, date INTEGER, type INTEGER, body TEXT)"
        )
        connection.execute("INSERT INTO sms VALUES (1, '+41791234567', 1552392000000, 1, 'At the mill?')")
        connection.commit()
        return connection.serialize()


def talk_seeds() -> list[Seed]:
    """What people say to each other in programs whose readers are the newest."""
    files = {
        "sms.xml": SMS,
        "sms.csv": SMS_TABLE,
        "signal-data.json": lines(*SIGNAL_LINES),
        "signal-raw.json": json.dumps(SIGNAL_RAW, indent=1).encode(),
        "chat.md": SIGNAL_MARKDOWN,
        "signal-long.txt": SIGNAL_LONG,
        "signal-short.txt": SIGNAL_SHORT,
        "imessage.txt": IMESSAGE,
        "imessage.html": IMESSAGE_PAGE,
        "viber.csv": VIBER,
        "chat.db": chat_database(),
        "mmssms.db": sms_database(),
        **IRC,
        **{name: text.encode() for name, text in TRANSCRIPTS.items()},
        "wide.txt": TRANSCRIPTS["kakao.txt"].encode("utf-16"),
    }
    found = [Seed("posts", name, data, messages=True) for name, data in files.items()]
    inner = {"backup/sms.xml": SMS, "backup/chat.db": chat_database(), "Bo Baker/chat.md": SIGNAL_MARKDOWN}
    found += [
        Seed("posts", "phone.zip", data, lambda data, name=name: zipped({**inner, name: data}), messages=True)  # type: ignore[misc]
        for name, data in inner.items()
    ]
    rows = {"status.jsonl": [STATUS, STATUS], "note.jsonl": [NOTE, NOTE], "rows.jsonl": ROWS}
    return found + [Seed("docs", name, lines(*values)) for name, values in rows.items()]
