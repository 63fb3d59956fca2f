"""Long posts get their whole texts; a text without its post is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from x_archives import assignment, manifest, members, tweet, write_zip

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.post import snowflake_time
from glaswerk.data.source import add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

ID = 1850000000000000123
SECOND = 1000 << 22
LONG = " ".join(f"Word {n} of a long story about the mill." for n in range(30))


def note(text: str, identifier: int = ID, shift: str = "", **core: Any) -> dict[str, Any]:
    """A record of note-tweet.js at the time of a post, which X gives in whole seconds."""
    moment = snowflake_time(str(identifier))
    assert moment is not None
    created = shift or moment.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    core = {"text": text, "mentions": [], "urls": [], "hashtags": [], "cashtags": [], **core}
    lifecycle = {"value": "3", "name": "Done", "originalName": "DONE", "annotations": {}}
    return {
        "noteTweet": {
            "noteTweetId": str(identifier - 77),
            "createdAt": created,
            "updatedAt": created,
            "lifecycle": lifecycle,
            "core": core,
        }
    }


def add(lab: Lab, folder: Path, tweets: list[Any], notes: list[Any], **more: Any) -> Artifact:
    files = members(tweets)
    files["data/note-tweet.js"] = assignment("window.YTD.note_tweet.part0", notes)
    counts = {"tweets": [("data/tweets.js", len(tweets))], "noteTweet": [("data/note-tweet.js", len(notes))]}
    files["data/manifest.js"] = manifest(counts)
    path = write_zip(folder / "a.zip", files)
    return add_posts(lab, [path], licence="own", name="posts", **more)


def documents(made: Artifact) -> dict[int, Document]:
    rows = from_rows(read_rows(made.path / "documents.parquet"))
    return {int(d.id.removeprefix("x:")) - ID: d for d in rows}


@pytest.mark.parametrize("end", ["", "…", "... ", " https://t.co/self", "… https://t.co/self"])
def test_a_cut_post_gets_its_whole_text(empty_lab: Lab, tmp_path: Path, end: str) -> None:
    self_link = {"url": "https://t.co/self", "expanded_url": f"https://twitter.com/i/web/status/{ID}"}
    cut = tweet(ID, LONG[:275] + end, entities={"urls": [self_link]})
    made = add(empty_lab, tmp_path, [cut, tweet(ID + 9 * SECOND, "Later.")], [note(LONG)])
    assert {n: d.text for n, d in documents(made).items()} == {0: LONG, 9 * SECOND: "Later."}
    assert made.stats["left_out"] == {}


def test_links_of_a_note_are_written_out_and_its_names_before_a_reply_kept(
    empty_lab: Lab, tmp_path: Path
) -> None:
    links = [{"shortUrl": "https://t.co/l", "expandedUrl": "https://mill.example"}]
    body = f"See https://t.co/l for more. {LONG}"
    made = add(empty_lab, tmp_path, [tweet(ID, f"@ann {body[:270]}")], [note(body, urls=links)])
    assert documents(made)[0].text == f"@ann See https://mill.example for more. {LONG}"


@pytest.mark.parametrize(
    ("raw", "text"), [("a &lt; b &amp;amp; c", "a < b &amp; c"), ("a < b &amp; c", "a < b &amp; c")]
)
def test_a_note_is_unescaped_once_where_it_is_escaped(
    empty_lab: Lab, tmp_path: Path, raw: str, text: str
) -> None:
    made = add(empty_lab, tmp_path, [tweet(ID, LONG[:275])], [note(f"{LONG} {raw}")])
    assert documents(made)[0].text == f"{LONG} {text}"


def test_of_a_thread_written_at_once_each_post_gets_its_own_note(empty_lab: Lab, tmp_path: Path) -> None:
    texts = [f"Thread on the mill and the ford, part {n}. {n} {LONG}" for n in range(3)]
    tweets = [tweet(ID + n, text[:275]) for n, text in enumerate(texts)]
    made = add(empty_lab, tmp_path, tweets, [note(text) for text in reversed(texts)])
    assert [d.text for d in documents(made).values()] == texts


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        (f"Something else entirely, {LONG}", ""),
        (LONG, "2024-10-26T02:22:29.000Z"),
        (f"Word 0 of a long story about the miller. {LONG[40:]}", "1997-01-01T00:00:00.000Z"),
    ],
)
def test_a_note_that_fits_no_post_is_counted(empty_lab: Lab, tmp_path: Path, text: str, shift: str) -> None:
    made = add(empty_lab, tmp_path, [tweet(ID, LONG[:275])], [note(text, shift=shift)])
    assert documents(made)[0].text == LONG[:275].strip()
    assert made.stats["left_out"] == {"unjoined_note": 1}


def test_one_note_goes_to_one_post_and_a_post_takes_one(empty_lab: Lab, tmp_path: Path) -> None:
    made = add(empty_lab, tmp_path, [tweet(ID, LONG[:275]), tweet(ID + 1, LONG[:100])], [note(LONG)] * 2)
    assert {n: d.text for n, d in documents(made).items()} == {0: LONG, 1: LONG}
    made = add(empty_lab, tmp_path, [tweet(ID, LONG[:275])], [note(LONG)] * 3)
    assert made.stats["left_out"] == {"unjoined_note": 2}


def test_a_note_that_is_shorter_than_its_post_takes_nothing_away(empty_lab: Lab, tmp_path: Path) -> None:
    made = add(empty_lab, tmp_path, [tweet(ID, f"{LONG[:200]} and more")], [note(LONG[:200])])
    assert documents(made)[0].text == f"{LONG[:200]} and more"
    assert made.stats["left_out"] == {}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"core": {}},
        {"core": {"text": "x"}, "createdAt": "soon"},
        {"core": {"text": 3}},
        {"core": {"text": "x"}, "createdAt": "0001-01-01T00:00:00Z"},
    ],
)
def test_a_broken_note_is_refused_and_counted_on_request(
    empty_lab: Lab, tmp_path: Path, broken: dict[str, Any]
) -> None:
    tweets, notes = [tweet(ID, LONG[:275])], [{"noteTweet": broken}, note(LONG)]
    with pytest.raises(GlaswerkError, match=r"note-tweet\.js"):
        add(empty_lab, tmp_path, tweets, notes)
    made = add(empty_lab, tmp_path, tweets, notes, tolerant=True)
    assert documents(made)[0].text == LONG
    assert made.stats["left_out"] == {"broken_record": 1}
