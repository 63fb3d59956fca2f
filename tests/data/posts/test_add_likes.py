"""What was not written for everyone, or not by the account, stays out unless asked for by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from x_archives import assignment, manifest, members, tweet, write_zip

from glaswerk.cli.main import cli
from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_likes, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

OTHERS = 1850000000000000123
UNABLE = "You’re unable to view this Post because this Post is from a suspended account. Learn more"


def documents(made: Artifact) -> dict[str, Document]:
    return {d.id: d for d in from_rows(read_rows(made.path / "documents.parquet"))}


def like(identifier: object, text: str | None) -> dict[str, Any]:
    record = {"tweetId": identifier, "expandedUrl": f"https://twitter.com/i/web/status/{identifier}"}
    return {"like": record if text is None else {**record, "fullText": text}}


LIKES = [
    like(str(OTHERS), "Ducks &amp; geese on the river"),
    like(str(OTHERS), "again"),
    like("1", "my own"),
    like("5", UNABLE),
    like("6", None),
]
CIRCLE = [tweet(70, "For the circle."), tweet(71, "More.", in_reply_to_status_id_str="70")]
COMMUNITY = [tweet(80, "For the community.")]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    files = members([tweet(1, "my own"), tweet(81, "Public.", in_reply_to_status_id_str="80")])
    listed: dict[str, list[tuple[str, int]]] = {"tweets": [("data/tweets.js", 2)]}
    for kind, name, records in (
        ("like", "like", LIKES),
        ("twitterCircleTweet", "twitter-circle-tweet", CIRCLE),
        ("communityTweet", "community-tweet", COMMUNITY),
    ):
        files[f"data/{name}.js"] = assignment(f"window.YTD.{name.replace('-', '_')}.part0", records)
        listed[kind] = [(f"data/{name}.js", len(records))]
    files["data/manifest.js"] = manifest(listed)
    return write_zip(tmp_path / "a.zip", files)


def test_likes_and_posts_for_few_are_counted_and_stay_out(empty_lab: Lab, archive: Path) -> None:
    made = add_posts(empty_lab, [archive], licence="own", name="posts")
    assert set(documents(made)) == {"x:1", "x:81"}
    assert made.stats["left_out"] == {"like": 5, "limited_audience": 3}


def test_posts_for_few_come_in_as_limited_and_limit_their_thread(empty_lab: Lab, archive: Path) -> None:
    made = add_posts(empty_lab, [archive], licence="own", name="posts", include_limited=True)
    found = documents(made)
    assert {i: d.rights.audience for i, d in found.items()} == {
        "x:1": "public",
        "x:70": "limited",
        "x:80": "limited",
    }
    assert (found["x:70"].text, found["x:80"].text) == (
        "For the circle.\nMore.",
        "For the community.\nPublic.",
    )
    assert made.stats["left_out"] == {"like": 5}


@pytest.mark.parametrize("acquired", ["", "own", "found"])
def test_likes_need_a_word_on_how_they_were_acquired(empty_lab: Lab, archive: Path, acquired: str) -> None:
    with pytest.raises(GlaswerkError, match="how"):
        add_likes(empty_lab, [archive], licence="X terms", acquired=acquired)


def test_likes_are_posts_of_unknown_authors_and_never_own(empty_lab: Lab, archive: Path) -> None:
    made = add_likes(empty_lab, [archive], licence="X terms", acquired="licensed", name="likes")
    (found,) = documents(made).values()
    assert (found.id, found.text, found.author, found.kind) == (
        f"x:{OTHERS}",
        "Ducks & geese on the river",
        "",
        "post",
    )
    assert (found.rights.acquired, found.rights.licence) == ("licensed", "X terms")
    assert str(found.created_at) == "2024-10-26 02:22:25.994000+00:00"
    assert made.stats["left_out"] == {"own_like": 1, "repeated_id": 1, "unavailable": 2}


def test_a_like_without_an_id_is_refused_and_counted_on_request(empty_lab: Lab, tmp_path: Path) -> None:
    files = members([tweet(1, "x")])
    files["data/like.js"] = assignment("window.YTD.like.part0", [*LIKES, like(1.5, "a float")])
    files["data/manifest.js"] = manifest({"tweets": [("data/tweets.js", 1)], "like": [("data/like.js", 6)]})
    path = write_zip(tmp_path / "a.zip", files)
    with pytest.raises(GlaswerkError, match=r"like\.js.*record 6"):
        add_likes(empty_lab, [path], licence="X terms", acquired="public")
    made = add_likes(empty_lab, [path], licence="X terms", acquired="public", tolerant=True)
    assert made.stats["left_out"]["broken_record"] == 1


def test_the_command_takes_likes_as_a_source_of_their_own(empty_lab: Lab, archive: Path) -> None:
    words = ["add", "posts", str(archive), "--lab", str(empty_lab.root), "--licence", "X terms", "--likes"]
    mixed = CliRunner().invoke(cli, [*words, "--acquired", "public", "--limited"])
    assert "a separate source" in str(mixed.exception)
    silent = CliRunner().invoke(cli, words)
    assert "expected how you came by the right" in str(silent.exception)
    assert CliRunner().invoke(cli, [*words, "--acquired", "public", "--name", "likes"]).exit_code == 0
    made = empty_lab.find("source", "likes")
    assert made is not None
    assert set(documents(made)) == {f"x:{OTHERS}"}


def also_public(path: Path) -> Path:
    """An archive whose post to a circle stands in tweets.js, too, and whose owner liked own posts."""
    liked = [like("70", "For the circle."), like("2", "deleted"), like(str(OTHERS), "by someone")]
    parts: dict[str, tuple[str, list[Any]]] = {
        "tweets": ("tweets", [tweet(1, "for all"), tweet(70, "For the circle.")]),
        "twitterCircleTweet": ("twitter-circle-tweet", [tweet(70, "For the circle.")]),
        "deletedTweets": ("deleted-tweets", [tweet(2, "deleted")]),
        "like": ("like", liked),
    }
    files = {
        f"data/{name}.js": assignment(f"window.YTD.{kind}.part0", r) for kind, (name, r) in parts.items()
    }
    listed = {kind: [(f"data/{name}.js", len(records))] for kind, (name, records) in parts.items()}
    files["data/manifest.js"] = manifest(listed)
    return write_zip(path, files)


def test_a_post_to_a_circle_is_never_public_wherever_else_it_stands(empty_lab: Lab, tmp_path: Path) -> None:
    path = also_public(tmp_path / "a.zip")
    made = add_posts(empty_lab, [path], licence="own", name="posts")
    assert set(documents(made)) == {"x:1"}
    assert made.stats["left_out"]["limited_audience"] == 1
    more = add_posts(empty_lab, [path], licence="own", name="more", include_limited=True)
    assert {i: d.rights.audience for i, d in documents(more).items()} == {"x:1": "public", "x:70": "limited"}


def test_own_posts_that_are_deleted_or_for_few_do_not_come_in_as_likes(
    empty_lab: Lab, tmp_path: Path
) -> None:
    path = also_public(tmp_path / "a.zip")
    made = add_likes(empty_lab, [path], licence="X terms", acquired="public")
    assert set(documents(made)) == {f"x:{OTHERS}"}
    assert made.stats["left_out"] == {"own_like": 2}
