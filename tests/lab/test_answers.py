"""Records of traced answers: found again, bounded, refused where damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.lab.answers import FOLDER, Answer, AnswerSettings, read_answer, record_answer


def numbered(number: int, text: str | None = None) -> Answer:
    identifier = f"chatcmpl-{number:024x}"
    return Answer(identifier, "2026-01-01T00:00:00+00:00", "b2:01", "b2:02", ("p1", "x:2/é"), text)


@pytest.fixture
def empty(tmp_path: Path) -> Lab:
    return Lab.init(tmp_path / "lab")


@pytest.mark.parametrize("text", [None, "", "The bridge — 🥐"])
def test_an_answer_is_read_as_it_was_recorded(empty: Lab, text: str | None) -> None:
    record_answer(empty, numbered(1, text), most=5)
    assert read_answer(Lab.open(empty.root), numbered(1).id) == numbered(1, text)


@pytest.mark.parametrize(
    "identifier", ["", "chatcmpl-" + "0" * 24, "../../lab", "chatcmpl-../x", "chatcmpl-" + "0" * 24 + "\n"]
)
def test_what_is_not_there_is_none_and_no_id_leaves_the_folder(empty: Lab, identifier: str) -> None:
    assert read_answer(empty, identifier) is None


@pytest.mark.parametrize("most", [1, 2, 20])
def test_the_oldest_go_and_the_newest_stays(empty: Lab, most: int) -> None:
    for number in range(3 * most):
        record_answer(empty, numbered(number), most)
        assert 1 <= len(list((empty.root / FOLDER).iterdir())) <= most
        assert read_answer(empty, numbered(number).id)
    assert read_answer(empty, numbered(0).id) is None


@pytest.mark.parametrize(
    "found", ["", "[]", "null", "{}", '{"id": 1}', "[" * 100_000, "\udcff",
              '{"id": "a", "at": "", "model": "", "trace": "", "documents": "p1"}',
              '{"id": "a", "at": "", "model": "", "trace": "", "documents": [1]}'],
)  # fmt: skip
def test_a_damaged_record_is_an_error_that_names_the_file(empty: Lab, found: str) -> None:
    record_answer(empty, numbered(1), most=5)
    file = empty.root / FOLDER / f"{numbered(1).id}.json"
    file.write_bytes(found.encode("utf-8", "surrogateescape"))
    with pytest.raises(GlaswerkError, match=file.name):
        read_answer(empty, numbered(1).id)


def test_settings_come_from_the_lab_and_keep_no_words_unasked(empty: Lab) -> None:
    assert AnswerSettings.of(empty) == AnswerSettings(10_000, text=False)
    with (empty.root / "lab.toml").open("a") as file:
        file.write("\n[answers]\nmost = 7\ntext = true\n")
    assert AnswerSettings.of(Lab.open(empty.root)) == AnswerSettings(7, text=True)


@pytest.mark.parametrize("wrong", ["most = -1", "most = true", 'text = "yes"', "days = 3"])
def test_a_wrong_setting_is_named(empty: Lab, wrong: str) -> None:
    with (empty.root / "lab.toml").open("a") as file:
        file.write(f"\n[answers]\n{wrong}\n")
    with pytest.raises(GlaswerkError, match=wrong.split()[0]):
        AnswerSettings.of(Lab.open(empty.root))
