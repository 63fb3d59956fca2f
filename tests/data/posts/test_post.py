"""Posts of an X archive become documents: text, edges, threads, edits, deletions, messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from x_archives import ACCOUNT, HANDLE, members, tweet, write_zip

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.post import read_post
from glaswerk.data.source import add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab


def documents(made: Artifact) -> dict[str, Document]:
    return {d.id: d for d in from_rows(read_rows(made.path / "documents.parquet"))}


def add(lab: Lab, folder: Path, tweets: list[dict[str, object]], **more: object) -> Artifact:
    names = ("deleted", "messages", "protected")
    parts = {key: more.pop(key) for key in names if key in more}
    path = write_zip(folder / "archive.zip", members(tweets, **parts))  # type: ignore[arg-type]
    return add_posts(lab, [path], licence="CC-BY-4.0", name="posts", **more)  # type: ignore[arg-type]


def test_a_post_keeps_its_id_author_time_address_and_rights(empty_lab: Lab, tmp_path: Path) -> None:
    identifier = 1850000000000000123
    found = documents(add(empty_lab, tmp_path, [tweet(identifier, "Grüße vom Markt 🧁")]))
    document = found[f"x:{identifier}"]
    assert document.text == "Grüße vom Markt 🧁"
    assert (document.author, document.kind, document.source, document.lang) == (HANDLE, "post", "posts", "en")
    assert document.created_at == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert document.url == f"https://x.com/{HANDLE}/status/{identifier}"
    assert (document.rights.licence, document.rights.acquired) == ("CC-BY-4.0", "own")
    assert document.rights.audience == "public"


def test_entities_are_unescaped_once_and_short_links_expanded() -> None:
    record = tweet(
        1,
        "Fish &amp; chips &amp;lt;3 https://t.co/abc https://t.co/gone",
        entities={"urls": [{"url": "https://t.co/abc", "expanded_url": "https://example.org/a?b=1&c=2"}]},
    )
    assert (
        read_post(record["tweet"]).text
        == "Fish & chips &lt;3 https://example.org/a?b=1&c=2 https://t.co/gone"
    )


def test_trailing_media_links_go_and_their_files_stay_as_references() -> None:
    media = [
        {"url": "https://t.co/pic", "media_url_https": f"https://pbs.twimg.com/media/{name}.jpg"}
        for name in ("one", "two")
    ]
    record = tweet(77, "Two ducks https://t.co/pic", extended_entities={"media": media})
    post = read_post(record["tweet"])
    assert post.text == "Two ducks"
    assert post.media == ("77-one.jpg", "77-two.jpg")


def test_a_retweet_is_kept_as_a_document_that_says_so(empty_lab: Lab, tmp_path: Path) -> None:
    tweets = [tweet(1, "RT @mayor: The bridge is open."), tweet(2, "Not RT @mayor: a joke.")]
    found = documents(add(empty_lab, tmp_path, tweets))
    assert found["x:1"].retweet_of == "@mayor"
    assert found["x:2"].retweet_of == ""


def test_replies_and_quotes_become_edges(empty_lab: Lab, tmp_path: Path) -> None:
    link = {"url": "https://t.co/q", "expanded_url": "https://twitter.com/other/status/42"}
    tweets = [
        tweet(10, "@other I agree with that.", in_reply_to_status_id_str="9"),
        tweet(11, "Look at this https://t.co/q", entities={"urls": [link]}),
    ]
    found = documents(add(empty_lab, tmp_path, tweets))
    assert (found["x:10"].reply_to, found["x:11"].quote_of) == ("x:9", "x:42")


def test_a_thread_is_one_document_in_time_order_under_the_id_of_its_root(
    empty_lab: Lab, tmp_path: Path
) -> None:
    tweets = [
        tweet(103, f"@{HANDLE} Third part.", in_reply_to_status_id_str="102"),
        tweet(101, "First part."),
        tweet(102, "Second part.", in_reply_to_status_id_str="101"),
        tweet(104, "Something else."),
        tweet(105, "@ann Reply to Ann.", in_reply_to_status_id_str="99"),
    ]
    made = add(empty_lab, tmp_path, tweets)
    found = documents(made)
    assert set(found) == {"x:101", "x:104", "x:105"}
    assert found["x:101"].text == "First part.\nSecond part.\nThird part."
    assert found["x:101"].kind == "thread"
    parts = {(row["part"], row["document"]) for row in read_rows(made.path / "parts.parquet")}
    assert parts == {("x:102", "x:101"), ("x:103", "x:101")}


def test_of_an_edited_post_only_the_last_version_stays(empty_lab: Lab, tmp_path: Path) -> None:
    info = {"initial": {"editTweetIds": ["201", "202", "203"]}}
    tweets = [tweet(i, f"Version {i} of the notice.", edit_info=info) for i in (202, 201, 203)]
    made = add(empty_lab, tmp_path, tweets)
    found = documents(made)
    assert list(found) == ["x:203"]
    assert found["x:203"].edit_of == "x:201"
    assert made.stats["left_out"] == {"superseded_edit": 2}
    parts = {
        (row["part"], row["document"], row["relation"]) for row in read_rows(made.path / "parts.parquet")
    }
    assert parts == {("x:201", "x:203", "edit"), ("x:202", "x:203", "edit")}


def test_a_reply_to_an_older_version_joins_the_thread_of_the_last(empty_lab: Lab, tmp_path: Path) -> None:
    info = {"initial": {"editTweetIds": ["201", "202"]}}
    tweets = [
        tweet(201, "Frist.", edit_info=info),
        tweet(202, "First.", edit_info=info),
        tweet(203, "Second.", in_reply_to_status_id_str="201"),
    ]
    assert documents(add(empty_lab, tmp_path, tweets))["x:202"].text == "First.\nSecond."


def test_deleted_posts_stay_out_by_default_and_come_in_on_request(empty_lab: Lab, tmp_path: Path) -> None:
    deleted = [tweet(302, "I regret this post.", deleted_at="2020")]
    tweets = [tweet(301, "A post that stays.")]
    made = add(empty_lab, tmp_path, tweets, deleted=deleted)
    assert set(documents(made)) == {"x:301"}
    assert made.stats["left_out"] == {"deleted": 1}
    assert [row["id"] for row in read_rows(made.path / "tombstones.parquet")] == ["x:302"]
    again = add(empty_lab, tmp_path, tweets, deleted=deleted, include_deleted=True)
    assert set(documents(again)) == {"x:301", "x:302"}


def test_a_deletion_in_a_newer_archive_removes_the_post_of_an_older_one(
    empty_lab: Lab, tmp_path: Path
) -> None:
    older = write_zip(tmp_path / "older.zip", members([tweet(1, "Gone later."), tweet(2, "Stays.")]))
    newer = write_zip(
        tmp_path / "newer.zip", members([tweet(2, "Stays.")], deleted=[tweet(1, "Gone later.")])
    )
    for order in ([older, newer], [newer, older]):
        made = add_posts(empty_lab, order, licence="own", name="posts")
        assert set(documents(made)) == {"x:2"}
    assert made.stats["left_out"]["repeated_id"] == 1


@pytest.mark.parametrize("dates", [("", ""), ("2024-05-01T00:00:00.000Z", "2025-05-01T00:00:00.000Z")])
def test_archives_of_one_account_are_joined_before_their_threads(
    empty_lab: Lab, tmp_path: Path, dates: tuple[str, str]
) -> None:
    first, second = tweet(10, "One."), tweet(11, "Two.", in_reply_to_status_id_str="10")
    third = tweet(12, "Three.", in_reply_to_status_id_str="11")
    older = write_zip(tmp_path / "older.zip", members([first, second], generated=dates[0]))
    newer = write_zip(
        tmp_path / "newer.zip",
        members([tweet(10, "One, as X has it now."), second, third], generated=dates[1]),
    )
    made = add_posts(empty_lab, [newer, older], licence="own", name="posts")
    assert documents(made)["x:10"].text == "One, as X has it now.\nTwo.\nThree."
    assert made.stats["documents"] == 1
    assert made.stats["left_out"] == {"repeated_id": 2}


def test_an_edit_that_one_archive_alone_knows_of_supersedes_the_post_in_both(
    empty_lab: Lab, tmp_path: Path
) -> None:
    info = {"initial": {"editTweetIds": ["21", "22"]}}
    older = write_zip(tmp_path / "older.zip", members([tweet(21, "Frist.")]))
    newer = write_zip(tmp_path / "newer.zip", members([tweet(22, "First.", edit_info=info)]))
    made = add_posts(empty_lab, [older, newer], licence="own", name="posts")
    assert [d.text for d in documents(made).values()] == ["First."]
    assert made.stats["left_out"] == {"superseded_edit": 1}


def test_a_protected_time_that_a_newer_archive_ends_does_not_go_on(empty_lab: Lab, tmp_path: Path) -> None:
    shut, opened = (
        {"protectedHistory": {"action": action, "protectedAt": f"{year}-01-01T00:00:00.000Z"}}
        for action, year in (("Protect", 2018), ("Unprotect", 2019))
    )
    late = tweet(2, "Open.", created_at="Wed Oct 10 20:19:24 +0000 2020")
    tweets = [tweet(1, "Behind the lock.")]
    older = write_zip(tmp_path / "older.zip", members(tweets, protected=[shut]))
    newer = write_zip(tmp_path / "newer.zip", members([*tweets, late], protected=[shut, opened]))
    found = documents(add_posts(empty_lab, [older, newer], licence="own", name="posts"))
    assert [found[i].rights.audience for i in ("x:1", "x:2")] == ["limited", "public"]


CONVERSATION = {
    "dmConversation": {
        "conversationId": "1-2",
        "messages": [
            {
                "messageCreate": {
                    "id": "8",
                    "senderId": ACCOUNT,
                    "text": "Mine.",
                }
            },
            {"messageCreate": {"id": "9", "senderId": "999", "text": "Theirs."}},
        ],
    }
}


def test_direct_messages_stay_unopened_by_default(empty_lab: Lab, tmp_path: Path) -> None:
    made = add(empty_lab, tmp_path, [tweet(1, "Public.")], messages=[CONVERSATION])
    assert set(documents(made)) == {"x:1"}
    assert made.stats["left_out"] == {"direct_message": 1}


def test_on_request_the_accounts_own_messages_come_in_as_private(empty_lab: Lab, tmp_path: Path) -> None:
    made = add(
        empty_lab, tmp_path, [tweet(1, "Public.")], messages=[CONVERSATION], include_direct_messages=True
    )
    found = documents(made)
    assert found["xdm:8"].rights.audience == "private"
    assert set(found) == {"x:1", "xdm:8"}
    assert made.stats["left_out"] == {"message_of_others": 1}


def test_posts_of_a_protected_time_have_a_limited_audience(empty_lab: Lab, tmp_path: Path) -> None:
    events = [
        {"protectedHistory": {"action": action, "protectedAt": f"{year}-01-01T00:00:00.000Z"}}
        for action, year in (("Protect", 2018), ("Unprotect", 2019))
    ]
    tweets = [tweet(1, "Behind the lock."), tweet(2, "Open.", created_at="Wed Oct 10 20:19:24 +0000 2020")]
    found = documents(add(empty_lab, tmp_path, tweets, protected=events))
    assert [found[i].rights.audience for i in ("x:1", "x:2")] == ["limited", "public"]


def test_the_same_archives_are_not_read_twice_whatever_their_order(empty_lab: Lab, tmp_path: Path) -> None:
    paths = [
        write_zip(tmp_path / f"{name}.zip", members([tweet(i, f"Post of {name}.")], handle=name))
        for i, name in enumerate(("ann", "bob"), start=1)
    ]
    first = add_posts(empty_lab, paths, licence="own", name="posts")
    again = add_posts(empty_lab, paths[::-1], licence="own", name="posts")
    assert again == first
    assert {d.author for d in documents(first).values()} == {"ann", "bob"}
    assert first.stats["archives"] == 2


def test_a_folder_of_zips_stands_for_its_zips(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    for i, name in enumerate(("ann", "bob"), start=1):
        write_zip(folder / f"{name}.zip", members([tweet(i, f"Post of {name}.")], handle=name))
    assert add_posts(empty_lab, [folder], licence="own").stats["archives"] == 2


def test_a_source_without_a_name_is_called_after_its_file(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "Twitter 2026-01-31.zip", members([tweet(1, "Post.")]))
    made = add_posts(empty_lab, [path], licence="own")
    assert made.name.startswith("twitter-2026-01-31-")
    assert empty_lab.find("source", made.name) is not None


def test_lone_surrogates_do_not_reach_the_file(empty_lab: Lab, tmp_path: Path) -> None:
    files = members([tweet(1, "x")])
    raw = json.dumps([tweet(1, "half \ud83d emoji")])
    files["data/tweets.js"] = f"window.YTD.tweets.part0 = {raw}"
    made = add_posts(empty_lab, [write_zip(tmp_path / "a.zip", files)], licence="own")
    assert documents(made)["x:1"].text == "half \ufffd emoji"


def test_a_licence_is_asked_for(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", members([tweet(1, "Post.")]))
    with pytest.raises(GlaswerkError, match="licence"):
        add_posts(empty_lab, [path], licence=" ")


def test_the_towns_archives_come_in_whole(town: Path, empty_lab: Lab) -> None:
    made = add_posts(empty_lab, sorted((town / "archives").glob("*.zip")), licence="CC0-1.0", name="town")
    left_out = made.stats["left_out"]
    assert made.stats["missing_records"] == 0
    assert left_out["deleted"] > 0
    assert left_out["direct_message"] > 0
    assert left_out["superseded_edit"] > 0
    found = documents(made)
    assert any(d.kind == "thread" for d in found.values())
    assert any(d.retweet_of for d in found.values())
    assert not any(d.id.startswith("xdm:") for d in found.values())
