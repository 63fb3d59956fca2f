"""Records of traced answers: found again, bounded, without what is forgotten, refused where damaged."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.lab.answer_records import (
    FOLDER,
    AnswerRecord,
    AnswerSettings,
    forget_in_answers,
    prune_answers,
    read_answer,
    record_answer,
)


def numbered(number: int, text: str | None = None) -> AnswerRecord:
    identifier = f"chatcmpl-{number:024x}"
    return AnswerRecord(identifier, "2026-01-01T00:00:00+00:00", "b2:01", "b2:02", ("p1", "x:2/é"), text)


def file_of(lab: Lab, number: int) -> Path:
    return lab.root / FOLDER / f"{numbered(number).id}.json"


def half_written(lab: Lab) -> Path:
    """What a kill between write and rename leaves."""
    file = file_of(lab, 9)
    left = file.with_name(f".{file.name}.4242.tmp")
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text("The bridge")
    return left


def with_settings(lab: Lab, *lines: str) -> Lab:
    with (lab.root / "lab.toml").open("a") as file:
        file.write("\n".join(["", "[answers]", *lines, ""]))
    return Lab.open(lab.root)


@pytest.fixture
def empty(tmp_path: Path) -> Lab:
    return Lab.init(tmp_path / "lab")


@pytest.mark.parametrize("text", [None, "", "The bridge — 🥐"])
def test_an_answer_is_read_as_it_was_recorded(empty: Lab, text: str | None) -> None:
    record_answer(empty, numbered(1, text), most=5)
    assert read_answer(with_settings(empty, "text = true"), numbered(1).id) == numbered(1, text)


def test_words_that_a_lab_kept_once_are_not_read_where_it_keeps_none_now(empty: Lab) -> None:
    record_answer(empty, replace(numbered(1, "The bridge"), context="Which one?"), most=5)
    assert read_answer(empty, numbered(1).id) == numbered(1)


def test_a_record_is_for_its_owner_alone(empty: Lab) -> None:
    record_answer(empty, numbered(1), most=5)
    assert file_of(empty, 1).stat().st_mode & 0o777 == 0o600


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


@pytest.mark.parametrize("most", [0, 2, 9])
def test_pruning_keeps_the_newest_and_removes_what_a_kill_left(empty: Lab, most: int) -> None:
    for number in range(4):
        record_answer(empty, numbered(number), most=9)
        os.utime(file_of(empty, number), (number, number))
    left, kept = half_written(empty), file_of(empty, 8)
    kept.mkdir()
    prune_answers(empty, most)
    there = [number for number in range(4) if read_answer(empty, numbered(number).id)]
    assert there == list(range(4))[max(0, 4 - most) :]
    assert not left.exists()
    assert kept.is_dir()


def test_nothing_is_pruned_where_nothing_was_recorded(empty: Lab) -> None:
    prune_answers(empty, 0)
    assert not (empty.root / FOLDER).exists()


def test_of_what_is_gone_the_words_go_and_if_asked_the_ids(empty: Lab) -> None:
    lab = with_settings(empty, "text = true")
    other = replace(numbered(2, "The mill"), documents=("p3",))
    for answer in (numbered(1, "The bridge"), other):
        record_answer(lab, answer, most=5)
    os.utime(file_of(lab, 1), (7, 7))
    left = half_written(lab)
    forget_in_answers(lab, {"p1"})
    assert read_answer(lab, numbered(1).id) == numbered(1)
    assert not left.exists()
    forget_in_answers(lab, {"p1"}, ids=True)
    assert read_answer(lab, numbered(1).id) == replace(numbered(1), documents=("x:2/é",))
    assert file_of(lab, 1).stat().st_mtime == 7
    assert read_answer(lab, other.id) == other


def test_what_damaged_records_hold_of_it_cannot_be_told_so_they_go(empty: Lab) -> None:
    record_answer(empty, numbered(1), most=5)
    file_of(empty, 1).write_text('{"text": "The bridge')
    forget_in_answers(empty, set())
    assert file_of(empty, 1).exists()
    forget_in_answers(empty, {"p1"})
    assert not file_of(empty, 1).exists()


def test_a_folder_in_the_place_of_a_record_and_a_record_of_another_name_are_errors(empty: Lab) -> None:
    record_answer(empty, numbered(1), most=5)
    file_of(empty, 1).rename(file_of(empty, 2))
    file_of(empty, 1).mkdir()
    for number in (1, 2):
        with pytest.raises(GlaswerkError, match=file_of(empty, number).name):
            read_answer(empty, numbered(number).id)


@pytest.mark.parametrize(
    "found",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"id": 1}',
        "[" * 100_000,
        "\udcff",
        '{"id": "a", "at": "", "model": "", "trace": "", "documents": "p1"}',
        '{"id": "a", "at": "", "model": "", "trace": "", "documents": [1]}',
    ],
)
def test_a_damaged_record_is_an_error_that_names_the_file(empty: Lab, found: str) -> None:
    record_answer(empty, numbered(1), most=5)
    file = file_of(empty, 1)
    file.write_bytes(found.encode("utf-8", "surrogateescape"))
    with pytest.raises(GlaswerkError, match=file.name):
        read_answer(empty, numbered(1).id)


def test_settings_come_from_the_lab_and_keep_no_words_unasked(empty: Lab) -> None:
    assert AnswerSettings.of(empty) == AnswerSettings(10_000, text=False)
    assert AnswerSettings.of(with_settings(empty, "most = 7", "text = true")) == AnswerSettings(7, text=True)


@pytest.mark.parametrize("wrong", ["most = -1", "most = true", 'text = "yes"', "days = 3"])
def test_a_wrong_setting_is_named(empty: Lab, wrong: str) -> None:
    with pytest.raises(GlaswerkError, match=wrong.split()[0]):
        AnswerSettings.of(with_settings(empty, wrong))
