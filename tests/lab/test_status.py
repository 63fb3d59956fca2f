"""Which artifacts are stale, and why, in a few words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glaswerk.lab import Artifact, Lab
from glaswerk.lab.status import FORGOTTEN, entries
from glaswerk.lab.tombstones import Forgotten, Tombstone

Make = Callable[..., Artifact]


def stale(lab: Lab) -> dict[str, str]:
    return {entry.artifact.name: entry.stale for entry in entries(lab)}


@pytest.fixture
def built(make: Make) -> dict[str, Artifact]:
    source = make("source", "posts")
    corpus = make("corpus", "main", {"source:posts": source.id}, sources="all")
    shards = make("shards", "main.main", {"corpus": corpus.id})
    base = make("model", "base/step-1", {"shards": shards.id})
    chat = make("model", "chat/step-1", {"base": base.id})
    return {"source": source, "corpus": corpus, "shards": shards, "base": base, "chat": chat}


def test_a_lab_that_was_just_built_has_nothing_stale(empty_lab: Lab, built: dict[str, Artifact]) -> None:
    assert set(stale(empty_lab).values()) == {""}
    assert len(entries(empty_lab)) == 5


def test_an_empty_lab_has_no_entries(empty_lab: Lab) -> None:
    assert entries(empty_lab) == []


def test_what_was_made_from_a_rebuilt_artifact_is_stale_and_so_is_all_after_it(
    empty_lab: Lab, built: dict[str, Artifact], make: Make
) -> None:
    make("shards", "main.main", {"corpus": built["corpus"].id}, other=True)
    found = stale(empty_lab)
    assert found["base/step-1"] == "shards was rebuilt since"
    assert found["chat/step-1"] == "base is stale"
    assert found["main"] == found["main.main"] == found["posts"] == ""


def test_a_removed_input_counts_as_rebuilt(empty_lab: Lab, built: dict[str, Artifact]) -> None:
    empty_lab.remove(built["base"])
    assert stale(empty_lab)["chat/step-1"] == "base was rebuilt since"


@pytest.mark.parametrize("kind", ["source", "evaluation"])
def test_a_corpus_of_all_sources_is_stale_after_one_was_added(
    empty_lab: Lab, built: dict[str, Artifact], make: Make, kind: str
) -> None:
    make(kind, "more", number=2)
    assert stale(empty_lab)["main"] == "1 source(s) or evaluation(s) added since"


def test_a_corpus_of_named_sources_is_not_stale_when_others_are_added(empty_lab: Lab, make: Make) -> None:
    source = make("source", "posts")
    make("corpus", "main", {"source:posts": source.id}, sources=["posts"])
    make("source", "more", number=2)
    assert stale(empty_lab)["main"] == ""


def test_a_mark_makes_every_corpus_stale_until_it_is_made_with_it(
    empty_lab: Lab, built: dict[str, Artifact], make: Make
) -> None:
    marks = Forgotten((Tombstone("id", "posts:1"),))
    marks.write(empty_lab.root)
    assert stale(empty_lab)["main"] == "content was forgotten since: glaswerk rebuild"
    make(
        "corpus",
        "main",
        {"source:posts": built["source"].id},
        sources="all",
        **{FORGOTTEN: marks.digest},
    )
    assert stale(empty_lab)["main"] == ""


def test_rows_that_the_ledger_lost_are_restored_and_others_left_alone(
    empty_lab: Lab, built: dict[str, Artifact]
) -> None:
    with empty_lab.ledger.transaction() as db:
        db.execute("DELETE FROM edge WHERE child = ?", (built["chat"].id,))
        db.execute("DELETE FROM artifact WHERE id = ?", (built["chat"].id,))
    assert len(entries(empty_lab)) == 5
    (row,) = empty_lab.ledger.rows("SELECT name FROM artifact WHERE id = ?", built["chat"].id)
    assert row["name"] == "chat/step-1"
    edges = empty_lab.ledger.rows("SELECT parent FROM edge WHERE child = ?", built["chat"].id)
    assert [edge["parent"] for edge in edges] == [built["base"].id]


def test_a_folder_that_is_being_written_is_no_entry(empty_lab: Lab, built: dict[str, Artifact]) -> None:
    built["chat"].path.rename(built["chat"].path.with_name(".step-1.part"))
    assert "chat/step-1" not in stale(empty_lab)


def test_what_was_rebuilt_with_the_same_content_makes_nothing_stale(
    empty_lab: Lab, built: dict[str, Artifact], make: Make
) -> None:
    source = make("source", "posts", purged=True)
    corpus = make("corpus", "main", {"source:posts": source.id}, sources="all", purged=True)
    assert make("shards", "main.main", {"corpus": corpus.id}).id != built["shards"].id
    assert set(stale(empty_lab).values()) == {""}
    # Other content is another matter, also after the same content was there.
    make("shards", "main.main", {"corpus": corpus.id}, purged=True)
    assert stale(empty_lab)["base/step-1"] == "shards was rebuilt since"
    assert stale(empty_lab)["chat/step-1"] == "base is stale"


def test_the_same_content_that_is_stale_itself_makes_stale_what_it_replaced_the_input_of(
    empty_lab: Lab, built: dict[str, Artifact], make: Make
) -> None:
    make("shards", "main.main", {"corpus": "b2:gone"})
    assert stale(empty_lab)["base/step-1"] == "shards is stale"
