# ruff: noqa: E501 (what programs write has long lines)
"""Logs of IRC: what was said in a channel is public, in a secret channel limited, between two people private."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_docs, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

ASKED = {"include_direct_messages": True, "include_limited": True, "acquired": "public"}
WEECHAT = (
    "2019-03-12 12:00:00\t-->\tada (ada@mill) has joined #mill\n2019-03-12 12:00:01\t@ada\tGood day to all.\n"
    "2019-03-12 12:00:02\t *\tbo bakes bread\n2019-03-12 12:00:03\t--\tMode #mill [+nt] by server\n"
)
IRSSI = (
    "--- Log opened Tue Mar 12 11:59:00 2019\n11:59 -!- ada [ada@mill] has joined #mill\n12:00 <@ada> Good day to all.\n"
    "12:00  * bo bakes bread\n12:00 -!- Irssi: #mill: Total of 2 nicks\n"
).replace("  * ", " * ")
ZNC = "[12:00:00] *** Joins: ada (ada@mill)\n[12:00:01] <ada> Good day to all.\n[12:00:02] * bo bakes bread\n"
HEXCHAT = (
    "**** BEGIN LOGGING AT Tue Mar 12 12:00:00 2019\n\nMar 12 12:00:00 *\tNow talking on #mill\n"
    "Mar 12 12:00:01 <ada>\tGood day to all.\nMar 12 12:00:02 * bo bakes bread\n"
)
MIRC = (
    "Session Start: Tue Mar 12 12:00:00 2019\nSession Ident: #mill\n[12:00] <ada> Good day to all.\n"
    "[12:00] * bo bakes bread\n"
)
BOT = (
    "2019-03-12T12:00:00  *** ada has joined #mill\n2019-03-12T12:00:01  <ada> Good day to all.\n"
    "2019-03-12T12:00:02  * bo bakes bread\n2019-03-12T12:00:02  <ada> \n"
)
CHANNEL = {
    "irc.libera.#mill.weechatlog": WEECHAT,
    "#mill.log": IRSSI,
    "libera/#mill/2019-03-12.log": ZNC,
    "libera-#mill.log": HEXCHAT,
    "mill.log": MIRC,
    "log.txt": BOT,
}


def written(folder: Path, name: str, text: str) -> Path:
    (folder / "in" / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / "in" / name).write_text(text)
    return folder / "in"


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


@pytest.mark.parametrize("name", CHANNEL)
def test_what_was_said_in_a_channel_is_public_with_authors_and_dates(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    made = add_posts(empty_lab, [written(tmp_path, name, CHANNEL[name])], licence="none", acquired="public")
    found = [(d.author, d.text, d.rights.audience) for d in documents(made)]
    assert sorted(found) == [("ada", "Good day to all.", "public"), ("bo", "* bo bakes bread", "public")]
    times = [d.created_at and d.created_at.replace(second=0) for d in documents(made)]
    assert times == [datetime(2019, 3, 12, 12, 0, tzinfo=UTC)] * 2
    assert made.stats["left_out"]["system_message"] > 0


@pytest.mark.parametrize("name", CHANNEL)
def test_what_others_said_needs_a_word_on_its_origin_and_is_no_document(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    folder = written(tmp_path, name, CHANNEL[name])
    with pytest.raises(GlaswerkError, match="several authors"):
        add_posts(empty_lab, [folder], licence="none")
    with pytest.raises(GlaswerkError, match="irc"):
        add_docs(empty_lab, [folder / name], licence="own", acquired="own")


@pytest.mark.parametrize(
    "mode",
    ["2019-03-12 12:00:03\t--\tMode #mill [+s] by ada\n", "2019-03-12 12:00:03\t--\tMode #mill [+nkt word] by ada\n"],
)  # fmt: skip
def test_a_channel_that_the_log_shows_as_closed_is_limited(empty_lab: Lab, tmp_path: Path, mode: str) -> None:
    folder = written(tmp_path, "irc.libera.#mill.weechatlog", WEECHAT + mode)
    found = documents(add_posts(empty_lab, [folder], licence="none", **ASKED))
    assert {d.rights.audience for d in found} == {"limited"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "irc.libera.bo.weechatlog",
            "2019-03-12 12:00:01\tada\tGood day.\n2019-03-12 12:00:02\tbo\tIndeed.\n",
        ),
        ("bo.log", "--- Log opened Tue Mar 12 12:00:00 2019\n12:00 <ada> Good day.\n12:00 <bo> Indeed.\n"),
        ("libera/bo/2019-03-12.log", "[12:00:01] <ada> Good day.\n[12:00:02] <bo> Indeed.\n"),
        ("bo.txt", "[12:00] <ada> Good day.\n[12:00] <bo> Indeed, see #mill and #weir.\n"),
    ],
)
def test_what_two_people_wrote_to_each_other_is_private(
    empty_lab: Lab, tmp_path: Path, name: str, text: str
) -> None:
    folder = written(tmp_path, name, text)
    with pytest.raises(GlaswerkError, match="2 private messages"):
        add_posts(empty_lab, [folder], licence="none")
    found = documents(add_posts(empty_lab, [folder], licence="none", **ASKED))
    assert [(d.author, d.rights.audience) for d in found] == [("ada", "private"), ("bo", "private")]


def test_the_day_changes_within_a_log(empty_lab: Lab, tmp_path: Path) -> None:
    more = "--- Day changed Wed Mar 13 2019\n00:05 <ada> Still up?\n"
    found = documents(
        add_posts(empty_lab, [written(tmp_path, "#mill.log", IRSSI + more)], licence="none", **ASKED)
    )
    assert found[-1].created_at == datetime(2019, 3, 13, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("minutes.txt", "10:00 Opening by the chair.\n10:05 * Budget, see below.\n10:30 Ada spoke of the mill.\n"),
        ("server.log", "2019-03-12 12:00:01 started\n2019-03-12 12:00:02 ready\n2019-03-12 12:00:03 stopped\n"),
        ("play.md", "<ada> is how she signs. At 12:00 she said: good day.\n"),
    ],
)  # fmt: skip
def test_prose_with_times_is_a_document(empty_lab: Lab, tmp_path: Path, name: str, text: str) -> None:
    folder = written(tmp_path, name, text)
    assert add_docs(empty_lab, [folder], licence="own").stats["documents"] == 1


def test_a_chat_of_whatsapp_that_begins_with_a_bracket_is_no_document(empty_lab: Lab, tmp_path: Path) -> None:
    lines = (
        "[12.03.19, 12:00:05] Ada: Meet?\n[12.03.19, 12:01:05] Bo: Yes.\n[12.03.19, 12:02:05] Ada: Good.\n"
    )
    with pytest.raises(GlaswerkError, match="whatsapp"):
        add_docs(empty_lab, [written(tmp_path, "_chat.txt", lines) / "_chat.txt"], licence="own")
