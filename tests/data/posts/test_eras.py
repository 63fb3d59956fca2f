"""Archives of every era of X are told by their content and read alike."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from x_archives import (
    ACCOUNT,
    HANDLE,
    assignment,
    grailbird,
    manifest,
    members,
    status,
    table,
    tweet,
    write_folder,
    write_zip,
)

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.detect import ARCHIVE, find_posts
from glaswerk.data.source import add_likes, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab


def documents(made: Artifact) -> dict[str, Document]:
    return {d.id: d for d in from_rows(read_rows(made.path / "documents.parquet"))}


def add(lab: Lab, path: Path, **more: Any) -> Artifact:
    return add_posts(lab, [path], **{"licence": "own", "name": "posts", **more})


def oldest(*tweets: dict[str, Any], folder: str = "") -> dict[str, str]:
    """An archive of 2019: no manifest, tweet.js, no wrappers around the posts."""
    account = {"username": HANDLE, "accountId": ACCOUNT, "email": "lena@example.org"}
    return {
        f"{folder}tweet.js": assignment("window.YTD.tweet.part0", [t["tweet"] for t in tweets]),
        f"{folder}account.js": assignment("window.YTD.account.part0", [{"account": account}]),
        f"{folder}protected-history.js": assignment("window.YTD.protected_history.part0", []),
        "tweet_media/1-a.jpg": "",
    }


LINK = {"url": "https://t.co/m", "expanded_url": "https://mill.example/?a=1", "indices": [9, 23]}
MAY = [
    status(20, "The mill https://t.co/m &amp; the ford", entities={"urls": [LINK]}),
    status(21, "Second part.", in_reply_to_status_id_str="20", in_reply_to_status_id=20),
    status(22, "RT @mayor: The bridge…", retweeted_status={"id_str": "9", "text": "The bridge is open."}),
]


@pytest.mark.parametrize("top", ["", "12345_abcdef/"])
def test_an_archive_of_2013_gives_posts_threads_and_the_account(
    empty_lab: Lab, tmp_path: Path, top: str
) -> None:
    files = {top + name: text for name, text in grailbird({"2013_05": MAY}).items()}
    found = documents(add(empty_lab, write_zip(tmp_path / "a.zip", files)))
    assert found["x:20"].text == "The mill https://mill.example/?a=1 & the ford\nSecond part."
    assert (found["x:20"].author, found["x:20"].kind) == (HANDLE, "thread")
    assert str(found["x:20"].created_at) == "2013-05-04 12:00:00+00:00"
    assert found["x:22"].retweet_of == "x:9"
    assert set(found) == {"x:20", "x:22"}


def test_a_post_in_both_the_table_and_a_month_is_read_once_from_the_month(
    empty_lab: Lab, tmp_path: Path
) -> None:
    rows = table(
        {"tweet_id": "20", "text": "The mill https://t.co/m &amp; the ford"},
        {"tweet_id": "30", "text": "Only in the table.", "in_reply_to_status_id": "7"},
    )
    made = add(empty_lab, write_zip(tmp_path / "a.zip", grailbird({"2013_05": MAY[:1]}, rows, promised=2)))
    found = documents(made)
    assert found["x:20"].text == "The mill https://mill.example/?a=1 & the ford"
    assert (found["x:30"].text, found["x:30"].reply_to) == ("Only in the table.", "x:7")
    assert (made.stats["documents"], made.stats["left_out"]) == (2, {})


def test_the_table_alone_is_an_archive_whose_account_must_be_named(empty_lab: Lab, tmp_path: Path) -> None:
    rows = table(
        {
            "tweet_id": "31",
            "text": 'Two lines,\n"quoted" https://t.co/a https://t.co/pic',
            "expanded_urls": "https://ford.example/x,https://twitter.com/l/status/31/photo/1",
        },
        {
            "tweet_id": "32",
            "text": "Which is which? https://t.co/b",
            "expanded_urls": "http://a.ex,http://b.ex",
        },
        {"tweet_id": "33", "text": "RT @mayor: Open!", "retweeted_status_id": "9"},
    )
    path = write_zip(tmp_path / "a.zip", {"tweets.csv": rows})
    assert find_posts([path], Counter())[0] == ARCHIVE
    with pytest.raises(GlaswerkError, match="expected") as raised:
        add(empty_lab, path)
    assert "--author" in str(raised.value.hint)
    found = documents(add(empty_lab, path, author="lena"))
    assert found["x:31"].text == 'Two lines,\n"quoted" https://ford.example/x'
    assert found["x:32"].text == "Which is which? https://t.co/b"
    assert found["x:33"].retweet_of == "x:9"


def test_fewer_posts_than_an_old_archive_promises_are_an_error_and_then_a_figure(
    empty_lab: Lab, tmp_path: Path
) -> None:
    path = write_zip(tmp_path / "a.zip", grailbird({"2013_05": MAY[:1]}, promised=4))
    with pytest.raises(GlaswerkError, match="expected 4 records"):
        add(empty_lab, path)
    assert add(empty_lab, path, tolerant=True).stats["missing_records"] == 3


def test_an_old_and_a_new_archive_of_one_account_are_joined(empty_lab: Lab, tmp_path: Path) -> None:
    old = write_zip(tmp_path / "old.zip", grailbird({"2013_05": MAY[:2]}))
    reply = tweet(40, "Third part.", in_reply_to_status_id_str="21")
    new = write_zip(tmp_path / "new.zip", members([tweet(20, "The mill, as X has it now."), reply]))
    made = add_posts(empty_lab, [new, old], licence="own", name="posts")
    assert [d.text for d in documents(made).values()] == [
        "The mill, as X has it now.\nSecond part.\nThird part."
    ]
    assert made.stats["left_out"] == {"repeated_id": 1}


@pytest.mark.parametrize("folder", ["", "data/", "top/", "top/data/"])
@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_of_2019_needs_no_manifest(
    empty_lab: Lab, tmp_path: Path, folder: str, packed: bool
) -> None:
    files = oldest(tweet(1, "First."), tweet(2, "Second.", in_reply_to_status_id_str="1"), folder=folder)
    path = write_zip(tmp_path / "a.zip", files) if packed else write_folder(tmp_path / "a", files)
    assert find_posts([path], Counter())[0] == ARCHIVE
    made = add(empty_lab, path)
    assert [(d.text, d.author) for d in documents(made).values()] == [("First.\nSecond.", HANDLE)]
    # What lies beside the archive in the folder that was named.
    beside = not packed and folder.startswith("top/")
    assert made.stats["left_out"] == ({"unsupported_file": 1} if beside else {})


def test_protected_times_and_deletions_hold_without_a_manifest(empty_lab: Lab, tmp_path: Path) -> None:
    event = {"protectedHistory": {"action": "Protect", "protectedAt": "2018-01-01T00:00:00.000Z"}}
    files = {
        **oldest(tweet(1, "Behind the lock."), tweet(2, "Gone.")),
        "protected-history.js": assignment("window.YTD.protected_history.part0", [event]),
        "deleted-tweet.js": assignment("window.YTD.deleted_tweet.part0", [tweet(2, "Gone.")]),
        "direct-message.js": assignment("window.YTD.direct_message.part0", [{"dmConversation": {}}] * 3),
    }
    made = add(empty_lab, write_zip(tmp_path / "a.zip", files))
    assert {i: d.rights.audience for i, d in documents(made).items()} == {"x:1": "limited"}
    assert made.stats["left_out"] == {"deleted": 1, "direct_message": 3}


def test_of_a_broken_file_without_wrappers_the_whole_records_are_saved(
    empty_lab: Lab, tmp_path: Path
) -> None:
    files = oldest(*(tweet(i, f"Post {i}, about the fair.") for i in (1, 2, 3)))
    files["tweet.js"] = files["tweet.js"].replace('"Post 2', '"Post" 2')
    path = write_zip(tmp_path / "a.zip", files)
    with pytest.raises(GlaswerkError, match="line 1 column"):
        add(empty_lab, path)
    made = add(empty_lab, path, tolerant=True)
    assert set(documents(made)) == {"x:1", "x:3"}
    assert made.stats["left_out"] == {"broken_record": 1}


def test_a_folder_of_unpacked_archives_stands_for_them(empty_lab: Lab, tmp_path: Path) -> None:
    write_folder(tmp_path / "all/one", grailbird({"2013_05": MAY[:1]}))
    write_folder(tmp_path / "all/two", members([tweet(50, "Newer.")], handle="other"))
    assert find_posts([tmp_path / "all"], Counter())[0] == ARCHIVE
    assert add(empty_lab, tmp_path / "all").stats["archives"] == 2


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("tweet_id,text\n1,a\n", "timestamp"),
        ("", "tweet_id"),
        (table({"tweet_id": "1.5e17", "text": "rounded"}), "line 2"),
        (table({"tweet_id": "", "text": "no id"}), "line 2"),
        (table({"tweet_id": "1", "text": "a"}) + '"2","open', "end of data"),
        (table({"tweet_id": "1", "text": "a" * 200_000}), "field larger"),
        (table({"tweet_id": "1", "text": "a"}) + "2\n", "line 3"),
    ],
)
def test_a_table_that_x_would_not_write_is_refused(
    empty_lab: Lab, tmp_path: Path, rows: str, found: str
) -> None:
    path = write_zip(tmp_path / "a.zip", {"tweets.csv": rows})
    with pytest.raises(GlaswerkError) as raised:
        add(empty_lab, path, author="lena")
    assert found in raised.value.message
    assert raised.value.hint


def test_an_archive_of_2019_of_other_account_files_has_their_handle(empty_lab: Lab, tmp_path: Path) -> None:
    files = oldest(tweet(1, "First."))
    files["account.js"] = assignment("window.YTD.account.part0", [{"username": "bare", "accountId": "1"}])
    assert documents(add(empty_lab, write_zip(tmp_path / "a.zip", files)))["x:1"].author == "bare"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["1", "21", "9" * 30, "x\x00", "Wed Oct 10 20:19:24 +0000 1997", "https://t.co/m"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "tweet",
                    "id_str",
                    "id",
                    "full_text",
                    "text",
                    "entities",
                    "urls",
                    "media",
                    "url",
                    "expanded_url",
                    "indices",
                    "in_reply_to_status_id_str",
                    "created_at",
                    "retweeted_status",
                    "edit_info",
                    "initial",
                    "editTweetIds",
                    "noteTweet",
                    "core",
                    "createdAt",
                    "like",
                    "tweetId",
                    "fullText",
                    "lang",
                    "protectedHistory",
                    "protectedAt",
                    "dmConversation",
                    "messages",
                    "messageCreate",
                    "screen_name",
                    "account",
                    "username",
                    "accountId",
                    "tweets",
                    "dataTypes",
                    "files",
                    "fileName",
                    "count",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
FILES = (
    ("data/manifest.js", "window.__THAR_CONFIG"),
    ("data/tweets.js", "window.YTD.tweets.part0"),
    ("tweet.js", "window.YTD.tweet.part0"),
    ("data/note-tweet.js", "window.YTD.note_tweet.part0"),
    ("data/like.js", "window.YTD.like.part0"),
    ("data/account.js", "window.YTD.account.part0"),
    ("data/community-tweet.js", "window.YTD.community_tweet.part0"),
    ("data/deleted-tweets.js", "window.YTD.deleted_tweets.part0"),
    ("data/protected-history.js", "window.YTD.protected_history.part0"),
    ("data/direct-messages.js", "window.YTD.direct_messages.part0"),
    ("data/js/tweets/2013_05.js", "Grailbird.data.tweets_2013_05"),
    ("data/js/user_details.js", "var user_details"),
    ("data/js/payload_details.js", "var payload_details"),
)


@given(
    contents=st.dictionaries(st.sampled_from(FILES), VALUES | st.lists(VALUES, max_size=4), max_size=5),
    rows=st.none()
    | st.text(max_size=80)
    | st.lists(st.text(max_size=9), max_size=9).map(
        lambda fields: table({"tweet_id": "1", "text": "a"}) + ",".join(fields)
    ),
    tolerant=st.booleans(),
    join=st.sampled_from(["posts", "threads", "conversations"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_no_archive_raises_anything_but_our_error(
    empty_lab: Lab,
    tmp_path: Path,
    contents: dict[tuple[str, str], Any],
    rows: str | None,
    tolerant: bool,
    join: str,
) -> None:
    files: dict[str, str | bytes] = {
        name: f"{target} = {json.dumps(value)}" for (name, target), value in contents.items()
    }
    if rows is not None:
        files["tweets.csv"] = rows.encode("utf-8", "surrogatepass")
    if not files or "data/manifest.js" not in files:
        files.setdefault("data/manifest.js", manifest({"tweets": [("data/tweets.js", 1)], "like": []}))
    if len(files) % 2:
        del files["data/manifest.js"]
    path = write_zip(tmp_path / "a.zip", files)
    # Only our own error is suppressed: any other fails the test.
    with suppress(GlaswerkError):
        made = add_posts(
            empty_lab,
            [path],
            licence="own",
            author="lena",
            tolerant=tolerant,
            join=join,
            include_deleted=True,
            include_limited=True,
            include_direct_messages=True,
        )
        assert made.stats["documents"] > 0
    with suppress(GlaswerkError):
        add_likes(empty_lab, [path], licence="X terms", acquired="public", tolerant=tolerant)
