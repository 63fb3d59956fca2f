# ruff: noqa: E501 (what programs write has long lines)
"""Text messages and iMessage conversations come in as private, with authors and dates."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from x_docs import zipped

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_docs, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

NOON = datetime(2019, 3, 12, 12, 0, tzinfo=UTC)
ASKED = {"include_direct_messages": True, "acquired": "licensed"}
MEETING, ANSWER = "Shall we meet at the mill?", "Yes, at seven. \U0001f600"

SMS = f"""<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>
<!--File Created By SMS Backup & Restore-->
<smses count="4">
  <sms protocol="0" address="+41791234567" date="1552392000000" type="1" subject="null" body="{MEETING}" contact_name="Bo Baker" />
  <sms protocol="0" address="+41791234567" date="1552392000000" type="2" body="Yes, at seven. &#55357;&#56832;" contact_name="Bo Baker" />
  <mms date="1552392000000" msg_box="1" address="+41791234567" contact_name="Bo Baker"><parts>
    <part seq="0" ct="image/jpeg" text="null" data="{"A" * 6_000_000}" />
    </parts><addrs><addr address="+41791234567" type="137" /></addrs></mms>
</smses>
""".encode()
TABLE = f"""Type,Date,Name / Number,Contact Name,Number,Body
received,2019-03-12 12:00:00,,Bo Baker,+41791234567,{MEETING}
sent,2019-03-12 12:00:00,,Bo Baker,+41791234567,"{ANSWER}"
sent,2019-03-12 12:00:00,,Bo Baker,+41791234567,
""".encode()
PAGES = f"""<html><meta charset="UTF-8"><style>p {{}}</style>
<div class="message"><div class="received"><p><span class="timestamp"><a title="x">Mar 12, 2019 12:00:00 PM</a> (Read by you after 5 seconds)</span>
<span class="sender">Bo Baker</span></p><hr><div class="message_part"><span class="bubble">{MEETING}</span></div>
<div class="replies"><div class="reply"><div class="message"><div class="sent iMessage"><p><span class="timestamp">Mar 12, 2019 12:00:00 PM</span>
<span class="sender">Me</span></p><div class="message_part"><span class="bubble">{ANSWER}</span></div></div></div></div></div></div></div>
<div class="announcement"><p><span class="timestamp">Mar 12, 2019 12:00:00 PM</span> You renamed the conversation.</p></div>
<div class="message"><div class="sent iMessage"><p><span class="timestamp">Mar 12, 2019 12:00:00 PM</span>
<span class="sender">Me</span></p><hr><div class="message_part"><span class="bubble">{ANSWER}</span></div>
<div class="reactions"><p>Reactions:</p><span class="reaction"><b>Loved</b> by Bo Baker</span></div></div></div></html>
""".encode()
TEXT = f"""Mar 12, 2019 12:00:00 PM (Read by you after 1 hour, 49 seconds)
Bo Baker
{MEETING}
Tapbacks:
    Loved by Me

    Mar 12, 2019 12:00:00 PM
    Me
    {ANSWER}

Mar 12, 2019 12:00:00 PM You renamed the conversation to Mill

Mar 12, 2019 12:00:00 PM
Me
{ANSWER}
This message responded to an earlier message.

""".encode()


def typed_stream(text: str) -> bytes:
    """An attributed string as macOS stores it."""
    data = text.encode()
    size = bytes([len(data)]) if len(data) < 0x80 else b"\x81" + len(data).to_bytes(2, "little")
    head = b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92"
    return head + b"\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + size + data + b"\x86\x84\x02iI\x01"


def database(path: Path, *statements: tuple[str, tuple[object, ...]]) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        for statement, values in statements:
            connection.execute(statement, values)
        connection.commit()
    data = path.read_bytes()
    path.unlink()
    return data


def chat_database(folder: Path) -> bytes:
    since = int((NOON - datetime(2001, 1, 1, tzinfo=UTC)).total_seconds()) * 10**9
    row = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, 0)"
    return database(
        folder / "made.db",
        ("CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT)", ()),
        ("CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER)", ()),
        (
            "CREATE TABLE message (guid TEXT, text TEXT, attributedBody BLOB, date INTEGER, is_from_me INTEGER,"
            " handle_id INTEGER, associated_message_type INTEGER, item_type INTEGER)",
            (),
        ),
        ("INSERT INTO handle VALUES (1, 'Bo Baker')", ()),
        (row, ("a", MEETING, None, since, 0, 1, 0)),
        (row, ("b", None, typed_stream(ANSWER), since, 1, 0, 0)),
        (row, ("c", "Loved a message", None, since, 0, 1, 2000)),
    )


def sms_database(folder: Path) -> bytes:
    row = "INSERT INTO sms VALUES (?, 'Bo Baker', 1552392000000, ?, ?)"
    return database(
        folder / "made.db",
        ("CREATE TABLE canonical_addresses (_id INTEGER, address TEXT)", ()),
        ("CREATE TABLE sms (_id INTEGER, address TEXT, date INTEGER, type INTEGER, body TEXT)", ()),
        (row, (1, 1, MEETING)),
        (row, (2, 2, ANSWER)),
        (row, (3, 2, "")),
    )


FILES = {
    "sms-20190312.xml": lambda _: SMS,
    "texts.csv": lambda _: TABLE,
    "semicolons.csv": lambda _: TABLE.replace(b"Yes, at", b"Yes; at").replace(b",", b";").replace(b"Yes; at", b"Yes, at"),
    "Bo Baker.html": lambda _: PAGES,
    "Bo Baker.txt": lambda _: TEXT,
    "chat.db": chat_database,
    "mmssms.db": sms_database,
    "phone.zip": lambda folder: zipped({"backup/chat.db": chat_database(folder)}),
}  # fmt: skip


def written(folder: Path, name: str) -> Path:
    (folder / "in").mkdir()
    (folder / "in" / name).write_bytes(FILES[name](folder))
    return folder / "in" / name


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


@pytest.mark.parametrize("name", FILES)
def test_messages_are_private_with_authors_and_dates(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    made = add_posts(empty_lab, [written(tmp_path, name)], licence="none", author="Ada Miller", **ASKED)
    found = [(d.author, d.text, d.created_at, d.rights.audience) for d in documents(made)]
    assert sorted(found) == [
        ("Ada Miller", ANSWER, NOON, "private"),
        ("Bo Baker", MEETING, NOON, "private"),
    ]
    assert made.stats["left_out"] == {"system_message": 1}


@pytest.mark.parametrize("name", FILES)
def test_messages_stay_out_unless_asked_for_and_need_a_word_on_their_origin(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    path = written(tmp_path, name)
    with pytest.raises(GlaswerkError, match="2 private messages"):
        add_posts(empty_lab, [path], licence="none")
    with pytest.raises(GlaswerkError, match="several authors"):
        add_posts(empty_lab, [path], licence="none", include_direct_messages=True)


@pytest.mark.parametrize("name", FILES)
def test_documents_refuse_messages_or_count_them(empty_lab: Lab, tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    with pytest.raises(GlaswerkError):
        add_docs(empty_lab, [path], licence="own", acquired="own")
    (path.parent / "note.md").write_text("Flour is sold at the mill.")
    made = add_docs(empty_lab, [path.parent], licence="own", acquired="own")
    assert [d.text for d in documents(made)] == ["Flour is sold at the mill."]
    assert made.stats["left_out"]["private_message"] == 1


def test_a_group_message_names_who_sent_it(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "sms.xml"
    path.write_text(
        '<smses count="1"><mms date="1552392000000" msg_box="1" address="+1555~+1666" contact_name="Bo, Cy"><parts>'
        '<part ct="text/plain" text="To all."/></parts><addrs><addr address="+1666" type="137"/>'
        '<addr address="+1555" type="151"/></addrs></mms></smses>'
    )
    found = documents(add_posts(empty_lab, [path], licence="none", **ASKED))
    assert [(d.author, d.text) for d in found] == [("+1666", "To all.")]


@pytest.mark.parametrize(
    ("written", "read"),
    [("&#128512;", "\U0001f600"), ("&#xD83D;&#xDE00;", "\U0001f600"), ("&#55357;", "\ufffd"), ("&#8;x", "\ufffdx"),
     ("&#10;x", "x"), ("&amp;#55357;", "&#55357;")],
)  # fmt: skip
def test_halves_of_characters_are_joined(empty_lab: Lab, tmp_path: Path, written: str, read: str) -> None:
    path = tmp_path / "sms.xml"
    path.write_text(f'<smses><sms address="+1555" date="1552392000000" type="1" body="{written}" /></smses>')
    assert [d.text for d in documents(add_posts(empty_lab, [path], licence="none", **ASKED))] == [read]


def test_a_cut_backup_gives_what_is_before_the_cut(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "sms.xml"
    path.write_bytes(SMS[:700])
    made = add_posts(empty_lab, [path], licence="none", **ASKED)
    assert [d.text for d in documents(made)] == [MEETING, ANSWER]
    assert made.stats["left_out"] == {"cut_off": 1}


@pytest.mark.parametrize(
    "table",
    ["Address,Date,Type,Text\n1 Mill Lane,2019-03-12,Notice,The mill is open.\n",
     "name,number,text\nBo,5,Words of the mill.\n"],
)  # fmt: skip
def test_other_tables_with_an_address_are_documents(empty_lab: Lab, tmp_path: Path, table: str) -> None:
    (tmp_path / "a.csv").write_text(table)
    assert add_docs(empty_lab, [tmp_path / "a.csv"], licence="own").stats["documents"] == 1


@pytest.mark.parametrize(
    "tables",
    [("message", "jid", "chat"), ("ZWAMESSAGE", "ZWACHATSESSION"), ("Messages", "Conversations", "Participants"),
     ("messages", "conversations", "sessions", "identityKeys")],
)  # fmt: skip
def test_databases_of_other_programs_are_no_documents(
    empty_lab: Lab, tmp_path: Path, tables: tuple[str, ...]
) -> None:
    made = [(f"CREATE TABLE {name} (text TEXT)", ()) for name in tables]
    fill = (f"INSERT INTO {tables[0]} VALUES ('A private word.')", ())
    (tmp_path / "a.sqlite").write_bytes(database(tmp_path / "made.db", *made, fill))
    with pytest.raises(GlaswerkError, match="private messages"):
        add_docs(empty_lab, [tmp_path / "a.sqlite"], licence="own")


def test_a_database_of_documents_with_a_table_of_messages_is_read(empty_lab: Lab, tmp_path: Path) -> None:
    made = ("CREATE TABLE messages (text TEXT)", ()), ("INSERT INTO messages VALUES ('The mill.')", ())
    (tmp_path / "a.sqlite").write_bytes(database(tmp_path / "made.db", *made))
    assert add_docs(empty_lab, [tmp_path / "a.sqlite"], licence="own").stats["documents"] == 1
