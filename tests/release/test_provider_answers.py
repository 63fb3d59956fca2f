"""Answers of the provider: read as they were given, or refused with what to write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.release.provider_answers import (
    QUESTIONS,
    TYPES,
    answers_template,
    read_provider_answers,
)


def test_the_template_of_answers_is_itself_a_valid_file_without_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(answers_template({}))
    assert read_provider_answers(file, ()) == {}
    assert all(key in file.read_text() for key in QUESTIONS)
    said = {
        "provider_is_sme": True,
        "machine_watts": 5.5,
        "sources_crawled": ["web"],
        "user_data": 'a "b"\x7f',
    }
    file.write_text(answers_template(said))
    assert read_provider_answers(file, ("web",)) == said
    file.write_text('provider_name = "  "\nuser_data = " a "\n')
    assert read_provider_answers(file, ()) == {"user_data": "a"}


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('provider_nam = "x"', "write provider_name"),
        ('machine_watts = "many"', "fix that line"),
        ("machine_watts = nan", "fix that line"),
        ("provider_is_sme = 1", "fix that line"),
        ('sources_crawled = ["wep"]', "write web"),
        (f'user_data = "{"x" * 4001}"', "fix that line"),
        ("user_data = " + "[" * 5000, "fix the file"),
        (
            'sources_crawled = ["web"]\nsources_user_data = ["web"]',
            "keep it in one list; add content that came another way as another source",
        ),
    ],
)
def test_a_wrong_answer_is_an_error_that_says_what_to_write(tmp_path: Path, line: str, hint: str) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(line + "\n")
    with pytest.raises(GlaswerkError) as error:
        read_provider_answers(file, ("web",))
    assert error.value.hint == hint


def test_every_question_is_a_sentence_and_every_type_belongs_to_a_question() -> None:
    assert TYPES.keys() <= QUESTIONS.keys()
    assert all(sentence.endswith(".") and len(sentence) < 110 for sentence in QUESTIONS.values())


_TEXTS = (
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1).map(str.strip).filter(bool)
)


@settings(max_examples=40, deadline=None)
@given(answers=st.dictionaries(st.sampled_from(sorted(QUESTIONS.keys() - TYPES.keys())), _TEXTS))
def test_any_text_survives_the_file(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, Any]
) -> None:
    file = tmp_path_factory.mktemp("answers") / "answers.toml"
    file.write_text(answers_template(answers), encoding="utf-8", newline="")
    assert read_provider_answers(file, ()) == answers


def test_the_template_is_toml_that_asks_each_question_once() -> None:
    text = answers_template({})
    found = tomllib.loads(text)
    # true, false and numbers have no empty value: their lines are comments.
    assert found.keys() == QUESTIONS.keys() - {key for key, kind in TYPES.items() if kind is not list}
    assert all(text.count(f"# {sentence}\n") == 1 for sentence in QUESTIONS.values())


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("provider_is_sme = false", {"provider_is_sme": False}),
        ("machine_watts = 450", {"machine_watts": 450}),
        ("machine_watts = 0.5", {"machine_watts": 0.5}),
        ("sources_crawled = []", {}),
        ('sources_crawled = ["web"]', {"sources_crawled": ["web"]}),
        (f'user_data = "{"x" * 4000}"', {"user_data": "x" * 4000}),
        ('provider_name = "\\n\\t"', {}),
        ("", {}),
    ],
)
def test_an_answer_is_kept_as_it_was_given_and_a_blank_one_dropped(
    tmp_path: Path, line: str, answer: dict[str, Any]
) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(line + "\n")
    assert read_provider_answers(file, ("web",)) == answer


@pytest.mark.parametrize(
    "line",
    [
        "machine_watts = 0",
        "machine_watts = -1.5",
        "machine_watts = inf",
        "machine_watts = true",
        "sources_crawled = [1]",
        'sources_crawled = "web"',
        "user_data = 1979-05-27",
        "[user_data]",
    ],
)
def test_a_value_of_another_type_is_refused_with_the_type_wanted(tmp_path: Path, line: str) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(line + "\n")
    with pytest.raises(GlaswerkError, match=r"expected .+ for \w+ in .*answers.toml, found"):
        read_provider_answers(file, ("web",))


def test_a_source_that_was_not_trained_on_is_refused_with_those_that_were(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text('sources_user_data = ["zzz"]\n')
    with pytest.raises(GlaswerkError, match="the model was trained on app, web") as error:
        read_provider_answers(file, ("app", "web"))
    assert error.value.hint == "remove it from sources_user_data"
    with pytest.raises(GlaswerkError, match="the model was trained on no source"):
        read_provider_answers(file, ())


def test_an_unknown_key_without_a_near_one_lists_them_all(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text('zzz = "x"\n')
    with pytest.raises(GlaswerkError, match="not a question of any paper") as error:
        read_provider_answers(file, ())
    assert str(error.value.hint).startswith("the keys are: provider_name, ")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a = ", b"a = 1\na = 2\n", b"\x00"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "answers.toml"
    file.write_bytes(data)
    with pytest.raises(GlaswerkError, match=r"expected answers in TOML, found .*answers\.toml"):
        read_provider_answers(file, ())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match=r"none\.toml"):
        read_provider_answers(tmp_path / "none.toml", ())
