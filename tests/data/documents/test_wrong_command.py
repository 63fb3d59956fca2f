"""Archives and API records of X are posts with rules of their own, and no documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_docs import add, documents, tarred, zipped

from glaswerk.core.errors import GlaswerkError
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
