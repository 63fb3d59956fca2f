"""A post that any source knows to be for few people is public in no source, whatever the order of adding."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from x_archives import members, tweet, write_zip
from x_exports import FIRST, lines, status

from glaswerk.core.artifact_files import DOCUMENTS, LIMITED
from glaswerk.data.curate.curate import curate
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.source import add_docs, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

CIRCLE, REPLY, PUBLIC = FIRST + 1, FIRST + 2, FIRST + 3
TEXTS = {
    CIRCLE: "The secret supper is at the old mill tonight, bring a lantern.",
    REPLY: "And nobody else should hear of it before the morning comes.",
    PUBLIC: "The weekly market opens at eight on the square near the church.",
}
DATE = "Sat Oct 26 02:22:25 +0000 2024"


def archive(path: Path) -> list[Path]:
    """An archive with two public posts and one to a circle, which X writes into tweets.js as well."""
    posts = [tweet(number, TEXTS[number], created_at=DATE) for number in (CIRCLE, PUBLIC)]
    files = members(posts)
    files["data/twitter-circle-tweet.js"] = f"window.YTD.x.part0 = {json.dumps(posts[:1])}"
    return [write_zip(path / "archive.zip", files)]


def dump(path: Path) -> list[Path]:
    reply = status(2, TEXTS[REPLY], in_reply_to_status_id_str=str(CIRCLE))
    (path / "dump.jsonl").write_bytes(lines(status(1, TEXTS[CIRCLE]), reply, status(3, TEXTS[PUBLIC])))
    return [path / "dump.jsonl"]


def add_archive(lab: Lab, path: Path, **more: Any) -> Artifact:
    return add_posts(lab, archive(path), licence="own", name="archive", **more)


def add_dump(lab: Lab, path: Path) -> Artifact:
    return add_posts(lab, dump(path), licence="X terms", acquired="licensed", name="dump")


def add_table(lab: Lab, path: Path) -> Artifact:
    """The same posts as rows of a table, through the door for documents."""
    with (path / "posts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["tweet_id", "text"], *TEXTS.items()])
    return add_docs(lab, [path / "posts.csv"], licence="X terms", acquired="licensed", name="table")


def kept(lab: Lab, **settings: Any) -> dict[str, str]:
    corpus = curate(lab, config=CurateConfig(**settings))
    return {row["text"]: row["audience"] for row in read_rows(corpus.path / DOCUMENTS)}


Adder = Callable[[Lab, Path], Artifact]


@pytest.mark.parametrize("order", [(add_archive, add_dump), (add_dump, add_archive)])
def test_a_dump_does_not_make_a_limited_post_public(
    empty_lab: Lab, tmp_path: Path, order: Sequence[Adder]
) -> None:
    for add in order:
        add(empty_lab, tmp_path)
    assert kept(empty_lab) == {TEXTS[PUBLIC]: "public"}


def test_a_table_of_posts_does_not_make_a_limited_post_public(empty_lab: Lab, tmp_path: Path) -> None:
    add_table(empty_lab, tmp_path)
    assert len(kept(empty_lab)) == 3
    add_archive(empty_lab, tmp_path)
    assert kept(empty_lab) == {TEXTS[PUBLIC]: "public", TEXTS[REPLY]: "public"}


def test_a_dump_that_shows_an_account_as_protected_limits_its_posts_elsewhere(
    empty_lab: Lab, tmp_path: Path
) -> None:
    add_table(empty_lab, tmp_path)
    user = {"screen_name": "hazel_h", "protected": True}
    (tmp_path / "later.jsonl").write_bytes(lines(status(1, TEXTS[CIRCLE], user=user)))
    made = add_posts(empty_lab, [tmp_path / "later.jsonl"], licence="X terms", acquired="licensed")
    assert [row["id"] for row in read_rows(made.path / LIMITED)] == [f"x:{CIRCLE}"]
    assert TEXTS[CIRCLE] not in kept(empty_lab)


def test_a_corpus_that_asks_for_limited_posts_shows_the_copy_as_limited(
    empty_lab: Lab, tmp_path: Path
) -> None:
    add_archive(empty_lab, tmp_path)
    add_dump(empty_lab, tmp_path)
    found = kept(empty_lab, audiences=("public", "limited"))
    assert found.pop(TEXTS[PUBLIC]) == "public"
    assert set(found.values()) == {"limited"}
    assert TEXTS[CIRCLE] in "\n".join(found)


def test_a_dialogue_made_of_a_limited_post_is_limited(empty_lab: Lab, tmp_path: Path) -> None:
    add_archive(empty_lab, tmp_path)
    row = {"text": "What was said at the supper, in other words.", "derived_from": f"x:{CIRCLE}"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    add_docs(empty_lab, [tmp_path / "rows.jsonl"], licence="own")
    assert kept(empty_lab) == {TEXTS[PUBLIC]: "public"}


def test_a_source_without_limited_posts_has_no_table_of_them(empty_lab: Lab, tmp_path: Path) -> None:
    assert not (add_dump(empty_lab, tmp_path).path / LIMITED).exists()
