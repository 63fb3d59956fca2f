"""Evaluation items in training documents: what is planted is found, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.filters.decontaminate import NGRAM_WORDS, WHOLE_WORDS, EvalIndex, Leak, normalised_words

QUESTION = (
    "A miller has twelve sacks of flour and sells five of them to the baker beside the bridge. "
    "How many sacks are left in the mill?"
)
SHORT = "Which of the two bridges is the older one?"
INDEX = EvalIndex.build([("mill", "q1", QUESTION), ("mill", "q2", SHORT), ("sums", "1", "2 + 2 =")])
WORDS = st.text(alphabet="abcdefgäöüß", min_size=1, max_size=6)


def test_thirteen_words_in_a_row_are_a_leak_and_twelve_are_not() -> None:
    words = QUESTION.split()
    inside = "They say that " + " ".join(words[3:16]) + " and so on."
    assert INDEX.find(inside) == [Leak("mill", "q1", " ".join(normalised_words(QUESTION)[3:16]))]
    assert INDEX.find("They say that " + " ".join(words[3:15]) + " and so on.") == []


def test_case_punctuation_and_compatibility_forms_do_not_hide_an_item() -> None:
    assert INDEX.find(QUESTION.upper().replace(" ", " — ")) == INDEX.find(QUESTION)
    # A no-break space and the ligature "fl" are the same to NFKC.
    assert INDEX.find(QUESTION.replace(" ", "\u00a0").replace("fl", "\ufb02")) == INDEX.find(QUESTION)


def test_a_short_item_is_found_only_as_a_whole() -> None:
    assert INDEX.find("So: which of the two bridges is the older one? The upper.") == [
        Leak("mill", "q2", "which of the two bridges is the older one")
    ]
    assert INDEX.find("which of the two bridges is the older") == []


def test_items_too_short_to_be_told_from_language_are_counted() -> None:
    assert INDEX.unchecked == {"sums": 1}
    assert INDEX.find("2 + 2 =") == []


def test_an_item_may_come_as_several_texts() -> None:
    """One item of three strings: its context is checked, so it does not count as unchecked."""
    index = EvalIndex.build([("s", "1", "Why?"), ("s", "1", QUESTION), ("s", "1", "yes"), ("s", "2", "no")])
    assert index.find(QUESTION)[0].item == "1"
    assert index.unchecked == {"s": 1}


def test_sequences_that_run_from_one_document_into_the_next_are_in_neither() -> None:
    words = QUESTION.split()
    halves = [" ".join(words[:10]), "", " ".join(words[10:20])]
    assert list(INDEX.find_all(halves)) == [[], [], []]
    assert len(INDEX.find(" ".join(halves))) == 1


def test_an_index_of_nothing_that_can_be_checked_finds_nothing() -> None:
    index = EvalIndex.build([("sums", "1", "2 + 2 ="), ("sums", "2", "3 + 3 =")])
    assert (len(index.keys), index.unchecked, index.find(QUESTION)) == (0, {"sums": 2}, [])


def test_an_index_needs_items_and_sequences_of_some_length() -> None:
    with pytest.raises(GlaswerkError, match="items, found none"):
        EvalIndex.build([])
    with pytest.raises(GlaswerkError, match="n = 7"):
        EvalIndex.build([("s", "1", QUESTION)], n=WHOLE_WORDS - 1)


@given(st.data())
def test_every_planted_sequence_is_found(data: st.DataObject) -> None:
    item = data.draw(st.lists(WORDS, min_size=NGRAM_WORDS, max_size=40))
    before, after = data.draw(st.lists(WORDS, max_size=20)), data.draw(st.lists(WORDS, max_size=20))
    start = data.draw(st.integers(0, len(item) - NGRAM_WORDS))
    index = EvalIndex.build([("set", "item", " ".join(item))])
    found = index.find(" ".join([*before, *item[start : start + NGRAM_WORDS], *after]))
    assert [(leak.set, leak.item) for leak in found] == [("set", "item")]


@given(st.lists(st.lists(WORDS, max_size=30), max_size=8), st.lists(WORDS, min_size=8, max_size=20))
def test_what_is_found_really_stands_in_both(texts: list[list[str]], item: list[str]) -> None:
    index = EvalIndex.build([("set", "item", " ".join(item))])
    documents = [" ".join(text) for text in texts]
    every = list(index.find_all(documents))
    assert every == [index.find(document) for document in documents]
    item_words = " ".join(normalised_words(" ".join(item)))
    for document, leaks in zip(documents, every, strict=True):
        text = " ".join(normalised_words(document))
        for leak in leaks:
            assert f" {leak.ngram} " in f" {text} "
            assert f" {leak.ngram} " in f" {item_words} "


# Blocks of few words, so that texts drawn from them share long sequences more often than not.
BLOCKS = st.sampled_from(["mill lane öl mill", "lane lane", "mill mill mill mill mill", "öl", "lane öl mill"])
FEW = st.lists(BLOCKS, max_size=7).map(lambda blocks: " ".join(blocks).split())


@given(st.lists(FEW, min_size=1, max_size=6), FEW, st.integers(WHOLE_WORDS, NGRAM_WORDS))
def test_the_index_agrees_with_comparing_every_sequence(
    items: list[list[str]], document: list[str], n: int
) -> None:
    """Few words make many sequences that items share; of these the first item is named."""
    index = EvalIndex.build([("set", str(k), " ".join(item)) for k, item in enumerate(items)], n)
    owner: dict[tuple[str, ...], str] = {}
    for number, item in enumerate(items):
        size = min(n, len(item))
        for start in range(len(item) - size + 1) if size >= WHOLE_WORDS else ():
            owner.setdefault(tuple(item[start : start + size]), str(number))
    expected = {
        owner[sequence]
        for size in range(WHOLE_WORDS, n + 1)
        for start in range(len(document) - size + 1)
        if (sequence := tuple(document[start : start + size])) in owner
    }
    assert {leak.item for leak in index.find(" ".join(document))} == expected
    assert sum(index.unchecked.values()) == sum(len(item) < WHOLE_WORDS for item in items)


def test_long_documents_and_many_are_read_in_parts_with_the_same_result() -> None:
    filler = " ".join(f"word{number}" for number in range(15_000))
    documents = [filler, f"{filler} {QUESTION} {filler}", SHORT, filler]
    assert [len(leaks) for leaks in INDEX.find_all(documents)] == [0, 1, 1, 0]


def test_lone_surrogates_are_words_like_others() -> None:
    text = " ".join(["\ud800x"] + [f"w{n}" for n in range(12)])
    assert EvalIndex.build([("s", "1", text)]).find(text)[0].item == "1"


def test_keys_are_the_same_on_every_machine_and_in_every_version() -> None:
    """A change here makes every saved index blind: raise the version of its files with it."""
    assert [hex(key) for key in EvalIndex.build([("s", "1", SHORT)]).keys.tolist()] == ["0x984b36adfe7baf33"]


def test_a_saved_index_answers_the_same(tmp_path: Path) -> None:
    INDEX.save(tmp_path / "index")
    loaded = EvalIndex.load(tmp_path / "index")
    assert loaded.find(f"{SHORT} {QUESTION}") == INDEX.find(f"{SHORT} {QUESTION}")
    assert (loaded.n, loaded.unchecked) == (INDEX.n, INDEX.unchecked)
    assert np.array_equal(loaded.keys, INDEX.keys)
    # The keys are those of the file: nothing was copied.
    assert not loaded.keys.flags.owndata
    assert not loaded.keys.flags.writeable


def test_an_empty_index_can_be_saved_too(tmp_path: Path) -> None:
    EvalIndex.build([("sums", "1", "2 + 2 =")]).save(tmp_path)
    assert EvalIndex.load(tmp_path).unchecked == {"sums": 1}


def test_a_missing_index_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="index of evaluation items") as caught:
        EvalIndex.load(tmp_path / "none")
    assert caught.value.hint


@given(st.data())
def test_a_damaged_index_is_an_error_or_still_answers(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("index")
    INDEX.save(folder)
    file = folder / data.draw(st.sampled_from(["ngrams.arrow", "items.arrow"]))
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place : place + data.draw(st.integers(0, 64))] = data.draw(st.binary(max_size=64))
    file.write_bytes(bytes(content))
    with suppress(GlaswerkError):
        found = EvalIndex.load(folder).find(QUESTION)
        assert all(leak.ngram in " ".join(normalised_words(QUESTION)) for leak in found)


@given(st.text(max_size=80))
def test_normalised_words_are_letters_and_digits_and_stay_when_normalised_again(text: str) -> None:
    words = normalised_words(text)
    assert all(word.isalnum() or not word.isascii() for word in words)
    assert normalised_words(" ".join(words).upper()) == normalised_words(" ".join(words))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Who kept the KEYS?", ["who", "kept", "the", "keys"]),
        ("ﬁne Straße", ["fine", "strasse"]),
        ("snake_case, don't", ["snake", "case", "don", "t"]),
        ("１２ ½", ["12", "1", "2"]),
        ("…!?", []),
    ],
)
def test_words_are_compared_without_case_marks_and_forms(text: str, words: list[str]) -> None:
    assert normalised_words(text) == words
