"""A town of one's own is a real archive: the readers of the lab take it like any other."""

from __future__ import annotations

from glaswerk.data.source import add_chats, add_docs, add_images, add_posts
from glaswerk.lab import Lab
from tests.town.written import Town


def test_the_archives_are_read_as_posts_of_the_town(town: Town, empty_lab: Lab) -> None:
    archives = sorted((town.out / "archives").glob("*.zip"))
    posts = add_posts(empty_lab, archives, licence="CC0-1.0", name="posts")
    edited = {
        number for _, tweet in town.tweets for number in tweet["edit_info"]["initial"]["editTweetIds"][:-1]
    }
    retweets = sum(tweet["full_text"].startswith("RT @") for _, tweet in town.tweets)
    assert posts.stats["documents"] >= len(town.tweets) - retweets - len(edited) - town.counts["accounts"]
    assert posts.stats["documents"] <= len(town.tweets)


def test_chats_docs_and_pictures_are_read_in_full(town: Town, empty_lab: Lab) -> None:
    chats = add_chats(empty_lab, [town.out / "chats.jsonl"], licence="CC0-1.0", name="chats")
    docs = add_docs(empty_lab, [town.out / "docs"], licence="CC0-1.0", name="docs")
    images = add_images(empty_lab, [town.out / "images"], licence="CC0-1.0", name="images")
    assert chats.stats["documents"] == len(town.chats)
    assert docs.stats["documents"] == len(town.docs)
    assert images.stats["documents"] == 40
