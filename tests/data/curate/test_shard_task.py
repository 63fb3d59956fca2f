"""Tasks cover every document once, leave what `resolve` needs, and are done once."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_labs import doc

from glaswerk.core.document import Document
from glaswerk.data.curate.settings import CurateConfig, read_settings
from glaswerk.data.curate.shard_task import (
    EVALUATIONS,
    EXCLUSIONS,
    TEXT_SCHEMA,
    ExclusionList,
    ShardTask,
    count_lines,
    plan_tasks,
    run_task,
)
from glaswerk.data.filters import duplicates
from glaswerk.data.filters.decontaminate import EvalIndex
from glaswerk.data.removal.reach import Removed
from glaswerk.data.store.decisions import CODES
from glaswerk.data.store.families import CHAT, IMAGE, TEXT
from glaswerk.data.store.parquet import SCHEMA, write_documents

TEXTS = [f"The ferry leaves the upper bank at {hour} and comes back an hour later." for hour in range(9)]
NOTHING = ExclusionList(frozenset(), Removed())


def one_task(
    folder: Path, documents: Sequence[Document], excluded: ExclusionList = NOTHING, **table: Any
) -> ShardTask:
    """A finished task over these documents."""
    path = folder / "documents.parquet"
    write_documents(path, documents)
    excluded.write(folder / EXCLUSIONS)
    (task,) = plan_tasks([("docs", path)], folder, read_settings(table))
    run_task(task)
    return task


names = st.frozensets(st.text(max_size=8), max_size=5)


@given(names, names, names, names)
def test_an_exclusion_list_comes_back_as_it_was_written(
    deleted: frozenset[str], ids: frozenset[str], sources: frozenset[str], handles: frozenset[str]
) -> None:
    given_list = ExclusionList(deleted, Removed(ids, sources, handles))
    with tempfile.TemporaryDirectory() as folder:
        given_list.write(Path(folder) / EXCLUSIONS)
        assert ExclusionList.read(Path(folder) / EXCLUSIONS) == given_list


@settings(max_examples=30)
@given(st.lists(st.integers(0, 7), max_size=4), st.integers(1, 3), st.integers(1, 6))
def test_tasks_cover_every_document_once_in_order(sizes: list[int], group: int, rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = []
        for number, size in enumerate(sizes):
            path = folder / f"{number}.parquet"
            rows_of = [{"id": f"{number}:{place}", "text": "words"} for place in range(size)]
            pq.write_table(pa.Table.from_pylist(rows_of, schema=SCHEMA), path, row_group_size=group)
            sources.append((f"s{number}", path))
        tasks = plan_tasks(sources, folder, CurateConfig(), rows=rows)
        found = [name for task in tasks for part in task.identifiers() for name in part]
    assert found == [f"{number}:{place}" for number, size in enumerate(sizes) for place in range(size)]
    assert [task.number for task in tasks] == list(range(len(tasks)))
    assert [task.first for task in tasks] == list(np.cumsum([0, *(task.rows for task in tasks)])[:-1])
    assert all(task.rows <= rows + group - 1 for task in tasks)


def test_a_task_leaves_the_texts_that_pass_and_the_keys_of_all(tmp_path: Path) -> None:
    documents = [
        doc("docs:a", TEXTS[0]),
        doc("docs:b", "Hm."),
        doc("x:7", TEXTS[1] + " ann@mill.example.org"),
    ]
    task = one_task(tmp_path, documents)
    texts = pq.read_table(task.texts)
    assert texts.schema.equals(TEXT_SCHEMA)
    assert texts["text"].to_pylist() == [TEXTS[0], TEXTS[1] + " [email]"]
    assert texts["masked"].to_pylist() == ["", "email:1"]
    assert set(texts["source"].to_pylist()) == {"docs"}
    keys = task.keys()
    assert keys.reasons.tolist() == [CODES["kept"], CODES["too-short"], CODES["kept"]]
    assert keys.alive.tolist() == [0, 2]
    assert keys.posts.tolist() == [0, 0, 7]
    assert np.isnan(keys.scores[[0, 2]]).all()
    assert keys.scores[1] == 2
    assert keys.families.tolist() == [TEXT] * 3


def test_a_rank_is_the_hash_of_the_sources_own_text_and_a_content_that_of_the_masked_one(
    tmp_path: Path,
) -> None:
    text = f"{TEXTS[0]} ann@mill.example.org"
    keys = one_task(tmp_path, [doc("a", text)]).keys()
    assert int(keys.ranks[0]) == int.from_bytes(duplicates.content_hash(text)[:8])
    masked = duplicates.content_hash(f"{TEXTS[0]} [email]")
    assert [int(part) for part in keys.contents[0]] == [
        int.from_bytes(masked[:8]),
        int.from_bytes(masked[8:]),
    ]


@pytest.mark.parametrize(
    ("identifier", "number"),
    [
        ("x:7", 7),
        ("x:1850000000000000001", 1850000000000000001),
        ("x:12345678901234567890", 0),
        ("x:", 0),
        ("x:-7", 0),
        ("x:٧", 0),
        ("x:7~2", 0),
        ("docs:7", 0),
        ("7", 0),
    ],
)
def test_only_ids_of_x_are_compared_across_sources(tmp_path: Path, identifier: str, number: int) -> None:
    assert one_task(tmp_path, [doc(identifier, TEXTS[0])]).keys().posts.tolist() == [number]


def test_only_running_text_is_compared_for_near_duplicates(tmp_path: Path) -> None:
    turns = ({"role": "user", "content": TEXTS[1]}, {"role": "assistant", "content": TEXTS[2]})
    documents = [
        doc("a", TEXTS[0]),
        doc("b", "", kind="dialogue", messages=turns),
        doc("c", TEXTS[3], kind="caption", media=("c.png",)),
    ]
    task = one_task(tmp_path, documents)
    assert task.keys().families.tolist() == [TEXT, CHAT, IMAGE]
    for band in range(duplicates.BANDS):
        assert [bool(key) for key in task.band(band)] == [True, False, False]


def test_pictures_with_one_caption_have_different_contents(tmp_path: Path) -> None:
    shown = [doc(name, "a boat", kind="caption", media=(f"{name}.png",)) for name in "ab"]
    again = doc("c", "a boat", kind="caption", media=("a.png",))
    contents = one_task(tmp_path, [*shown, again]).keys().contents
    assert (contents[0] == contents[2]).all()
    assert (contents[0] != contents[1]).any()


def test_what_is_excluded_is_dropped_whatever_its_text(tmp_path: Path) -> None:
    excluded = ExclusionList(frozenset({"b"}), Removed(ids=frozenset({"a"})))
    task = one_task(tmp_path, [doc("a", TEXTS[0]), doc("b", TEXTS[1]), doc("c", TEXTS[2])], excluded)
    assert task.keys().reasons.tolist() == [CODES[name] for name in ("forgotten", "deleted", "kept")]
    assert task.samples().listed() == {}


def test_samples_show_public_texts_only(tmp_path: Path) -> None:
    documents = [doc("a", "Hm."), doc("b", "Hm!", audience="limited")]
    task = one_task(tmp_path, documents, audiences=["public", "limited"])
    assert task.samples().listed() == {"too-short": [{"document": "a", "text": "Hm."}]}


def test_leaks_name_the_document_its_source_and_the_item(tmp_path: Path) -> None:
    item = "Who kept the keys of the old mill in the winter after the great flood of that year"
    EvalIndex.build([("mill", "q1", item)]).save(tmp_path / EVALUATIONS)
    (leak,) = one_task(tmp_path, [doc("a", item), doc("b", TEXTS[0])]).leaks()
    assert (leak["document"], leak["source"], leak["set"], leak["item"]) == ("a", "docs", "mill", "q1")
    assert leak["ngram"].startswith("who kept the keys")


def test_a_finished_task_is_not_run_again(tmp_path: Path) -> None:
    task = one_task(tmp_path, [doc("a", TEXTS[0])])
    assert task.is_done
    task.texts.write_bytes(b"finished")
    run_task(task)
    assert task.texts.read_bytes() == b"finished"


def test_a_task_without_its_marker_is_run_again_with_the_same_result(tmp_path: Path) -> None:
    task = one_task(tmp_path, [doc(str(number), text) for number, text in enumerate(TEXTS)])
    files = [task.texts, task.file("npz"), task.file("npy"), task.file("json")]
    before = [file.read_bytes() for file in files]
    task.file("json").unlink()
    task.texts.write_bytes(b"half a file")
    assert not task.is_done
    run_task(task)
    assert [file.read_bytes() for file in files] == before


def test_lines_are_counted_in_pages_that_may_be_used(tmp_path: Path) -> None:
    line = "This page is kept by the reading room on Mill Lane."
    documents = [
        doc("a", f"{TEXTS[0]}\n{line}", kind="page"),
        doc("b", f"{TEXTS[1]}\n{line}", kind="page", tdm_opt_out=True),
        doc("c", f"{TEXTS[2]}\n{line}"),
    ]
    task = one_task(tmp_path, documents)
    count_lines(task)
    table = pq.read_table(task.lines)
    assert table.num_rows == 2
    assert pq.read_metadata(task.lines).metadata[b"pages"] == b"1"
    before = task.lines.stat().st_mtime_ns
    count_lines(task)
    assert task.lines.stat().st_mtime_ns == before
