"""Small valid exports of messages, assistants and X's website, made from code."""

from __future__ import annotations

import json
from typing import Any

from bench.seed import Seed, lines, zipped

WHATSAPP = """\u200e[12.03.19, 12:00:01] Ada Miller: \u200eMessages and calls are end-to-end encrypted.
[12.03.19, 12:00:05] Ada Miller: Shall we meet at the mill?
[12.03.19, 12:01:05] Bo Baker: Yes, at seven.
Or eight.
[12.03.19, 12:02:00] Bo Baker: \u200eimage omitted
""".encode()
TELEGRAM = {
    "name": "Mill group",
    "type": "private_group",
    "id": 1,
    "messages": [
        {"id": 1, "type": "message", "date": "2019-03-12T12:00:00", "date_unixtime": "1552392000",
         "from": "Ada Miller", "from_id": "user1", "text": "Shall we meet?"},
        {"id": 2, "type": "message", "date": "2019-03-12T12:00:00", "from": "Bo Baker",
         "text": ["Yes, ", {"type": "bold", "text": "at seven"}, "."], "reply_to_message_id": 1},
        {"id": 3, "type": "service", "actor": "Bo Baker", "action": "invite_members"},
    ],
}  # fmt: skip
DISCORD = {
    "guild": {"id": "1", "name": "Mill"},
    "channel": {"id": "2", "name": "general"},
    "exportedAt": "2024-01-01T00:00:00Z",
    "messages": [
        {"id": "5", "type": "Default", "timestamp": "2019-03-12T12:00:00+00:00", "content": "Words of mills",
         "author": {"id": "7", "name": "ada", "nickname": "Ada Miller"}},
    ],
}  # fmt: skip
META = {
    "participants": [{"name": "Ada Miller"}, {"name": "Bo Baker"}],
    "messages": [{"sender_name": "Ada Miller", "timestamp_ms": 1552392000000, "content": "M\u00c3\u00bchle"}],
    "title": "Bo Baker",
}
MATRIX = {
    "room_name": "Mill",
    "messages": [
        {"type": "m.room.message", "sender": "Ada", "origin_server_ts": 1552392000000, "event_id": "$1",
         "content": {"msgtype": "m.text", "body": "Words of the mill"}},
    ],
}  # fmt: skip
LINKEDIN = (
    b"CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,DATE,SUBJECT,CONTENT\n"
    b'a,,Ada Miller,,Bo Baker,2019-03-12 12:00:00 UTC,,"Yes, at seven."\n'
)
SLACK = {
    "users.json": [
        {"id": "U1", "name": "Ada Miller"},
        {"id": "U2", "profile": {"real_name": "Bo Baker"}},
    ],
    "channels.json": [{"id": "C1", "name": "general"}],
    "general/2019-03-12.json": [
        {"type": "message", "user": "U1", "text": "Meet <@U2> at <https://a.example|the mill> &amp; weir?",
         "ts": "1552392000.000100"},
        {"type": "message", "user": "U2", "text": "Yes.", "ts": "1552392000.000200",
         "thread_ts": "1552392000.000100"},
    ],
}  # fmt: skip


def _turn(name: str, parent: str, role: str, text: str, *children: str) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [text]}
    message = {"author": {"role": role}, "content": content, "create_time": 1552392000.5}
    return {"id": name, "parent": parent, "children": list(children), "message": message}


CHATGPT = {
    "title": "Mill",
    "create_time": 1552392000.0,
    "conversation_id": "c1",
    "current_node": "a",
    "mapping": {
        "root": {"id": "root", "message": None, "parent": None, "children": ["q"]},
        "q": _turn("q", "root", "user", "When was the mill built?", "a"),
        "a": _turn("a", "q", "assistant", "In 1783."),
    },
}
CLAUDE = {
    "uuid": "u1",
    "name": "Mill",
    "created_at": "2019-03-12T12:00:00.000000Z",
    "chat_messages": [
        {"sender": "human", "text": "When was the mill built?", "content": [{"type": "text", "text": "?"}]},
        {"sender": "assistant", "text": "", "content": [{"type": "text", "text": "In 1783."}]},
    ],
}


def graphql() -> dict[str, Any]:
    """An answer of X's website with a quoted post, a long one and an article."""

    def result(number: int, **more: Any) -> dict[str, Any]:
        user = {"__typename": "User", "rest_id": "77", "legacy": {"screen_name": "ann", "protected": False}}
        legacy = {
            "id_str": str(1850000000000000000 + number),
            "full_text": "The mill &amp; the ford https://t.co/a",
            "created_at": "Sat Oct 26 02:22:25 +0000 2024",
            "lang": "en",
        }
        core = {"user_results": {"result": user}}
        return {"__typename": "Tweet", "rest_id": legacy["id_str"], "core": core, "legacy": legacy, **more}

    note = {"note_tweet_results": {"result": {"text": "Long words. " * 30, "entity_set": {}}}}
    content = {"blocks": [{"text": "First paragraph."}, {"text": "Second paragraph."}]}
    article = {"article_results": {"result": {"title": "On mills", "content_state": content}}}
    results = [
        result(1, quoted_status_result={"result": result(4)}),
        result(2, note_tweet=note),
        result(3, article=article),
    ]
    entries = [{"content": {"itemContent": {"tweet_results": {"result": one}}}} for one in results]
    instructions = [{"type": "TimelineAddEntries", "entries": entries}]
    return {"data": {"user": {"result": {"timeline_v2": {"timeline": {"instructions": instructions}}}}}}


def _asked(name: str, content: bytes) -> Seed:
    return Seed("posts", name, content, messages=True)


def message_seeds() -> list[Seed]:
    """Messages of each program, conversations with assistants, and the answers of X's website."""
    slack = {name: json.dumps(rows).encode() for name, rows in SLACK.items()}

    def part(name: str) -> Seed:
        return Seed(
            "posts", "slack.zip", slack[name], lambda data: zipped({**slack, name: data}), messages=True
        )

    return [
        _asked("_chat.txt", WHATSAPP),
        _asked("result.json", json.dumps(TELEGRAM, indent=1).encode()),
        _asked("general[2].json", json.dumps(DISCORD).encode()),
        _asked("message_1.json", json.dumps(META).encode()),
        _asked("matrix.json", json.dumps(MATRIX).encode()),
        _asked("messages.csv", LINKEDIN),
        part("users.json"),
        part("general/2019-03-12.json"),
        Seed("chats", "chatgpt.json", json.dumps([CHATGPT]).encode()),
        Seed("chats", "claude.json", json.dumps([CLAUDE]).encode()),
        Seed(
            "chats",
            "chatgpt.zip",
            json.dumps([CHATGPT]).encode(),
            lambda data: zipped({"conversations.json": data}),
        ),
        Seed("posts", "web.jsonl", lines(graphql(), graphql())),
    ]
