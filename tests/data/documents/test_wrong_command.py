"""Archives and API records of X are posts with rules of their own, and no documents."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from x_docs import add, documents, tarred, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_chats, add_preferences
from glaswerk.lab import Lab

MESSAGES = b'window.YTD.direct_messages.part0 = [{"dmConversation": {"messages": []}}]'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("direct-messages.js", MESSAGES),
        ("manifest.js", b"\xef\xbb\xbfwindow.__THAR_CONFIG = {}"),
        ("2012_01.js", b"Grailbird.data.tweets_2012_01 =\n[]"),
        ("twitter.zip", zipped({"data/direct-messages.js": MESSAGES})),
        ("backup.tar", tarred({"twitter.zip": zipped({"data/like.js": MESSAGES})})),
    ],
)
def test_a_data_file_of_an_archive_is_refused_in_any_container(
    empty_lab: Lab, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data)
    (tmp_path / "in" / "a.txt").write_text("Words.")
    for path in (tmp_path / "in", tmp_path / "in" / name):
        with pytest.raises(GlaswerkError) as caught:
            add(empty_lab, path)
        assert "glaswerk add posts" in caught.value.hint


@pytest.mark.parametrize("ending", [".jsonl", ".json"])
@pytest.mark.parametrize(
    "record",
    [
        {"id": 9, "id_str": "9", "text": "A post.", "user": {"screen_name": "otto", "protected": True}},
        {"id": "9", "text": "A post.", "author_id": "1", "created_at": "2024-01-01T00:00:00Z"},
        {"delete": {"status": {"id": 9, "id_str": "9"}}},
        {"id": "9", "text": "Between us.", "recipient_id": "2"},
        {"id": "9", "text": "Between us.", "event_type": "MessageCreate", "dm_conversation_id": "1-2"},
    ],
)
def test_records_of_the_api_are_refused(
    empty_lab: Lab, tmp_path: Path, ending: str, record: dict[str, Any]
) -> None:
    path = tmp_path / f"stream{ending}"
    path.write_text(json.dumps(record if ending == ".jsonl" else [record]))
    with pytest.raises(GlaswerkError) as caught:
        add(empty_lab, path)
    assert "glaswerk add posts" in caught.value.hint


def test_rows_with_an_id_an_author_and_a_text_are_documents(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": 1, "text": "Words.", "author": "Hazel", "user": "h", "created_at": "2024-01-01"}')
    assert len(documents(add(empty_lab, path))) == 1


@pytest.mark.parametrize(
    "message",
    [
        {"id": "9", "text": "Between us.", "senderId": "1", "recipientId": "2", "createdAt": "2024-01-01"},
        {"id": "9", "text": "Between us.", "senderId": "1", "createdAt": "2024-01-01"},
        {"messageCreate": {"id": "9", "text": "Between us.", "senderId": "1"}},
        {"dmConversation": {"conversationId": "1-2", "messages": []}},
        {"id": "9", "text": "Between us.", "sender_id": "1"},
        {"id": "9", "text": "Between us.", "Recipient ID": "1"},
    ],
)
def test_a_private_message_is_no_document_however_its_fields_are_spelt(
    empty_lab: Lab, tmp_path: Path, message: dict[str, Any]
) -> None:
    path = tmp_path / "messages.json"
    path.write_text(json.dumps([message, message]))
    with pytest.raises(GlaswerkError, match="private message") as caught:
        add(empty_lab, path, acquired="licensed")
    assert "--direct-messages" in caught.value.hint


def test_a_message_whose_row_says_who_may_read_it_is_a_document_for_them(
    empty_lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text('{"text": "Between us.", "sender_id": "1", "audience": "private"}')
    assert [d.rights.audience for d in documents(add(empty_lab, path))] == ["private"]


POST = {
    "id": "1212092628029698048",
    "text": "The mill turns again today.",
    "created_at": "2020-01-01T08:00:00Z",
    "author": "mill_ann",
}


@pytest.mark.parametrize(
    "post",
    [
        POST,
        {**POST, "created_at": "Wed Jan 01 08:00:00 +0000 2020"},
        {**POST, "created_at": "", "retweet_count": "3"},
        {"tweet_id": "12", "text": "An early post.", "lang": "en"},
        {"id": "12", "text": "An early post.", "url": "https://twitter.com/mill_ann/status/12"},
        {"id": POST["id"], "content": "Scraped.", "user_screen_name": "mill_ann"},
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_posts_of_x_need_a_word_on_how_they_were_acquired_in_every_format(
    empty_lab: Lab, tmp_path: Path, post: dict[str, str], ending: str
) -> None:
    path = table(tmp_path / f"posts{ending}", [post, post])
    more = {"text_column": "content"} if "content" in post else {}
    with pytest.raises(GlaswerkError, match="terms") as caught:
        add(empty_lab, path, acquired="", **more)
    assert "--acquired" in caught.value.hint
    assert documents(add(empty_lab, path, acquired="public", **more))[0].rights.acquired == "public"


@pytest.mark.parametrize("verb", [add_chats, add_preferences])
def test_a_dialogue_made_of_a_post_of_x_needs_it_as_well(empty_lab: Lab, tmp_path: Path, verb: Any) -> None:
    prompt = {"prompt": "Which tweet?", "completion": "This.", "chosen": "This.", "rejected": "None."}
    path = table(tmp_path / "rows.jsonl", [{**POST, **prompt}])
    with pytest.raises(GlaswerkError, match="terms"):
        verb(empty_lab, [path], licence="CC0-1.0", tolerant=True)
    assert verb(empty_lab, [path], licence="CC0-1.0", acquired="public").stats["documents"] == 1


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1212092628029698048", "text": "Words.", "created_at": "2021-01-01", "author": "Hazel"},
        {"id": "7", "text": "Words.", "event_type": "storm"},
        {"id": "7", "text": "Words.", "url": "https://example.org/status/12"},
        {"id": "7", "text": "Words.", "retweets": "3"},
        {"phone": "1212092628029", "text": "Words.", "date": "2020-01-01"},
    ],
)
def test_a_row_that_only_resembles_a_post_is_a_document(
    empty_lab: Lab, tmp_path: Path, row: dict[str, str]
) -> None:
    assert len(documents(add(empty_lab, table(tmp_path / "rows.csv", [row]), acquired=""))) == 1


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    """The rows as a CSV, JSON lines or Parquet file, by the path's ending."""
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


MAILS = {
    "names": {"From": "Ada", "To": "Bo", "Subject": "Keys", "body": "In the mill."},
    "addresses": {"sender": "ada@mill.example", "recipients": "bo@mill.example", "text": "In the mill."},
    "outlook": {"From: (Name)": "Ada", "To: (Name)": "Bo", "Subject": "Keys", "Body": "In the mill."},
    "source": {
        "file": "1.",
        "message": "Message-ID: <1@mill.example>\nDate: Mon, 5 Jan 2015\n\nIn the mill.",
    },
    "copies": {"x_from": "Ada", "cc": "bo@mill.example", "content": "In the mill."},
}
NO_MAILS = {
    "languages": {"from": "en", "to": "de", "text": "The mill."},
    "speech": {"sender": "Ada", "subject": "Mills", "text": "The mill."},
    "nobody": {"from": "", "to": "", "subject": "Mills", "text": "The mill."},
    "words": {"text": "Message-ID is a field of mail."},
}


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("name", [*MAILS, *NO_MAILS])
def test_mail_in_a_table_is_private_and_other_rows_stay_public(
    empty_lab: Lab, tmp_path: Path, name: str, form: str
) -> None:
    row, path = (MAILS | NO_MAILS)[name], tmp_path / f"rows.{form}"
    with path.open("w", newline="") as file:
        if form == "jsonl":
            file.write(json.dumps(row) + "\n")
        else:
            table = csv.DictWriter(file, row)
            table.writeheader()
            table.writerow(row)
    (found,) = documents(add(empty_lab, path))
    assert found.rights.audience == ("private" if name in MAILS else "public")


def test_a_mail_whose_row_says_who_may_read_it_is_believed(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({**MAILS["names"], "audience": "public"}))
    assert documents(add(empty_lab, path))[0].rights.audience == "public"
