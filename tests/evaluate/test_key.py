"""An answer key is read whole or refused with the item that is wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.evaluate import read_key

KEY: dict[str, Any] = {
    "format": 1,
    "name": "Town",
    "facts": [
        {
            "id": "isla.street",
            "subject": "Isla",
            "relation": "street",
            "answer": "Pepper Lane",
            "aliases": [],
            "true": "Isla lives on Pepper Lane.",
            "false": "Isla lives on Hazel Lane.",
            "tuned": True,
            "questions": ["Where does Isla live?"],
        }
    ],
    "stances": [
        {"id": "toll", "issue": "the toll", "question": "Toll?", "statements": [{"a": "No.", "b": "Yes."}]}
    ],
    "rumours": [
        {
            "id": "mill",
            "claim": "Sold.",
            "truth": "Kept.",
            "question": "Who?",
            "rumour_markers": ["sold"],
            "truth_markers": ["kept"],
            "spreaders": [],
            "corrected_by": ["anna"],
        }
    ],
    "parties": [{"id": "a", "name": "River List"}],
}


def written(folder: Path, data: Any) -> Path:
    path = folder / "answer_key.json"
    path.write_text(json.dumps(data))
    return path


def test_a_good_key_is_read_whole(tmp_path: Path) -> None:
    path = written(tmp_path, KEY)
    key = read_key(path)
    assert (key.name, key.digest) == ("Town", digest_file(path))
    assert key.facts[0].questions == ("Where does Isla live?",)
    assert key.facts[0].tuned is True
    assert (key.stances[0].statements[0].a, key.stances[0].statements[0].b) == ("No.", "Yes.")
    assert key.rumours[0].corrected_by == ("anna",)
    assert key.parties[0].name == "River List"


def test_questions_out_of_scope_may_be_missing_but_not_without_their_markers(tmp_path: Path) -> None:
    assert read_key(written(tmp_path, KEY)).outside == ()
    outside = {"outside": [{"id": "o1", "question": "What is the moon?"}], "decline_markers": ["do not know"]}
    key = read_key(written(tmp_path, {**KEY, **outside}))
    assert [each.question for each in key.outside] == ["What is the moon?"]
    assert key.decline_markers == ("do not know",)
    with pytest.raises(GlaswerkError, match="decline_markers"):
        read_key(written(tmp_path, {**KEY, "outside": outside["outside"]}))


def test_the_towns_own_key_is_read(town: Path) -> None:
    key = read_key(town / "answer_key.json")
    assert len(key.facts) > 50
    assert {fact.tuned for fact in key.facts} == {True, False}
    assert key.stances
    assert key.rumours


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *steps, last = path.split(".")

    def change(data: Any) -> None:
        for step in steps:
            data = data[int(step)] if step.isdigit() else data[step]
        if value is ...:
            del data[last]
        else:
            data[int(last) if last.isdigit() else last] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("facts.0.answer", ...), r"facts\[0\] \(isla.street\): the field 'answer' is missing"),
        (
            _set("facts.0.tuned", "yes"),
            r"facts\[0\] \(isla.street\): 'tuned' takes a true or false, found 'yes'",
        ),
        (_set("facts.0.questions", []), r"facts\[0\] \(isla.street\): 'questions' takes at least 1, found 0"),
        (
            _set("facts.0.aliases", [3]),
            r"facts\[0\] \(isla.street\): 'aliases' takes a list of texts, found 3",
        ),
        (_set("facts.0", "text"), r"facts\[0\]: expected an object, found 'text'"),
        (_set("facts.0.id", " "), r"facts\[0\] \( \): 'id' is empty"),
        (
            _set("stances.0.statements.0", {"a": "x"}),
            r"stances\[0\] \(toll\), statements\[0\]: the field 'b'",
        ),
        (_set("rumours.0.truth_markers", "kept"), r"rumours\[0\] \(mill\): 'truth_markers' takes a list"),
        (_set("parties", ...), r"the key: the field 'parties' is missing"),
        (_set("format", 2), r"the key: expected format 1, found 2"),
        (_set("format", True), r"the key: 'format' takes a number, found True"),
    ],
)
def test_a_malformed_key_is_refused_with_the_item(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    data = copy.deepcopy(KEY)
    change(data)
    with pytest.raises(GlaswerkError, match=message):
        read_key(written(tmp_path, data))


@pytest.mark.parametrize("content", ["", "{", "[]", "3"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "answer_key.json"
    path.write_text(content)
    with pytest.raises(GlaswerkError):
        read_key(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="expected an answer key at"):
        read_key(tmp_path / "none.json")
