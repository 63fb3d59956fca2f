"""Scores that are kept: by the model's digest and by the tokens, without words."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.infer import Engine, Score

ROWS = [([1, 2, 3], 1), ([1, 2, 3], 2), ([1, 2, 3, 4], 2)]
SCORES = [Score(-1.25, 1, 3, True), Score(-2.5, 2, 4, False), Score(-3.125, 2, 5, False)]


@pytest.fixture
def store(tmp_path: Path) -> ScoreStore:
    return ScoreStore(tmp_path / "scores.db", "b2:model")


def test_what_is_kept_is_found_in_any_order_and_the_rest_is_not(store: ScoreStore) -> None:
    store.keep(ROWS[:2], SCORES[:2])
    assert store.known([ROWS[2], ROWS[1], ROWS[0]]) == [None, SCORES[1], SCORES[0]]


def test_the_same_tokens_with_another_span_are_another_request(store: ScoreStore) -> None:
    store.keep(ROWS[:1], SCORES[:1])
    assert store.known(ROWS[:2]) == [SCORES[0], None]


def test_another_models_scores_are_not_taken(store: ScoreStore, tmp_path: Path) -> None:
    store.keep(ROWS, SCORES)
    assert ScoreStore(tmp_path / "scores.db", "b2:tuned").known(ROWS) == [None, None, None]


def test_a_second_store_of_the_same_file_finds_all(store: ScoreStore, tmp_path: Path) -> None:
    store.keep(ROWS, SCORES)
    assert ScoreStore(tmp_path / "scores.db", "b2:model").known(ROWS) == SCORES


def test_what_another_process_kept_meanwhile_stays(store: ScoreStore) -> None:
    store.keep(ROWS[:1], SCORES[:1])
    store.keep(ROWS[:1], [Score(-9.0, 1, 3, False)])
    assert store.known(ROWS[:1]) == SCORES[:1]


def test_more_rows_than_a_query_takes_are_found(store: ScoreStore) -> None:
    rows = [([i, i + 1], 1) for i in range(1203)]
    scores = [Score(-float(i), 1, 1, i % 2 == 0) for i in range(1203)]
    store.keep(rows, scores)
    assert store.known(rows) == scores


def test_several_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    ScoreStore(tmp_path / "scores.db", "b2:model")

    def write(part: int) -> None:
        own = ScoreStore(tmp_path / "scores.db", "b2:model")
        own.keep([([part, i], 1) for i in range(50)], [Score(-float(i), 1, 1, True) for i in range(50)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(8)))
    rows = [([part, i], 1) for part in range(8) for i in range(50)]
    found = ScoreStore(tmp_path / "scores.db", "b2:model").known(rows)
    assert [score and score.log_probability for score in found] == [
        -float(i) for _ in range(8) for i in range(50)
    ]


def test_the_file_holds_no_words(store: ScoreStore, engine: Engine, tmp_path: Path) -> None:
    ids = engine.tokenizer.encode("The mill stands by the ford")
    store.keep([(ids, 3)], engine.span_scores([(ids, 3)]))
    with closing(sqlite3.connect(tmp_path / "scores.db")) as database:
        ((kept,),) = database.execute("SELECT request FROM scores").fetchall()
    assert len(kept) == 16
    assert b"mill" not in (tmp_path / "scores.db").read_bytes()


def test_no_row_asks_nothing(store: ScoreStore) -> None:
    assert store.known([]) == []
