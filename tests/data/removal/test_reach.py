"""What a deletion reaches: named documents, their threads, retweets and derivations, and nothing else."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_labs import add_source, doc

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.removal.reach import (
    Removed,
    deleted_ids,
    derived_links,
    documents_named,
    files_of,
    forgotten_ids,
    reach,
    with_containers,
    with_derived,
)
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone


def marks(**values: str) -> Forgotten:
    """`marks(id="x:1", author="hazel")`."""
    return Forgotten(tuple(Tombstone(kind, value) for kind, value in values.items()))  # type: ignore[arg-type]


def row(identifier: str, source: str = "posts", retweet_of: str = "", text: str = "") -> dict[str, str]:
    return {"id": identifier, "source": source, "retweet_of": retweet_of, "text": text}


@pytest.fixture
def posts(empty_lab: Lab) -> Artifact:
    """Hazel's posts 1 and 2 (a thread with 3), what others made of them, and Otis's own post."""
    return add_source(
        empty_lab,
        "posts",
        [
            doc("x:1", "The mill turns again.", author="hazel"),
            doc("x:2", "A thread by Hazel. Its second part.", author="hazel", kind="thread"),
            doc("x:4", "So it does.", author="otis", reply_to="x:1"),
            doc("x:5", "Look at this.", author="otis", quote_of="x:1"),
            doc("x:6", "RT @hazel: The mill turns again.", author="otis", retweet_of="x:1"),
            doc("x:7", "RT @Hazel: Something long gone.", author="otis"),
            doc("x:8", "I have a boat.", author="otis"),
            doc("made:1", "Hazel says that the mill turns.", derived_from=("x:1",)),
            doc("made:2", "Someone says that a mill turns.", derived_from=("made:1",)),
        ],
        parts=[("x:3", "x:2", "thread"), ("x:30", "x:3", "edit")],
    )


def test_an_author_is_reached_in_any_spelling_with_thread_retweets_and_derivations(
    empty_lab: Lab, posts: Artifact
) -> None:
    found = reach(empty_lab, marks(author=" @HAZEL "))
    assert [named["id"] for named in found.documents] == ["x:1", "x:2"]
    assert found.related == [("x:4", "reply"), ("x:5", "quote"), ("x:6", "retweet"), ("x:7", "retweet")]
    assert found.derived == ["made:1", "made:2"]
    assert found.going == {"x:1", "x:2", "x:6", "x:7", "made:1", "made:2"}


def test_a_reply_and_a_quote_are_related_but_stay(empty_lab: Lab, posts: Artifact) -> None:
    found = reach(empty_lab, marks(id="x:1"))
    assert not {"x:4", "x:5", "x:8"} & found.going
    assert {"x:4", "x:5"} < {name for name, _ in found.related}


@pytest.mark.parametrize("post", ["x:3", "x:30", "x:2"])
def test_a_post_of_a_thread_or_an_older_version_of_it_reaches_the_thread(
    empty_lab: Lab, posts: Artifact, post: str
) -> None:
    assert [named["id"] for named in reach(empty_lab, marks(id=post)).documents] == ["x:2"]


def test_copies_by_others_are_listed_and_stay(empty_lab: Lab) -> None:
    notice = "The council asks everyone on the upper bank to move their boats before the water rises."
    add_source(empty_lab, "a", [doc("a:1", notice, author="hazel"), doc("a:2", notice, author="otis")])
    curate(empty_lab)
    found = reach(empty_lab, marks(author="hazel"))
    assert found.copies == ["a:2"]
    assert found.going == {"a:1"}
    assert reach(empty_lab, marks(author="otis")).copies == ["a:1"]


def test_nothing_is_reached_by_marks_on_what_the_lab_does_not_hold(empty_lab: Lab, posts: Artifact) -> None:
    found = reach(empty_lab, marks(id="x:999", author="nobody", source="letters"))
    assert (found.documents, found.copies, found.related, found.derived) == ([], [], [], [])
    assert reach(empty_lab, Forgotten()).going == set()


def test_a_source_is_reached_as_a_unit_but_not_the_same_id_in_another_source(empty_lab: Lab) -> None:
    add_source(empty_lab, "ours", [doc("x:1"), doc("x:2")])
    add_source(empty_lab, "theirs", [doc("x:1")])
    sources = empty_lab.all("source")
    named = documents_named(sources, marks(source="ours"))
    assert {(each["id"], each["source"]) for each in named} == {("x:1", "ours"), ("x:2", "ours")}
    removed = Removed.of(sources, marks(source="ours"))
    assert removed.covers(row("x:1", "ours"))
    assert not removed.covers(row("x:1", "theirs"))
    marks(source="ours").write(empty_lab.root)
    assert forgotten_ids(empty_lab) == {"x:2"}


def test_every_text_that_was_added_under_an_id_is_named_with_it(empty_lab: Lab) -> None:
    source = add_source(empty_lab, "docs", [doc("docs:a", "one"), doc("docs:a", "two"), doc("docs:b")])
    named = [each["id"] for each in documents_named([source], marks(id="docs:a"))]
    assert sorted(named) == ["docs:a", "docs:a~2"]
    assert [each["id"] for each in documents_named([source], marks(id="docs:a~2"))] == ["docs:a~2"]


def test_a_speaker_reaches_the_conversations_in_which_they_have_a_turn(empty_lab: Lab) -> None:
    source = add_source(
        empty_lab, "chats", [doc("talk:1"), doc("talk:2")], parts=[("@hazel", "talk:1", "speaker")]
    )
    assert [each["id"] for each in documents_named([source], marks(author="Hazel"))] == ["talk:1"]
    assert with_containers([source], {"@hazel"}) == {"@hazel", "talk:1"}


def test_taking_back_a_retweet_leaves_the_post_of_someone_else(empty_lab: Lab) -> None:
    source = add_source(empty_lab, "posts", [doc("x:1")], parts=[("x:9", "x:1", "retweet")])
    assert with_containers([source], {"x:9"}) == {"x:9"}


def test_parts_that_form_a_circle_end(empty_lab: Lab) -> None:
    parts = [("x:1", "x:2", "edit"), ("x:2", "x:1", "edit")]
    source = add_source(empty_lab, "posts", [doc("x:1"), doc("x:2")], parts=parts)
    assert with_containers([source], {"x:1"}) == {"x:1", "x:2"}


def test_a_deletion_that_any_archive_lists_holds_for_every_source_and_what_was_derived(
    empty_lab: Lab,
) -> None:
    add_source(empty_lab, "a-new", [doc("x:2", kind="thread")], parts=[("x:1", "x:2", "thread")])
    add_source(empty_lab, "b-old", [doc("x:5")], deleted=["x:1"])
    add_source(empty_lab, "made", [doc("made:1", derived_from=("x:2",)), doc("made:2")])
    sources = empty_lab.all("source")
    for order in permutations(sources):
        assert deleted_ids(order) == {"x:1", "x:2", "made:1"}
    assert forgotten_ids(empty_lab) == {"x:1", "x:2", "made:1"}
    assert not Removed.of(sources, Forgotten()).ids
    assert Removed.with_deleted(sources, Forgotten()).ids == {"x:1", "x:2", "made:1"}


def test_what_was_derived_from_content_that_another_source_still_holds_stays(empty_lab: Lab) -> None:
    add_source(empty_lab, "ours", [doc("x:1"), doc("x:2")])
    add_source(empty_lab, "theirs", [doc("x:1")])
    add_source(
        empty_lab, "made", [doc("made:1", derived_from=("x:1",)), doc("made:2", derived_from=("x:2",))]
    )
    removed = Removed.of(empty_lab.all("source"), marks(source="ours"))
    assert removed.ids == {"made:2"}


def test_links_are_read_by_the_document_that_they_name(empty_lab: Lab, posts: Artifact) -> None:
    assert derived_links([posts]) == {"x:1": {"made:1"}, "made:1": {"made:2"}}
    assert derived_links([]) == {}


def test_nothing_removed_needs_no_look_at_the_sources() -> None:
    assert with_derived([], Removed()) == Removed()


@pytest.mark.parametrize(
    ("document", "covered"),
    [
        (row("x:1"), True),
        (row("x:1~2"), True),
        (row("x:1~b"), False),
        (row("x:12"), False),
        (row("x:9", source="letters"), True),
        (row("x:9", retweet_of="x:1"), True),
        (row("x:9", retweet_of="@Hazel"), True),
        (row("x:9", text="RT @HAZEL: the mill"), True),
        (row("x:9", text="I wrote RT @hazel: the mill"), False),
        (row("x:9", text="RT @hazelnut: the mill"), False),
        (row("x:9", retweet_of="x:2", text="RT @otis: the mill"), False),
        (row("hazel"), False),
    ],
)
def test_a_document_is_covered_by_id_source_or_the_author_that_it_repeats(
    document: dict[str, str], covered: bool
) -> None:
    removed = Removed(frozenset({"x:1"}), frozenset({"letters"}), frozenset({"hazel"}))
    assert removed.covers(document) == covered


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=20))
def test_marks_of_nothing_cover_no_document(identifier: str, source: str, text: str) -> None:
    assert not Removed().covers(row(identifier, source, identifier, text))


def test_a_damaged_source_is_an_error_that_names_its_file(empty_lab: Lab, posts: Artifact) -> None:
    file = posts.path / "documents.parquet"
    assert files_of(posts) == [str(file)]
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(GlaswerkError, match="expected a complete Parquet file") as caught:
        reach(empty_lab, marks(author="hazel"))
    assert str(file) in caught.value.message


def test_purged_documents_are_read_with_those_that_stay(posts: Artifact) -> None:
    purged = Path(posts.path / "purged.parquet")
    purged.write_bytes((posts.path / "documents.parquet").read_bytes())
    assert files_of(posts) == [str(posts.path / "documents.parquet"), str(purged)]
