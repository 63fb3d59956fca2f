"""Preferences: the shapes that are read, what is left out and why, and where the pairs go."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.dialogues.preferences import read_preferences
from glaswerk.data.documents.fields import Defaults, IngestCounts
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.removal.history import in_corpora
from glaswerk.data.source import add_chats, add_docs, add_preferences
from glaswerk.data.store.corpus import document, read_documents
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

ASKED = {"role": "user", "content": "Who bakes?"}
GOOD = {"role": "assistant", "content": "Lena Mill does, on Bridge Street."}
BAD = {"role": "assistant", "content": "No idea."}
PAGE = "Lena Mill bakes bread on Bridge Street every morning at five o'clock."


def _write(folder: Path, *rows: object) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


def _turns(turns: Sequence[Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in turns]


SHAPES: list[dict[str, Any]] = [
    {"prompt": "Who bakes?", "chosen": GOOD["content"], "rejected": BAD["content"]},
    {"prompt": [ASKED], "chosen": [GOOD], "rejected": [BAD]},
    {"prompt": [ASKED], "chosen": GOOD["content"], "rejected": BAD["content"]},
    {"chosen": [ASKED, GOOD], "rejected": [ASKED, BAD]},
    # Zephyr's form: the prompt stands beside conversations that hold it.
    {"prompt": "Who bakes?", "chosen": [ASKED, GOOD], "rejected": [ASKED, BAD]},
    {
        "chosen": f"\n\nHuman: Who bakes?\n\nAssistant: {GOOD['content']}",
        "rejected": "\n\nHuman: Who bakes?\n\nAssistant: No idea.",
    },
    {"prompt": "\n\nHuman: Who bakes?", "chosen": GOOD["content"], "rejected": "No idea."},
    {"instruction": "Who bakes?", "input": "", "chosen": GOOD["content"], "rejected": "No idea."},
    {
        "conversations": [{"from": "human", "value": "Who bakes?"}],
        "chosen": {"from": "gpt", "value": GOOD["content"]},
        "rejected": {"from": "gpt", "value": "No idea."},
    },
    {
        "instruction": "Who bakes?",
        "completions": [
            {"response": "No idea.", "overall_score": 1.5},
            {"response": "Somebody.", "overall_score": 4},
            {"response": GOOD["content"], "overall_score": 8.0},
            {"response": "Not judged.", "overall_score": None},
        ],
    },
]


@pytest.mark.parametrize("row", SHAPES)
def test_the_common_shapes_give_one_prompt_and_two_answers(
    empty_lab: Lab, tmp_path: Path, row: dict[str, object]
) -> None:
    made = add_preferences(empty_lab, [_write(tmp_path, {**row, "licence": "MIT"})], licence="CC0-1.0")
    (found,) = _documents(made)
    assert _turns(found.messages) == _turns([ASKED, GOOD])
    assert _turns(found.rejected) == _turns([BAD])
    assert found.kind == "preference"
    assert found.rights.licence == "MIT"
    assert found.text == (
        "user: Who bakes?\nassistant: Lena Mill does, on Bridge Street.\nrejected assistant: No idea."
    )


def test_system_and_earlier_turns_stay_in_the_prompt(empty_lab: Lab, tmp_path: Path) -> None:
    system = {"role": "system", "content": "Be short."}
    before = [ASKED, GOOD, {"role": "user", "content": "And who mends clocks?"}]
    answers = {"chosen": [*before, GOOD], "rejected": [*before, BAD]}
    single = {"system": "Be short.", "question": "Who bakes?", "chosen": "Lena.", "rejected": "Nobody."}
    made = add_preferences(empty_lab, [_write(tmp_path, answers, single)], licence="CC0-1.0")
    longer, shorter = _documents(made)
    assert _turns(longer.messages[:-1]) == _turns(before)
    assert _turns(shorter.messages[:-1]) == _turns([system, ASKED])


def _node(role: str, text: str, replies: Sequence[object] = (), **more: object) -> dict[str, object]:
    return {"message_id": text, "role": role, "text": text, "lang": "en", "replies": list(replies), **more}


def test_a_tree_gives_a_pair_for_each_turn_with_ranked_replies(empty_lab: Lab, tmp_path: Path) -> None:
    more = _node(
        "prompter",
        "More?",
        [
            _node("assistant", "Worse.", rank=2),
            _node("assistant", "Best.", rank=0),
            _node("assistant", "Middling.", rank=1),
            _node("assistant", "Spam.", rank=3, review_result=False),
        ],
    )
    tree = _node(
        "prompter",
        "Who bakes?",
        [
            _node("assistant", "No idea.", rank=1),
            _node("assistant", "Lena.", [more], rank=0),
            _node("assistant", "Unranked."),
            _node("assistant", "Gone.", deleted=True, rank=2),
        ],
    )
    lonely = _node("prompter", "Alone?", [_node("assistant", "Yes.", rank=0)])
    path = _write(tmp_path, {"prompt": tree}, {"prompt": lonely})
    made = add_preferences(empty_lab, [path], licence="Apache-2.0", name="trees")
    second, first = _documents(made)
    assert (first.id, first.lang) == ("trees:Who bakes?", "en")
    assert _turns(first.messages) == [("user", "Who bakes?"), ("assistant", "Lena.")]
    assert _turns(first.rejected) == [("assistant", "No idea.")]
    assert [m["content"] for m in second.messages] == ["Who bakes?", "Lena.", "More?", "Best."]
    assert _turns(second.rejected) == [("assistant", "Worse.")]
    assert made.stats["rows"] == 2
    assert made.stats["left_out"] == {"no_ranking": 1, "withdrawn_reply": 2}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": "Hi", "chosen": "Yes.", "rejected": " Yes.\n"}, "equal_answers"),
        ({"chosen": [ASKED, GOOD], "rejected": [ASKED, GOOD]}, "equal_answers"),
        ({"prompt": "Hi", "chosen": "Yes.", "rejected": " "}, "empty_answer"),
        ({"chosen": [ASKED, GOOD, ASKED, GOOD], "rejected": [ASKED, BAD, ASKED, GOOD]}, "different_prompts"),
        ({"chosen": [ASKED, GOOD, ASKED, GOOD], "rejected": [ASKED, GOOD]}, "different_prompts"),
        ({"chosen": [ASKED, GOOD], "rejected": [ASKED, ASKED]}, "different_prompts"),
        (
            {"prompt": "Hi", "completions": [{"response": r, "overall_score": 3} for r in "ab"]},
            "no_ranking",
        ),
        ({"prompt": "Hi", "completions": []}, "no_ranking"),
    ],
)
def test_pairs_that_teach_nothing_are_left_out_with_their_reason(
    empty_lab: Lab, tmp_path: Path, row: object, reason: str
) -> None:
    fine = {"prompt": "Who?", "chosen": "Lena.", "rejected": "Nobody."}
    made = add_preferences(empty_lab, [_write(tmp_path, fine, row)], licence="CC0-1.0")
    assert (made.stats["rows"], made.stats["documents"]) == (2, 1)
    assert made.stats["left_out"] == {reason: 1}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"text": "hello"}, "'chosen' in"),
        ({"prompt": "Who?", "chosen": "Lena."}, "found NoneType"),
        ({"chosen": "The sky is blue.", "rejected": "The sky is green."}, "expected a prompt"),
        ({"prompt": "Who?", "chosen": 7, "rejected": "x"}, "found int"),
        ({"prompt": [], "chosen": "x", "rejected": "y"}, "'prompt' in"),
        ({"prompt": [{"role": "robot", "content": "x"}], "chosen": "x", "rejected": "y"}, "found 'robot'"),
        ({"prompt": [{"role": "system", "content": "x"}], "chosen": "x", "rejected": "y"}, "of the user"),
        (
            {"prompt": "x", "completions": [{"overall_score": 1}, {"response": "y", "overall_score": 2}]},
            "'response' in",
        ),
        (
            {"prompt": _node("prompter", "x", [_node("assistant", "", rank=0), {"rank": 1, "text": None}])},
            "'text' in",
        ),
    ],
)
def test_a_row_of_another_shape_is_refused_with_its_line_or_counted(
    empty_lab: Lab, tmp_path: Path, row: object, found: str
) -> None:
    path = _write(tmp_path, {"prompt": "Who?", "chosen": "Lena.", "rejected": "Nobody."}, row)
    with pytest.raises(GlaswerkError, match="line 2") as caught:
        add_preferences(empty_lab, [path], licence="CC0-1.0")
    assert found in caught.value.message
    assert "--tolerant" in (caught.value.hint or "")
    made = add_preferences(empty_lab, [path], licence="CC0-1.0", tolerant=True)
    assert made.stats["documents"] == 1
    assert made.stats["left_out"] == {"broken_record": 1}


def test_parquet_files_are_read_like_lines(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "prompt": "Who?", "chosen": [ASKED, GOOD], "rejected": [ASKED, BAD]},
        {"id": "b", "prompt": None, "chosen": [ASKED, GOOD], "rejected": [ASKED, BAD]},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "pairs.parquet")
    made = add_preferences(empty_lab, [tmp_path / "pairs.parquet"], licence="CC0-1.0", name="p")
    assert [found.id for found in _documents(made)] == ["p:a", "p:b"]


def test_curation_masks_both_answers_and_keeps_pairs_apart_from_all_training(
    empty_lab: Lab, tmp_path: Path
) -> None:
    rows = [
        {
            "id": str(number),
            "prompt": "How do I reach Lena?",
            "chosen": f"Write to lena{number}@mill.example.org.",
            "rejected": f"Write to otto{number}@clock.example.org or ask {number} people.",
        }
        for number in range(60)
    ]
    add_preferences(empty_lab, [_write(tmp_path, *rows)], licence="CC0-1.0", name="pairs")
    (tmp_path / "chats.jsonl").write_text(json.dumps({"messages": [ASKED, GOOD]}) + "\n")
    add_chats(empty_lab, [tmp_path / "chats.jsonl"], licence="CC0-1.0", name="chats")
    (tmp_path / "page.txt").write_text(PAGE)
    add_docs(empty_lab, [tmp_path / "page.txt"], licence="CC0-1.0", name="page")
    made = curate(empty_lab, validation_share=0.2)
    splits = {split: list(read_documents(made.path, split)) for split in made.stats["splits"]}
    assert sum(made.stats["splits"].values()) == 62
    assert {name for name, found in splits.items() if found[0].kind == "preference"} == {
        "preference",
        "preference-validation",
    }
    pair = splits["preference"][0]
    assert pair.messages[-1]["content"] == "Write to [email]."
    assert pair.rejected[0]["content"].startswith("Write to [email] or ask")
    assert "@" not in pair.text
    assert "rejected assistant: Write to [email]" in pair.text
    assert made.stats["masked"] == {"email": 120}
    assert document(made.path, pair.id) == pair
    (event,) = in_corpora(empty_lab, pair.id)
    assert event.figures["split"] == "preference"


def test_a_source_of_an_older_version_has_no_rejected_answers_and_is_curated_all_the_same(
    empty_lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "page.txt").write_text(PAGE)
    source = add_docs(empty_lab, [tmp_path / "page.txt"], licence="CC0-1.0")
    file = source.path / "documents.parquet"
    pq.write_table(pq.read_table(file).drop_columns("rejected"), file)
    assert _documents(source)[0].rejected == ()
    corpus = curate(empty_lab)
    (found,) = read_documents(corpus.path)
    assert found.rejected == ()
    file = corpus.path / "documents.parquet"
    pq.write_table(pq.read_table(file).drop_columns("rejected"), file)
    assert document(corpus.path, found.id) == found


TREE = {
    "prompt": _node(
        "prompter",
        "a",
        [
            _node("assistant", "b", [_node("prompter", "c", [_node("assistant", "d", rank=0)])], rank=0),
            _node("assistant", "e", rank=1),
        ],
    )
}
VALUES = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.just([]),
    st.just({}),
    st.sampled_from(["", " ", "Hi", "user", "assistant", "\n\nHuman: a\n\nAssistant:", "\ud800"]),
    st.sampled_from([*SHAPES, TREE]),
    st.lists(st.sampled_from([ASKED, GOOD, BAD]), max_size=3),
)
CHANGES = st.lists(st.tuples(st.integers(0, 60), VALUES), max_size=3)


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a JSON value, as a container and a key or index."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _spots(value[key])


def _changed(row: Any, changes: list[tuple[int, Any]]) -> Any:
    row = json.loads(json.dumps(row))
    for place, new in changes:
        if spots := list(_spots(row)):
            container, key = spots[place % len(spots)]
            container[key] = json.loads(json.dumps(new))
    return row


@settings(max_examples=200)
@given(st.sampled_from([*SHAPES, TREE]), CHANGES, st.just(b"") | st.binary(max_size=3), st.integers(0, 400))
def test_whatever_a_file_holds_it_gives_documents_or_an_error_in_words(
    row: Any, changes: list[tuple[int, Any]], noise: bytes, place: int
) -> None:
    whole = (json.dumps(_changed(row, changes)) + "\n").encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.jsonl"
        path.write_bytes(whole[:place] + noise + whole[place:])
        tally = IngestCounts()
        try:
            found = list(
                read_preferences(InputFile(path, path.name), Defaults("s", "own"), tally, tolerant=True)
            )
        except GlaswerkError:
            return
        assert found or tally.left_out
        for made in found:
            assert made.messages[-1]["role"] == made.rejected[-1]["role"] == "assistant"
            assert made.messages[-1]["content"].strip() != made.rejected[-1]["content"].strip()
            assert any(turn["role"] == "user" for turn in made.messages)
