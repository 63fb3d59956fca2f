"""Postings: the same order and scores as SQLite's FTS5, whatever was written when."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable

import numpy as np
import pytest

from glaswerk.retrieve import postings as module
from glaswerk.retrieve.postings import SCHEMA, Postings, PostingWriter

WORDS = [f"w{number}" for number in range(60)]


def _texts(count: int, seed: int = 1) -> list[list[str]]:
    """Some words are in nearly all texts, most in few; texts are of all lengths."""
    dice = random.Random(seed)
    return [
        dice.choices(WORDS, [1 / (place + 1) for place in range(len(WORDS))], k=dice.randint(0, 60))
        for _ in range(count)
    ]


def _written(texts: list[list[str]]) -> Postings:
    db = sqlite3.connect(":memory:")
    db.executescript(SCHEMA)
    writer = PostingWriter(db)
    for text in texts:
        writer.add(text)
    writer.finish()
    return Postings(db, threading.RLock())


def _fts(texts: list[list[str]]) -> Callable[[list[str]], dict[int, float]]:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5 (words, tokenize = 'ascii')")
    db.executemany("INSERT INTO t (rowid, words) VALUES (?, ?)", enumerate(map(" ".join, texts), 1))
    sql = "SELECT rowid, -bm25(t) FROM t WHERE t MATCH ?"
    return lambda terms: dict(db.execute(sql, (" OR ".join(terms),)).fetchall())


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_fts5(seed: int) -> None:
    texts = _texts(400, seed)
    ours, theirs = _written(texts), _fts(texts)
    for terms in (["w1"], ["w59", "w58"], ["w0", "w3", "w40", "w41", "w42", "w43"], ["w0", "nowhere"]):
        expected = theirs(terms)
        found = list(ours.best(terms, 10_000))
        assert dict(found) == pytest.approx(expected, rel=1e-5, abs=1e-6)
        assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
        few = list(ours.best(terms, 7))
        assert few == found[:7], "the best ones alone are the first of all"


def test_lists_that_were_written_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = _texts(300)
    whole = _written(texts)
    monkeypatch.setattr(module, "_KEPT", 500)
    parts = _written(texts)
    for term in WORDS:
        assert parts.count(term) == whole.count(term) == sum(term in text for text in texts)
    assert list(parts.best(["w2", "w9", "w30"], 300)) == list(whole.best(["w2", "w9", "w30"], 300))


def test_equal_passages_come_in_order() -> None:
    ours = _written([["a", "b"]] * 50 + [["a"]] * 50 + [["c"]] * 300)
    assert [number for number, _ in ours.best(["b"], 5)] == [1, 2, 3, 4, 5]
    assert {number for number, _ in ours.best(["a", "b"], 50)} == set(range(1, 51))


def test_only_wanted_passages_are_found() -> None:
    texts = _texts(200)
    ours = _written(texts)
    wanted = np.array([3, 50, 51, 52, 199], np.uint32)
    every = [row for row in ours.best(["w1", "w2"], 200) if row[0] in wanted]
    assert list(ours.best(["w1", "w2"], 200, wanted)) == every != []
    assert list(ours.best(["w1"], 5, wanted[:0])) == []


def test_a_word_that_is_there_many_times_counts_as_often_as_a_byte_holds() -> None:
    ours = _written([["a"] * 1000, ["a"] * 255 + ["b"] * 745, ["b"], ["c"], ["c"]])
    (first, one), (second, other) = ours.best(["a"], 2)
    assert (first, second) == (1, 2)
    assert one == pytest.approx(other)


def test_passages_with_all_words() -> None:
    texts = [["mill", "bridge"], ["mill"], ["bridges", "mill"], ["bridge"]]
    ours = _written(texts)
    assert ours.with_all("mill bridge|bridges") == "[1, 3]"
    assert ours.with_all("mill nowhere") == "[]"
    assert ours.with_all("nowhere|mill") == "[1, 2, 3]"


def test_nothing_was_written() -> None:
    ours = _written([])
    assert (ours.passages, ours.count("a"), list(ours.best(["a"], 3)), list(ours.best([], 3))) == (
        0,
        0,
        [],
        [],
    )
