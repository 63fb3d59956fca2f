"""Sentences and passages are the text's own characters, cut where a reader would cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.retrieve.sentences import passages, sentences


def cut(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The bridge fell. Who saw it? Nobody!", ["The bridge fell.", "Who saw it?", "Nobody!"]),
        ("Dr. Ada Brook and Mrs. Hale met. They left.", ["Dr. Ada Brook and Mrs. Hale met.", "They left."]),
        ("Am 3. Mai kam z. B. Prof. Lang. Er blieb.", ["Am 3. Mai kam z. B. Prof. Lang.", "Er blieb."]),
        ("J. R. Hart wrote it. It sold.", ["J. R. Hart wrote it.", "It sold."]),
        ("It cost 3.50 or so. Cheap!", ["It cost 3.50 or so.", "Cheap!"]),
        ('He said: "Come back." She did.', ['He said: "Come back."', "She did."]),
        ("# Heading\n\nA line\nthat goes on.\n\nNext", ["# Heading", "A line\nthat goes on.", "Next"]),
        ("橋は古い。誰が建てた？知らない。", ["橋は古い。", "誰が建てた？", "知らない。"]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, wanted: list[str]) -> None:
    assert cut(text) == wanted


def test_a_run_of_words_without_an_end_is_cut_and_nothing_of_it_is_lost() -> None:
    text = " ".join(f"word{i}" for i in range(1000))
    found = cut(text)
    assert max(len(piece.split()) for piece in found) <= 240
    assert " ".join(found) == text


def test_passages_keep_sentences_whole_and_headings_with_what_follows() -> None:
    text = "# Mill\n\n" + " ".join(f"Sentence number {i} is here." for i in range(60))
    found = passages(text)
    assert [span for passage in found for span in passage] == sentences(text)
    sizes = [sum(len(text[a:b].split()) for a, b in passage) for passage in found]
    assert all(size <= 125 for size in sizes)
    assert text[slice(*found[0][0])] == "# Mill"
    assert len(found[0]) > 1


@given(st.text(alphabet=st.sampled_from("aB .!?\n\"'。1ß"), max_size=300))
def test_any_text_is_covered_in_order_but_for_the_space_between(text: str) -> None:
    spans = sentences(text)
    assert all(a < b for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


_RUNS = [".", "!?", "…", "\n \n ", "a."]


@pytest.mark.parametrize("run", _RUNS)
def test_runs_of_marks_are_cut_in_one_go(run: str) -> None:
    text = run * 100_000
    assert sum(end - start for start, end in sentences(text)) <= len(text)
