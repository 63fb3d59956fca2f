"""What makes a document of archives and dumps: posts, threads or conversations; no post is in two."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from x_archives import members, tweet, write_zip

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.posts.joins import JOINS, Link, first_posts
from glaswerk.data.source import add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone

# (author, number, answers, text): Ann asks, Bob and Cem answer, Ann goes on; Dora answers a missing post.
TALK = (
    ("ann", 1, None, "Is the ford open?"),
    ("bob", 2, 1, "@ann No, the water is too high."),
    ("ann", 3, 1, "@ann I mean the one by the mill."),
    ("cem", 4, 2, "@bob @ann It fell last night."),
    ("ann", 5, 3, "@ann Thanks all the same."),
    ("dora", 6, 900, "@eve The bakery opens at six."),
    ("ann", 7, None, "Another matter altogether."),
    ("bob", 8, 900, "@eve At seven, on Sundays."),
)


def archives(folder: Path, *, protected: str = "") -> list[Path]:
    events = [{"protectedHistory": {"action": "Protect", "protectedAt": "2018-01-01T00:00:00.000Z"}}]
    paths = []
    for author in sorted({author for author, *_ in TALK}):
        tweets = [
            tweet(number, text, **({"in_reply_to_status_id_str": str(parent)} if parent else {}))
            for name, number, parent, text in TALK
            if name == author
        ]
        shut = events if author == protected else []
        paths.append(write_zip(folder / f"{author}.zip", members(tweets, handle=author, protected=shut)))
    return paths


def dump(folder: Path, *more: Any, protected: str = "") -> list[Path]:
    lines: list[Any] = [
        {
            "id_str": str(number),
            "text": text,
            "created_at": "Wed Oct 10 20:19:24 +0000 2018",
            "in_reply_to_status_id_str": str(parent) if parent else None,
            "user": {"screen_name": author, "protected": author == protected},
        }
        for author, number, parent, text in reversed(TALK)
    ]
    path = folder / "dump.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in [*lines, *more]))
    return [path]


SHAPES = pytest.mark.parametrize("shape", [archives, dump])


def add(lab: Lab, paths: list[Path], **more: Any) -> Artifact:
    return add_posts(lab, paths, licence="CC0-1.0", acquired="licensed", name="posts", **more)


def documents(made: Artifact) -> dict[int, Document]:
    rows = from_rows(read_rows(made.path / "documents.parquet"))
    return {int(d.id.removeprefix("x:")): d for d in rows}


def parts(made: Artifact) -> set[tuple[str, str, str]]:
    return {tuple(row.values()) for row in read_rows(made.path / "parts.parquet")}  # type: ignore[misc]


@SHAPES
def test_each_post_is_a_document_if_asked_for(empty_lab: Lab, tmp_path: Path, shape: Any) -> None:
    made = add(empty_lab, shape(tmp_path), join="posts")
    assert {n: d.text for n, d in documents(made).items()} == {n: text for _, n, _, text in TALK}
    assert made.stats["kinds"] == {"post": 8}
    assert not parts(made)


@SHAPES
def test_an_authors_own_replies_are_one_document_by_default(
    empty_lab: Lab, tmp_path: Path, shape: Any
) -> None:
    made = add(empty_lab, shape(tmp_path))
    found = documents(made)
    assert found[1].text == "Is the ford open?\nI mean the one by the mill.\nThanks all the same."
    assert set(found) == {1, 2, 4, 6, 7, 8}
    assert made.stats["kinds"] == {"post": 5, "thread": 1}
    assert parts(made) == {("x:3", "x:1", "thread"), ("x:5", "x:1", "thread")}


@SHAPES
def test_a_conversation_is_one_document_with_its_authors_named(
    empty_lab: Lab, tmp_path: Path, shape: Any
) -> None:
    made = add(empty_lab, shape(tmp_path), join="conversations")
    found = documents(made)
    assert found[1].text == "\n".join(f"@{author}: {text}" for author, number, _, text in TALK if number <= 5)
    assert found[6].text == "@dora: @eve The bakery opens at six.\n@bob: @eve At seven, on Sundays."
    assert set(found) == {1, 6, 7}
    assert (found[1].kind, found[7].kind) == ("thread", "post")
    assert {row for row in parts(made) if row[1] == "x:6"} == {
        ("x:8", "x:6", "thread"),
        ("@bob", "x:6", "speaker"),
        ("@dora", "x:6", "speaker"),
    }


@SHAPES
@pytest.mark.parametrize(
    ("stone", "kept"), [(Tombstone("author", "@Bob"), {7}), (Tombstone("id", "x:4"), {6, 7})]
)
def test_forgetting_reaches_every_conversation_that_one_had_a_part_in(
    empty_lab: Lab, tmp_path: Path, shape: Any, stone: Tombstone, kept: set[int]
) -> None:
    add(empty_lab, shape(tmp_path), join="conversations")
    Forgotten((stone,)).write(empty_lab.root)
    assert set(documents(curate(empty_lab))) == kept


def test_a_deletion_elsewhere_reaches_the_conversation(empty_lab: Lab, tmp_path: Path) -> None:
    add(empty_lab, dump(tmp_path), join="conversations")
    (tmp_path / "gone.jsonl").write_text('{"delete": {"status": {"id_str": "4"}}}')
    add_posts(empty_lab, [tmp_path / "gone.jsonl"], licence="CC0", acquired="licensed", name="gone")
    assert set(documents(curate(empty_lab))) == {6, 7}


def test_a_post_deleted_in_the_same_dump_is_in_no_conversation(empty_lab: Lab, tmp_path: Path) -> None:
    made = add(empty_lab, dump(tmp_path, {"delete": {"status": {"id_str": "2"}}}), join="conversations")
    found = documents(made)
    assert found[1].text == "Is the ford open?\nI mean the one by the mill.\nThanks all the same."
    # The answer to the deleted post has lost what tied it to the rest.
    assert found[4].text == "@bob @ann It fell last night."
    assert b"too high" not in (made.path / "documents.parquet").read_bytes()


@SHAPES
@pytest.mark.parametrize("join", JOINS)
def test_what_one_of_them_wrote_for_few_limits_the_whole_conversation(
    empty_lab: Lab, tmp_path: Path, shape: Any, join: str
) -> None:
    found = documents(add(empty_lab, shape(tmp_path, protected="cem"), join=join))
    limited = {n for n, d in found.items() if d.rights.audience == "limited"}
    assert limited == ({1} if join == "conversations" else {4})


@SHAPES
def test_a_retweet_joins_nothing(empty_lab: Lab, tmp_path: Path, shape: Any) -> None:
    extra = {"in_reply_to_status_id_str": "1", "user": {"screen_name": "ann"}}
    paths = shape(tmp_path)
    if shape is dump:
        paths = dump(tmp_path, {"id_str": "20", "text": "RT @eve: Ha!", **extra})
    else:
        write_zip(paths[0], members([tweet(1, "Post."), tweet(20, "RT @eve: Ha!", **extra)], handle="ann"))
    assert documents(add(empty_lab, paths, join="conversations"))[20].retweet_of == "@eve"


def test_an_answer_to_an_older_version_joins_the_last(empty_lab: Lab, tmp_path: Path) -> None:
    versions = ["101", "102"]
    posts = [
        {
            "id": i,
            "text": f"Version {i}",
            "author_id": "1",
            "edit_history_tweet_ids": versions,
            "author": {"username": "ann"},
        }
        for i in versions
    ]
    answer = {
        "id": "103",
        "text": "I see.",
        "author_id": "2",
        "author": {"username": "bob"},
        "referenced_tweets": [{"type": "replied_to", "id": "101"}],
    }
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, [*posts, answer])))
    assert documents(add(empty_lab, [path], join="conversations"))[102].text == (
        "@ann: Version 102\n@bob: I see."
    )


def test_posts_of_unknown_authors_are_no_thread_and_speak_as_unknown(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        {"id_str": "1", "text": "Who?"},
        {"id_str": "2", "text": "Me.", "in_reply_to_status_id_str": "1"},
        {"id_str": "3", "text": "Oh.", "in_reply_to_status_id_str": "2", "user": {"screen_name": "ann"}},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    assert set(documents(add(empty_lab, [path]))) == {1, 2, 3}
    found = documents(add(empty_lab, [path], join="conversations"))
    assert found[1].text == "@?: Who?\n@?: Me.\n@ann: Oh."


@SHAPES
def test_an_unknown_way_to_join_is_refused(empty_lab: Lab, tmp_path: Path, shape: Any) -> None:
    with pytest.raises(GlaswerkError, match="posts, threads, conversations"):
        add(empty_lab, shape(tmp_path), join="trees")


GRAPH = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 14), st.sampled_from("ab")),
    max_size=12,
    unique_by=lambda link: link[0],
).map(sorted)


@given(GRAPH, st.sampled_from(JOINS))
def test_every_post_is_in_one_group_named_by_its_first_post(
    graph: list[tuple[int, int, str]], join: str
) -> None:
    links = [Link(*row) for row in graph]
    first = first_posts(join, links)
    assert list(first) == [link.id for link in links]
    assert all(name <= post and first[name] == name for post, name in first.items())
    for link in links:
        if link.parent in first and join == "conversations":
            assert first[link.parent] == first[link.id]


def test_replies_in_a_circle_and_chains_without_end_come_to_an_end() -> None:
    size = 100_000
    circle = [Link(n, n % size + 1, "a") for n in range(1, size + 1)]
    assert set(first_posts("conversations", circle).values()) == {1}
    chain = [Link(n, n - 1, "a") for n in range(1, size + 1)]
    assert set(first_posts("threads", chain).values()) == {1}
    assert len(set(first_posts("threads", circle).values())) == size - 1
    assert first_posts("conversations", [Link(1, 1, "a")]) == {1: 1}


@pytest.mark.slow
@given(graph=GRAPH, join=st.sampled_from(JOINS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_archives_and_dumps_join_alike_and_lose_no_post(
    empty_lab: Lab, tmp_path: Path, graph: list[tuple[int, int, str]], join: str
) -> None:
    lines = [
        {
            "id_str": str(n),
            "text": f"<post {n}>",
            "user": {"screen_name": author},
            "in_reply_to_status_id_str": str(parent or ""),
        }
        for n, parent, author in graph
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, [*lines, {"delete": {"status": {"id_str": "99"}}}])))
    made = add(empty_lab, [path], join=join)
    of_dump = {n: (d.text, d.kind) for n, d in documents(made).items()}
    words = Counter(n for text, _ in of_dump.values() for n, _, _ in graph if f"<post {n}>" in text)
    assert words == Counter(n for n, _, _ in graph)
    zips = [
        write_zip(
            tmp_path / f"{name}.zip",
            members(
                [
                    tweet(n, f"<post {n}>", in_reply_to_status_id_str=str(parent or ""))
                    for n, parent, author in graph
                    if author == name
                ],
                handle=name,
            ),
        )
        for name in {author for _, _, author in graph}
    ]
    if zips:
        of_zips = {n: (d.text, d.kind) for n, d in documents(add(empty_lab, zips, join=join)).items()}
        assert of_zips == of_dump
