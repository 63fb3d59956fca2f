"""The set of hidden documents follows the lab's marks, and stays the same object while nothing changes."""

from __future__ import annotations

import threading

import pytest

from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.trace.hidden_documents import HiddenDocuments


def mark(lab: Lab, *ids: str) -> None:
    known = Forgotten.read(lab.root)
    known.with_more([Tombstone("id", each, at="2026-01-01") for each in ids]).write(lab.root)


@pytest.fixture
def hidden(empty_lab: Lab) -> HiddenDocuments:
    return HiddenDocuments(empty_lab)


def test_a_lab_without_marks_hides_nothing(hidden: HiddenDocuments) -> None:
    assert hidden.ids() == frozenset()


def test_a_mark_hides_its_document_at_once(empty_lab: Lab, hidden: HiddenDocuments) -> None:
    assert hidden.ids() == frozenset()
    mark(empty_lab, "x:1")
    assert hidden.ids() == {"x:1"}
    mark(empty_lab, "x:2")
    assert hidden.ids() == {"x:1", "x:2"}


def test_without_a_change_the_object_is_the_same(empty_lab: Lab, hidden: HiddenDocuments) -> None:
    mark(empty_lab, "x:1")
    first = hidden.ids()
    assert hidden.ids() is first
    mark(empty_lab, "x:2")
    assert hidden.ids() is not first


def test_marks_that_are_gone_hide_nothing_any_more(empty_lab: Lab, hidden: HiddenDocuments) -> None:
    mark(empty_lab, "x:1")
    assert hidden.ids() == {"x:1"}
    (empty_lab.root / "forgotten.jsonl").unlink()
    assert hidden.ids() == frozenset()


def test_several_threads_get_one_object(empty_lab: Lab, hidden: HiddenDocuments) -> None:
    mark(empty_lab, "x:1")
    found: list[frozenset[str]] = []
    threads = [threading.Thread(target=lambda: found.append(hidden.ids())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(each) for each in found}) == 1
