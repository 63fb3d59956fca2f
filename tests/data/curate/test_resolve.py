"""Documents are compared across tasks: the first of several stays, and the strictest rights apply to all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_labs import doc

from glaswerk.core.document import Document
from glaswerk.data.curate.resolve import Outcome, assign_splits, resolve
from glaswerk.data.curate.settings import read_settings
from glaswerk.data.curate.shard_task import EXCLUSIONS, ExclusionList, plan_tasks, run_task
from glaswerk.data.filters.duplicates import content_hash
from glaswerk.data.removal.reach import Removed
from glaswerk.data.store.decisions import CODES
from glaswerk.data.store.families import family_of
from glaswerk.data.store.parquet import write_documents

NOTICE = (
    "The council asks everyone on the upper bank to move their boats before the water rises tonight, "
    "and to keep the path along the weir free for the fire brigade"
)
REASONS = list(CODES)


def resolved(
    folder: Path,
    sources: Mapping[str, Sequence[Document]],
    excluded: ExclusionList | None = None,
    **table: Any,
) -> Outcome:
    """What becomes of all documents, in the order (source, id)."""
    files = []
    for name, documents in sorted(sources.items()):
        write_documents(folder / f"{name}.source", documents)
        files.append((name, folder / f"{name}.source"))
    (excluded or ExclusionList(frozenset(), Removed())).write(folder / EXCLUSIONS)
    config = read_settings(table)
    tasks = plan_tasks(files, folder, config)
    for task in tasks:
        run_task(task)
    return resolve(tasks, config, folder)


def decided(outcome: Outcome) -> list[tuple[str, int]]:
    """(reason, number of the document kept instead) of every document."""
    codes, originals = outcome.reasons.tolist(), outcome.duplicate_of.tolist()
    return [(REASONS[code], original) for code, original in zip(codes, originals, strict=True)]


def test_the_first_source_by_name_keeps_a_post_that_several_have(tmp_path: Path) -> None:
    outcome = resolved(
        tmp_path, {"b": [doc("x:1", NOTICE)], "a": [doc("x:1", NOTICE), doc("x:2", NOTICE[:60])]}
    )
    assert decided(outcome) == [("kept", -1), ("kept", -1), ("repeated-id", 0)]
    assert outcome.kept.tolist() == [True, True, False]


def test_a_later_copy_stays_if_the_first_is_dropped_by_a_rule_on_its_text(tmp_path: Path) -> None:
    outcome = resolved(tmp_path, {"a": [doc("x:1", "Hm.")], "b": [doc("x:1", NOTICE)]})
    assert decided(outcome) == [("too-short", -1), ("kept", -1)]


@pytest.mark.parametrize(
    ("rights", "reason"),
    [({"tdm_opt_out": True}, "rights-opt-out"), ({"audience": "private"}, "private-audience")],
)
def test_what_one_copy_says_of_its_rights_holds_for_all(
    tmp_path: Path, rights: dict[str, Any], reason: str
) -> None:
    sources = {"a": [doc("x:1", NOTICE)], "b": [doc("x:1", NOTICE, **rights)], "c": [doc("x:1", NOTICE)]}
    assert decided(resolved(tmp_path, sources)) == [(reason, -1)] * 3


def test_the_same_id_in_two_sources_is_two_documents_unless_it_is_of_x(tmp_path: Path) -> None:
    sources = {"a": [doc("note:1", NOTICE)], "b": [doc("note:1", "Another text under the same id.")]}
    assert decided(resolved(tmp_path, sources)) == [("kept", -1), ("kept", -1)]


def test_a_chain_of_duplicates_points_to_the_one_document_that_stays(tmp_path: Path) -> None:
    sources = {
        "a": [doc("1", NOTICE)],
        "b": [doc("2", f"{NOTICE}! https://t.co/other")],
        "c": [doc("3", f"{NOTICE}! https://t.co/other ".upper().lower())],
        "d": [doc("4", NOTICE.upper())],
    }
    found = decided(resolved(tmp_path, sources))
    assert found[0] == ("kept", -1)
    assert {original for _, original in found[1:]} == {0}
    assert {reason for reason, _ in found[1:]} <= {"near-duplicate", "exact-duplicate"}


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        ({}, ["kept", "exact-duplicate", "near-duplicate"]),
        ({"off": ["exact-duplicate"]}, ["kept", "near-duplicate", "near-duplicate"]),
        ({"off": ["near-duplicate"]}, ["kept", "exact-duplicate", "kept"]),
        ({"near_duplicate": 1.0}, ["kept", "exact-duplicate", "kept"]),
        ({"off": ["near-duplicate", "exact-duplicate"]}, ["kept", "kept", "kept"]),
    ],
)
def test_either_comparison_can_be_switched_off(
    tmp_path: Path, table: dict[str, Any], reasons: list[str]
) -> None:
    documents = [
        doc("1", NOTICE),
        doc("2", NOTICE.replace(" ", "  ")),
        doc("3", f"{NOTICE}! https://t.co/other"),
    ]
    assert [reason for reason, _ in decided(resolved(tmp_path, {"a": documents}, **table))] == reasons


def test_near_duplicates_have_their_share_as_score_and_exact_ones_one(tmp_path: Path) -> None:
    documents = [doc("1", NOTICE), doc("2", NOTICE.upper()), doc("3", NOTICE.replace("asks", "begs"))]
    scores = resolved(tmp_path, {"a": documents}, near_duplicate=0.7).scores.tolist()
    assert np.isnan(scores[0])
    assert scores[1] == 1.0
    assert 0.7 <= scores[2] < 1.0


def test_dialogues_with_equal_words_are_exact_duplicates_and_similar_ones_are_not_compared(
    tmp_path: Path,
) -> None:
    def talk(name: str, answer: str) -> Document:
        turns = ({"role": "user", "content": NOTICE}, {"role": "assistant", "content": answer})
        return doc(name, "", kind="dialogue", messages=turns)

    documents = [talk("1", "I will move it."), talk("2", "I will move it!"), talk("3", "I will move it.")]
    assert decided(resolved(tmp_path, {"a": documents})) == [
        ("kept", -1),
        ("kept", -1),
        ("exact-duplicate", 0),
    ]


def test_no_document_left_leaves_nothing_to_compare(tmp_path: Path) -> None:
    outcome = resolved(tmp_path, {"a": [doc("1", "Hm."), doc("2", "Ah.")]})
    assert not outcome.kept.any()
    assert not (tmp_path / "candidates").exists()


TEXTS = st.sampled_from(
    [NOTICE, NOTICE.upper(), f"{NOTICE}!", f"{NOTICE}, says Anna Reed", "The ford is dry.", "Hm."]
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), TEXTS), min_size=1, max_size=8))
def test_every_duplicate_points_to_an_earlier_document_that_is_kept(found: list[tuple[str, str]]) -> None:
    sources: dict[str, list[Document]] = {}
    for number, (source, text) in enumerate(found):
        sources.setdefault(source, []).append(doc(f"{source}:{number}", text))
    with tempfile.TemporaryDirectory() as folder:
        outcome = resolved(Path(folder), sources)
    for number, original in enumerate(outcome.duplicate_of.tolist()):
        assert original < number
        assert original == -1 or outcome.kept[original]
        assert (original == -1) == (REASONS[outcome.reasons[number]] in ("kept", "too-short"))


KINDS = st.sampled_from(["post", "page", "dialogue"])


def splits_of(items: Sequence[tuple[str, str]], share: float) -> list[tuple[int, int]]:
    """(family, held out) of every (kind, text)."""
    hashes = b"".join(content_hash(text) for _, text in items)
    ranks = np.frombuffer(hashes, ">u8").astype(np.uint64).reshape(-1, 2)[:, 0]
    families = np.array([family_of(kind, ()) for kind, _ in items], np.uint8)
    held = assign_splits(ranks, families, share)
    return list(zip(families.tolist(), held.tolist(), strict=True))


@given(st.lists(st.tuples(KINDS, st.text(max_size=12)), max_size=60), st.sampled_from([0.0, 0.02, 0.3]))
def test_splits_depend_on_the_text_and_fit_its_kind(items: list[tuple[str, str]], share: float) -> None:
    seen: dict[tuple[int, bytes], int] = {}
    for (kind, text), (family, held) in zip(items, splits_of(items, share), strict=True):
        assert family == (kind == "dialogue")
        assert seen.setdefault((family, content_hash(text)), held) == held
        assert share > 0 or not held


@given(st.lists(st.text(max_size=8), min_size=120, max_size=200, unique_by=content_hash), st.integers(1, 100))
def test_a_documents_split_does_not_change_when_others_come(texts: list[str], cut: int) -> None:
    everything = splits_of([("post", text) for text in texts], 0.5)
    part = splits_of([("post", text) for text in texts[:-cut]], 0.5)
    changed = [n for n, held in enumerate(part) if held != everything[n]]
    # Only where the part had nothing below the share is its lowest held back.
    assert len(changed) <= 1


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("rank", [0, 1, 2**63, 2**64 - 1])
def test_the_extremes_of_a_hash_fit_the_limit(share: float, rank: int) -> None:
    ranks = np.array([rank, 2**64 - 1], np.uint64)
    held = assign_splits(ranks, np.zeros(2, np.uint8), share)
    assert held.tolist()[0] == (share > 0)
    assert assign_splits(ranks[:0], np.zeros(0, np.uint8), share).tolist() == []


def test_the_only_document_of_a_family_is_trained_on() -> None:
    ranks = np.array([2**64 - 1, 2**63], np.uint64)
    assert assign_splits(ranks, np.array([0, 1], np.uint8), 0.02).tolist() == [0, 0]


def test_an_exclusion_in_one_source_reaches_the_copy_in_another(tmp_path: Path) -> None:
    excluded = ExclusionList(frozenset({"x:1"}), Removed())
    sources = {"a": [doc("x:1", NOTICE)], "b": [doc("x:1", f"{NOTICE} once more")]}
    assert decided(resolved(tmp_path, sources, excluded)) == [("deleted", -1)] * 2
    assert json.loads((tmp_path / EXCLUSIONS).read_text())["deleted"] == ["x:1"]


SIGNED = {"author": "@lena", "created_at": datetime(2024, 5, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ({}, {"author": "@lena"}, 1),
        ({"author": "@lena"}, {}, 0),
        ({"created_at": SIGNED["created_at"]}, {"author": "@lena"}, 1),
        ({"author": "@lena"}, SIGNED, 1),
        ({"author": "@lena"}, {"author": "@carl"}, 0),
        (SIGNED, {**SIGNED, "audience": "limited"}, 1),
        ({"audience": "private"}, {"author": "@lena"}, 1),
    ],
)
@pytest.mark.parametrize("second_text", [NOTICE, NOTICE.upper(), f"{NOTICE}! https://t.co/other"])
def test_the_copy_with_author_date_and_stricter_audience_stays(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], stays: int, second_text: str
) -> None:
    sources = {"a": [doc("1", NOTICE, **first)], "b": [doc("2", second_text, **second)]}
    found = decided(resolved(tmp_path, sources, audiences=["public", "limited", "private"]))
    assert found[stays] == ("kept", -1)
    assert found[1 - stays][0] in ("exact-duplicate", "near-duplicate")
    assert found[1 - stays][1] == stays


def test_a_post_without_its_author_goes_for_the_same_post_with_its_author(tmp_path: Path) -> None:
    sources = {"a": [doc("x:1", NOTICE)], "b": [doc("x:1", f"{NOTICE} …", **SIGNED)]}
    assert decided(resolved(tmp_path, sources)) == [("repeated-id", 1), ("kept", -1)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from(["", "@a", "@b"]), st.booleans()), min_size=1, max_size=8))
def test_no_copy_without_an_author_stays_where_one_with_an_author_goes(
    found: list[tuple[str, str, bool]],
) -> None:
    dates = {False: None, True: SIGNED["created_at"]}
    documents = [
        doc(f"{n}", text, author=author, created_at=dates[dated])
        for n, (text, author, dated) in enumerate(found)
    ]
    with tempfile.TemporaryDirectory() as folder:
        outcome = resolved(Path(folder), {"a": documents})
    for number, original in enumerate(outcome.duplicate_of.tolist()):
        if original >= 0:
            assert outcome.kept[original]
            assert bool(found[original][1]) >= bool(found[number][1])
