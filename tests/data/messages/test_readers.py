"""Messages of every program come in as private, with authors and dates, and only if they are asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from x_docs import zipped

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.messages.message import moment, repaired
from glaswerk.data.messages.slack import readable
from glaswerk.data.source import add_chats, add_docs, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

NOON = datetime(2019, 3, 12, 12, 0, tzinfo=UTC)
ASKED = {"include_direct_messages": True, "acquired": "licensed"}
MEETING, ANSWER = "Shall we meet at the mill?", "Yes, at seven."

CHAT = """\u200e[12.03.19, 12:00:01] Ada Miller: \u200eMessages and calls are end-to-end encrypted.
[12.03.19, 12:00:05] Ada Miller: Shall we meet at the mill?
[12.03.19, 12:01:05] Bo Baker: Yes, at seven.
[12.03.19, 12:02:00] Bo Baker: \u200eimage omitted
"""


def telegram(*messages: dict[str, Any]) -> dict[str, Any]:
    first = {"id": 1, "type": "message", "date": "2019-03-12T12:00:00", "date_unixtime": "1552392000"}
    rows = [
        {**first, "from": "Ada Miller", "from_id": "user1", "text": MEETING},
        {**first, "id": 2, "from": "Bo Baker", "text": ["Yes, ", {"type": "bold", "text": "at seven"}, "."]},
        {**first, "id": 3, "type": "service", "actor": "Bo Baker", "action": "invite_members"},
    ]
    return {"name": "Mill group", "type": "private_group", "id": 1, "messages": [*rows, *messages]}


DISCORD = {
    "guild": {"id": "1", "name": "Mill"},
    "channel": {"id": "2", "name": "general"},
    "exportedAt": "2024-01-01T00:00:00Z",
    "messages": [
        {
            "id": "5",
            "type": "Default",
            "timestamp": "2019-03-12T12:00:00+00:00",
            "content": MEETING,
            "author": {"id": "7", "name": "ada", "nickname": "Ada Miller"},
        },
        {
            "id": "6",
            "type": "Reply",
            "timestamp": "2019-03-12T12:00:00+00:00",
            "content": ANSWER,
            "author": {"id": "8", "name": "Bo Baker"},
        },
        {
            "id": "7",
            "type": "GuildMemberJoin",
            "timestamp": "2019-03-12T12:00:00+00:00",
            "content": "Joined.",
            "author": {"id": "8", "name": "Bo Baker"},
        },
    ],
}

META = {
    "participants": [{"name": "Ada Miller"}, {"name": "Bo Baker"}],
    "messages": [
        {"sender_name": "Ada Miller", "timestamp_ms": 1552392000000, "content": MEETING},
        {"sender_name": "Bo Baker", "timestamp_ms": 1552392000000, "content": ANSWER},
        {"sender_name": "Bo Baker", "timestamp_ms": 1552392000000, "photos": [{"uri": "a.jpg"}]},
    ],
    "title": "Bo Baker",
}

GOOGLE = {
    "messages": [
        {
            "creator": {"name": name, "email": "a@example.org"},
            "text": text,
            "topic_id": str(number),
            "created_date": "Tuesday, March 12, 2019 at 12:00:00\u202fPM UTC",
        }
        for number, (name, text) in enumerate(
            [("Ada Miller", MEETING), ("Bo Baker", ANSWER), ("Bo Baker", "")]
        )
    ]
}

MATRIX = {
    "room_name": "Mill",
    "messages": [
        {
            "type": kind,
            "sender": name,
            "origin_server_ts": 1552392000000,
            "event_id": f"${number}",
            "content": {"msgtype": "m.text", "body": text},
        }
        for number, (kind, name, text) in enumerate(
            [
                ("m.room.message", "Ada Miller", MEETING),
                ("m.room.message", "Bo Baker", ANSWER),
                ("m.room.member", "Bo Baker", "joined"),
            ]
        )
    ],
}

LINKEDIN = f"""CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,DATE,SUBJECT,CONTENT
a,,Ada Miller,,Bo Baker,2019-03-12 12:00:00 UTC,,{MEETING}
a,,Bo Baker,,Ada Miller,2019-03-12 12:00:00 UTC,,"{ANSWER}"
a,,Bo Baker,,Ada Miller,2019-03-12 12:00:00 UTC,,
"""

SLACK = {
    "users.json": json.dumps(
        [{"id": "U1", "name": "Ada Miller"}, {"id": "U2", "profile": {"real_name": "Bo Baker"}}]
    ),
    "channels.json": json.dumps([{"id": "C1", "name": "general"}]),
    "general/2019-03-12.json": json.dumps(
        [
            {"type": "message", "user": "U1", "text": MEETING, "ts": "1552392000.000100"},
            {
                "type": "message",
                "user": "U2",
                "text": ANSWER,
                "ts": "1552392000.000200",
                "thread_ts": "1552392000.000100",
            },
            {
                "type": "message",
                "subtype": "channel_join",
                "user": "U2",
                "text": "joined",
                "ts": "1552392000.3",
            },
        ]
    ),
}

EXPORTS: dict[str, tuple[str, bytes]] = {
    "whatsapp": ("_chat.txt", CHAT.encode()),
    "telegram": ("result.json", json.dumps(telegram(), indent=1).encode()),
    "slack": ("slack.zip", zipped(SLACK)),
    "discord": ("general.json", json.dumps(DISCORD).encode()),
    "meta": ("message_1.json", json.dumps(META).encode()),
    "google": ("messages.json", json.dumps(GOOGLE).encode()),
    "matrix": ("export.json", json.dumps(MATRIX).encode()),
    "linkedin": ("messages.csv", LINKEDIN.encode()),
    "in a zip": (
        "instagram.zip",
        zipped({"inbox/bo_1/message_1.json": json.dumps(META), "photos/a.jpg": b"\xff\xd8"}),
    ),
}


def written(path: Path, name: str) -> Path:
    file, data = EXPORTS[name]
    (path / "in").mkdir()
    (path / "in" / file).write_bytes(data)
    return path / "in" / file


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


@pytest.mark.parametrize("name", EXPORTS)
def test_messages_are_private_with_authors_and_dates_if_asked_for(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    made = add_posts(empty_lab, [written(tmp_path, name)], licence="none", **ASKED)
    found = {d.author: d for d in documents(made)}
    assert {author: d.text for author, d in found.items()} == {"Ada Miller": MEETING, "Bo Baker": ANSWER}
    assert {d.rights.audience for d in found.values()} == {"private"}
    assert all(
        d.created_at and d.created_at.replace(minute=0, second=0, microsecond=0) == NOON
        for d in found.values()
    )
    assert sum(made.stats["left_out"].values()) >= 1


@pytest.mark.parametrize("name", EXPORTS)
def test_messages_stay_out_and_are_counted_unless_asked_for(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    with pytest.raises(GlaswerkError, match="2 private messages") as caught:
        add_posts(empty_lab, [written(tmp_path, name)], licence="none")
    assert "--direct-messages" in str(caught.value.hint)


@pytest.mark.parametrize("name", EXPORTS)
def test_messages_of_others_need_a_word_on_how_they_were_acquired(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    with pytest.raises(GlaswerkError, match="several authors"):
        add_posts(empty_lab, [written(tmp_path, name)], licence="none", include_direct_messages=True)


@pytest.mark.parametrize("name", EXPORTS)
def test_documents_refuse_messages_or_leave_them_out(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    with pytest.raises(GlaswerkError) as caught:
        add_docs(empty_lab, [path], licence="own", acquired="own")
    assert "private" in f"{caught.value.message} {caught.value.hint}"
    (path.parent / "note.txt").write_text("Flour is sold at the mill.")
    made = add_docs(empty_lab, [path.parent], licence="own", acquired="own")
    assert [d.text for d in documents(made)] == ["Flour is sold at the mill."]
    assert made.stats["left_out"]["private_message"] == 1


def test_dialogues_refuse_messages(empty_lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="telegram") as caught:
        add_chats(empty_lab, [written(tmp_path, "telegram")], licence="own")
    assert "--direct-messages" in str(caught.value.hint)


def test_messages_enter_no_corpus_that_does_not_ask_for_them(empty_lab: Lab, tmp_path: Path) -> None:
    add_posts(empty_lab, [written(tmp_path, "telegram")], licence="none", **ASKED)
    with pytest.raises(GlaswerkError, match="private-audience 2"):
        curate(empty_lab)


def test_a_complete_export_of_telegram_keeps_messages_with_equal_numbers_apart(
    empty_lab: Lab, tmp_path: Path
) -> None:
    everything = {"about": "…", "chats": {"about": "…", "list": [telegram(), telegram()]}}
    path = tmp_path / "result.json"
    path.write_text(json.dumps(everything))
    assert add_posts(empty_lab, [path], licence="none", **ASKED).stats["documents"] == 4


def test_an_unpacked_export_is_read_as_one(empty_lab: Lab, tmp_path: Path) -> None:
    for name, text in SLACK.items():
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "in" / name).write_text(text)
    found = documents(add_posts(empty_lab, [tmp_path / "in"], licence="none", **ASKED))
    assert {d.author for d in found} == {"Ada Miller", "Bo Baker"}
    assert [d.reply_to for d in found if d.author == "Bo Baker"] == [
        d.id for d in found if d.author == "Ada Miller"
    ]


def test_a_discord_package_has_the_accounts_own_messages(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [{"ID": 5, "Timestamp": "2019-03-12 12:00:00", "Contents": MEETING, "Attachments": ""}]
    table = f'ID,Timestamp,Contents,Attachments\n6,2019-03-12 12:00:00.000000+00:00,"{ANSWER}",\n'
    files = {
        "account/user.json": json.dumps({"id": "7", "username": "ada"}),
        "messages/c1/messages.json": json.dumps(rows),
        "messages/c2/messages.csv": table,
    }
    (tmp_path / "package.zip").write_bytes(zipped(files))
    found = documents(
        add_posts(empty_lab, [tmp_path / "package.zip"], licence="own", include_direct_messages=True)
    )
    assert {(d.text, d.author, d.created_at) for d in found} == {
        (MEETING, "ada", NOON),
        (ANSWER, "ada", NOON),
    }


POSTS = [
    {"timestamp": 1552392000, "data": [{"post": "Für alle".encode().decode("latin-1")}], "privacy": "Public"},
    {"timestamp": 1552392000, "data": [{"post": "For friends."}]},
    {"timestamp": 1552392000, "data": [], "title": "Ada added a photo."},
]


def test_own_posts_are_public_only_if_the_export_says_so(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "your_posts_1.json"
    path.write_text(json.dumps(POSTS))
    made = add_posts(empty_lab, [path], licence="own", author="Ada")
    assert [(d.text, d.author, d.created_at) for d in documents(made)] == [("Für alle", "Ada", NOON)]
    assert made.stats["left_out"] == {"limited_audience": 1, "no_text": 1}
    both = add_posts(empty_lab, [path], licence="own", author="Ada", include_limited=True)
    assert {d.text: d.rights.audience for d in documents(both)} == {
        "Für alle": "public",
        "For friends.": "limited",
    }


def test_shares_on_linkedin_have_the_audience_of_the_table(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        "2019-03-12 12:00:00,https://l.example/1,For all.,,,PUBLIC",
        "2019-03-12 12:00:00,b,Few.,,,CONNECTIONS",
    ]
    table = "\n".join(["Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility", *rows, ""])
    path = tmp_path / "Shares.csv"
    path.write_text(table)
    found = documents(add_posts(empty_lab, [path], licence="own", author="Ada", include_limited=True))
    assert {(d.text, d.rights.audience) for d in found} == {("For all.", "public"), ("Few.", "limited")}


@pytest.mark.parametrize(
    "data", [b'{"guild": {}, "channel": {}, "messages": [{"id": "5", "content":', b"[", b"{}"]
)
def test_a_broken_export_is_an_error_and_no_traceback(empty_lab: Lab, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "export.json").write_bytes(data)
    with pytest.raises(GlaswerkError):
        add_posts(empty_lab, [tmp_path / "export.json"], licence="none", **ASKED)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1552392000", NOON),
        (1552392000000, NOON),
        ("1552392000.000000", NOON),
        ("2019-03-12T12:00:00+00:00", NOON),
        ("Tuesday, March 12, 2019 at 12:00:00 PM UTC", NOON),
        ("nan", None),
        ("inf", None),
        (True, None),
        (None, None),
        ("yesterday", None),
        ("1e300", None),
    ],
)
def test_times_of_every_kind_are_read_or_unknown(value: Any, expected: datetime | None) -> None:
    assert moment(value) == expected


def test_slack_markup_is_shown_as_people_read_it() -> None:
    raw = "<@U2> meet at <https://example.org|the mill> &amp; <#C1|general>, <!here> <mailto:a@b.example>"
    assert readable(raw, {"U2": "bo"}) == "@bo meet at the mill & #general, @here a@b.example"


@pytest.mark.parametrize("text", ["plain", "Für alle", "日本語", ""])
def test_an_encoding_taken_for_another_is_repaired_and_a_right_one_stays(text: str) -> None:
    assert repaired(text.encode().decode("latin-1")) == text
    assert repaired(text) == text


@pytest.mark.parametrize("kept", [{}, {"chats": {"about": "…", "list": [telegram()]}}])
def test_chats_that_were_left_are_read_too(empty_lab: Lab, tmp_path: Path, kept: dict[str, Any]) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps({**kept, "left_chats": {"about": "…", "list": [telegram()]}}))
    found = documents(add_posts(empty_lab, [path], licence="none", **ASKED))
    assert len(found) == 2 + 2 * len(kept)
    assert {d.rights.audience for d in found} == {"private"}
