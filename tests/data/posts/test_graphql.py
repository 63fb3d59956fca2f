"""Answers of X's website: GraphQL results at any place, and the search answers before them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from x_exports import FIRST, lines

from glaswerk.core.document import Document, from_rows
from glaswerk.data.source import add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

DATE = "Sat Oct 26 02:22:25 +0000 2024"


def result(number: int, text: str, handle: str = "mill_ann", **more: Any) -> dict[str, Any]:
    """One post as GraphQL gives it; keys of `legacy` among `more` go there."""
    inner = {
        key: more.pop(key) for key in ("retweeted_status_result", "in_reply_to_status_id_str") if key in more
    }
    user = {"__typename": "User", "rest_id": "77", "legacy": {"screen_name": handle, "protected": False}}
    return {
        "__typename": "Tweet",
        "rest_id": str(FIRST + number),
        "core": {"user_results": {"result": user}},
        "legacy": {
            "id_str": str(FIRST + number),
            "full_text": text,
            "created_at": DATE,
            "lang": "en",
            **inner,
        },
        **more,
    }


def timeline(*results: dict[str, Any]) -> dict[str, Any]:
    entries = [
        {"content": {"itemContent": {"itemType": "TimelineTweet", "tweet_results": {"result": one}}}}
        for one in results
    ]
    instructions = [{"type": "TimelineAddEntries", "entries": entries}]
    return {"data": {"user": {"result": {"timeline_v2": {"timeline": {"instructions": instructions}}}}}}


def add(lab: Lab, path: Path, *records: Any) -> Artifact:
    (path / "web.jsonl").write_bytes(lines(*records))
    return add_posts(lab, [path / "web.jsonl"], licence="X terms", acquired="licensed")


def documents(made: Artifact) -> dict[int, Document]:
    rows = from_rows(read_rows(made.path / "documents.parquet"))
    return {int(d.id.removeprefix("x:")) - FIRST: d for d in rows}


def test_the_posts_of_a_timeline_are_found_with_authors_and_dates(empty_lab: Lab, tmp_path: Path) -> None:
    moved = result(2, "Handles moved in 2025.")
    moved["core"] = {"user_results": {"result": {"core": {"screen_name": "baker_bo"}, "legacy": {}}}}
    made = add(
        empty_lab, tmp_path, timeline(result(1, "The mill &amp; the ford"), moved), result(3, "Alone.")
    )
    found = documents(made)
    assert {n: (d.text, d.author) for n, d in found.items()} == {
        1: ("The mill & the ford", "mill_ann"),
        2: ("Handles moved in 2025.", "baker_bo"),
        3: ("Alone.", "mill_ann"),
    }
    assert all(d.created_at is not None and d.created_at.year == 2024 for d in found.values())


def test_long_posts_and_articles_are_taken_in_full(empty_lab: Lab, tmp_path: Path) -> None:
    note = {"note_tweet_results": {"result": {"text": "Long & whole, with R&amp;D. " * 20, "entity_set": {}}}}
    blocks = [{"text": "First paragraph."}, {"text": ""}, {"text": "Second paragraph."}]
    article = {"title": "On mills", "content_state": {"blocks": blocks}}
    made = add(
        empty_lab,
        tmp_path,
        result(1, "Long…", note_tweet=note),
        result(2, "https://t.co/x", article={"article_results": {"result": article}}),
    )
    found = documents(made)
    assert found[1].text == ("Long & whole, with R&amp;D. " * 20).strip()
    assert found[2].text == "On mills\n\nFirst paragraph.\nSecond paragraph."


def test_quotes_are_documents_and_retweets_edges(empty_lab: Lab, tmp_path: Path) -> None:
    original = {"result": {"__typename": "TweetWithVisibilityResults", "tweet": result(1, "The original.")}}
    made = add(
        empty_lab,
        tmp_path,
        result(2, "RT @mill_ann: The orig…", "baker_bo", retweeted_status_result=original),
        result(4, "Look!", quoted_status_result={"result": result(3, "Quoted.")}),
    )
    assert {n: d.text for n, d in documents(made).items()} == {1: "The original.", 3: "Quoted.", 4: "Look!"}
    parts = [tuple(row.values()) for row in read_rows(made.path / "parts.parquet")]
    assert parts == [(f"x:{FIRST + 2}", f"x:{FIRST + 1}", "retweet")]


@pytest.mark.parametrize("key", ["trusted_friends_info_result", "community_results", "exclusivity_info"])
def test_a_post_for_few_is_limited(empty_lab: Lab, tmp_path: Path, key: str) -> None:
    made = add(empty_lab, tmp_path, timeline(result(1, "For few.", **{key: {"result": {"id": "5"}}})))
    assert documents(made)[1].rights.audience == "limited"


def test_a_protected_account_is_limited_wherever_the_answer_says_so(empty_lab: Lab, tmp_path: Path) -> None:
    one = result(1, "For followers.")
    user = {"core": {"screen_name": "mill_ann"}, "privacy": {"protected": True}}
    one["core"] = {"user_results": {"result": user}}
    assert documents(add(empty_lab, tmp_path, one))[1].rights.audience == "limited"


def test_the_old_search_answer_keeps_posts_and_users_apart(empty_lab: Lab, tmp_path: Path) -> None:
    tweet = {"id_str": str(FIRST + 1), "full_text": "Found.", "created_at": DATE, "user_id_str": "77"}
    answer = {
        "globalObjects": {
            "tweets": {str(FIRST + 1): tweet},
            "users": {"77": {"id_str": "77", "screen_name": "mill_ann", "protected": True}},
        },
        "timeline": {"instructions": []},
    }
    (found,) = documents(add(empty_lab, tmp_path, answer)).values()
    assert (found.text, found.author, found.rights.audience) == ("Found.", "mill_ann", "limited")


def test_an_answer_without_posts_is_counted_and_a_deep_one_ends(empty_lab: Lab, tmp_path: Path) -> None:
    deep: Any = result(9, "Too deep.")
    for _ in range(300):
        deep = {"result": deep}
    made = add(empty_lab, tmp_path, result(1, "Here."), {"data": {"user": {}}}, deep)
    assert list(documents(made)) == [1]
    assert made.stats["left_out"] == {"not_a_post": 2}
