"""A trace finds every span that stands in the training data, counts it exactly, and invents none."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from handmade import open_tracer, write_corpus

from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.corpus import read_documents
from glaswerk.lab import Lab
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import Trace, Tracer, build

CC0 = Rights("CC0-1.0", acquired="own")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def post(identifier: str, text: str, year: int | None = None, **more: str) -> Document:
    created = datetime(year, 5, 1, tzinfo=UTC) if year else None
    return Document(identifier, "posts", text, CC0, author="anna", created_at=created, kind="post", **more)


def dialogue(identifier: str, *turns: str) -> Document:
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[i % 2], content=turn) for i, turn in enumerate(turns))
    return Document(identifier, "chats", "", CC0, kind="dialogue", messages=messages)


def stretches(documents: Sequence[Document]) -> list[str]:
    """What a match may lie in: a document's text, or one turn of a dialogue."""
    return [text for d in documents for text in ([m["content"] for m in d.messages] or [d.text])]


def count(texts: Sequence[str], span: str) -> int:
    """Occurrences of `span` as whole words, overlapping ones too, by plain scanning."""
    pattern = re.compile(rf"(?=(?<![^\W_]){re.escape(span)}(?![^\W_]))")
    return sum(len(pattern.findall(text)) for text in texts)


def brute_force(texts: Sequence[str], answer: str, least: int) -> list[tuple[int, int, int]]:
    """(start, end, count) of every maximal span, by trying every pair of words."""
    words = [m.span() for m in WORD.finditer(answer)]
    found, limit = [], 0
    for first in range(len(words)):
        for end in range(len(words), max(limit, first + least - 1), -1):
            start, stop = words[first][0], words[end - 1][1]
            if number := count(texts, answer[start:stop]):
                found.append((start, stop, number))
                limit = end
                break
    return found


def figures(trace: Trace) -> list[tuple[int, int, int]]:
    return [(span.start, span.end, span.count) for span in trace.spans]


PIECES = (
    *("the mill", "the", "Mill", "don't", "l’eau", "Anna's", "3rd", "B2", "2024", "über", "naïve", "学校"),
    *("x", "'sample", "'re", "user", "assistant", "a", "aa", "_", "s", "🙂"),
)  # fmt: skip
GLUE = (
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n\n",
    ". ",
    ", ",
    " (",
    ") ",
    ' "',
    "-",
    "/",
    "#",
    "'",
    " 🙂 ",
    "…",
    "",
)


def babble(dice: random.Random, words: int) -> str:
    return "".join(dice.choice(PIECES) + dice.choice(GLUE) for _ in range(words))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("vocab_size", [264, 300, 700])
def test_spans_and_counts_equal_a_brute_force_scan(tmp_path: Path, seed: int, vocab_size: int) -> None:
    dice = random.Random(seed)
    posts = [post(f"p{i}", babble(dice, 60) or "x") for i in range(12)]
    chats = [dialogue(f"d{i}", babble(dice, 20), babble(dice, 20)) for i in range(6)]
    tracer = open_tracer(tmp_path / "lab", {"train": posts, "chat": chats}, vocab_size)
    texts = stretches([*posts, *chats])
    found = 0
    for _ in range(25):
        planted = dice.choice(texts)
        at = dice.randrange(len(planted))
        answer = babble(dice, 8) + planted[at : at + dice.randrange(5, 80)] + babble(dice, 8)
        least = dice.choice([2, 3, 4])
        expected = brute_force(texts, answer, least)
        assert figures(tracer.trace(answer, min_words=least)) == expected
        found += len(expected)
    assert found > 20


def test_the_towns_own_sentences_are_found_with_their_exact_counts(lab: Lab) -> None:
    trained = lab.find("trace", "main.main")
    assert trained is not None
    tracer = Tracer.open(lab, trained)
    corpus = lab.path("corpus", "main")
    documents = [d for split in ("train", "chat") for d in read_documents(corpus, split)]
    texts = stretches(documents)
    dice = random.Random(1)
    for _ in range(40):
        first, second = dice.choice(texts)[:120], dice.choice(texts)[-90:]
        answer = f"{first} — {second}"
        assert figures(tracer.trace(answer)) == brute_force(texts, answer, 4)


def test_every_match_points_at_the_span_in_the_text_it_shows(lab: Lab) -> None:
    trained = lab.find("trace", "main.main")
    assert trained is not None
    tracer = Tracer.open(lab, trained)
    corpus = lab.path("corpus", "main")
    for document in list(read_documents(corpus, "train"))[:50]:
        for span in tracer.trace(document.text[:400]).spans:
            assert 1 <= len(span.documents) <= min(5, span.count)
            assert len({match.id for match in span.documents}) == len(span.documents)
            for match in span.documents:
                assert match.text[match.match_start : match.match_end] == span.text


@pytest.mark.parametrize("text", ["the mill burned down", "The old mill burned down, they say."])
def test_a_span_at_the_start_of_a_document_is_found_wherever_the_answer_has_it(
    tmp_path: Path, text: str
) -> None:
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", text), post("q", "Nothing to see here.")]})
    for frame in ("{}", "Well: {}!", "Well,\n{}", "({})", '"{}"'):
        answer = frame.format(text.rstrip("."))
        (span,) = tracer.trace(answer).spans
        assert (span.text, span.count) == (text.rstrip("."), 1)
        assert answer[span.start : span.end] == span.text


def test_no_span_crosses_from_one_document_or_turn_into_the_next(tmp_path: Path) -> None:
    splits = {
        "train": [post("p", "one two three"), post("q", "four five six")],
        "chat": [dialogue("d", "seven eight nine", "ten eleven twelve")],
    }
    tracer = open_tracer(tmp_path / "lab", splits)
    answer = "one two three four five six seven eight nine ten eleven twelve"
    spans = [span.text for span in tracer.trace(answer, min_words=3).spans]
    assert spans == ["one two three", "four five six", "seven eight nine", "ten eleven twelve"]
    assert tracer.trace("assistant\nten eleven twelve", min_words=4).spans == ()


def test_a_special_tokens_name_in_an_answer_is_plain_text(tmp_path: Path) -> None:
    splits = {"train": [post("p", "one two three"), post("q", "four five six")]}
    tracer = open_tracer(tmp_path / "lab", splits)
    spans = tracer.trace("one two three<|endoftext|>four five six", min_words=3).spans
    assert [span.text for span in spans] == ["one two three", "four five six"]


def test_validation_documents_are_no_training_data(tmp_path: Path) -> None:
    splits = {
        "train": [post("p", "the bakery opens at seven")],
        "validation": [post("v", "the library closes at nine")],
        "chat-validation": [dialogue("d", "when does the ferry leave", "it leaves at ten")],
    }
    tracer = open_tracer(tmp_path / "lab", splits)
    assert tracer.trace("the library closes at nine").spans == ()
    assert tracer.trace("when does the ferry leave").spans == ()
    assert len(tracer.trace("the bakery opens at seven").spans) == 1


def test_documents_are_the_earliest_first_posts_before_dialogues_and_never_twice(tmp_path: Path) -> None:
    line = "the mill burned down"
    splits = {
        "train": [
            post("undated", line),
            post("late", f"{line}. Yes, {line}.", 2021),
            post("early", line, 2019),
        ],
        "chat": [dialogue("talk", "What happened?", f"I heard that {line}.")],
    }
    tracer = open_tracer(tmp_path / "lab", splits)
    (span,) = tracer.trace(line).spans
    assert span.count == 5
    assert [match.id for match in span.documents] == ["early", "late", "undated", "talk"]
    assert [match.split for match in span.documents] == ["train"] * 3 + ["chat"]
    assert span.documents[0].created_at == "2019-05-01T00:00:00+00:00"
    talk = span.documents[-1]
    assert talk.text == f"user: What happened?\n\nassistant: I heard that {line}."
    assert talk.text[talk.match_start : talk.match_end] == line
    (short,) = tracer.trace(line, documents=2).spans
    assert [match.id for match in short.documents] == ["early", "late"]
    assert short.count == 5


def test_a_long_document_is_shown_as_a_window_around_the_match(tmp_path: Path) -> None:
    text = "filler words again " * 300 + "the mill burned down" + " and more filler" * 300
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", text)]})
    (span,) = tracer.trace("so the mill burned down today").spans
    match = span.documents[0]
    assert match.text[match.match_start : match.match_end] == "the mill burned down"
    assert len(match.text) < 2100
    assert match.text in text
    assert match.text.split()[0] in ("filler", "words", "again")


def test_json_holds_offsets_and_the_label_that_claims_no_cause(tmp_path: Path) -> None:
    tracer = open_tracer(
        tmp_path / "lab", {"train": [post("p", "the mill burned down", url="https://a.example")]}
    )
    data = tracer.trace("Yes, the mill burned down.").to_json()
    assert data["label"] == "verbatim match in training data"
    span = data["spans"][0]
    assert (span["start"], span["end"], span["words"], span["count"]) == (5, 25, 4, 1)
    assert span["documents"][0]["url"] == "https://a.example"
    assert span["documents"][0]["licence"] == "CC0-1.0"


@pytest.mark.parametrize("text", ["", " ", "one", "…!?", "🙂🙂🙂 🙂 🙂 🙂", "\ud800 a b c d"])
def test_answers_without_a_span_give_an_empty_trace(tmp_path: Path, text: str) -> None:
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", "the mill burned down")]})
    assert tracer.trace(text).spans == ()


def test_fewer_than_two_words_are_refused(tmp_path: Path) -> None:
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", "the mill burned down")]})
    with pytest.raises(GlaswerkError, match="min_words takes 2 or more, found 1"):
        tracer.trace("the mill", min_words=1)


def test_building_twice_does_nothing_and_copies_no_token_file(empty_lab: Lab) -> None:
    write_corpus(empty_lab, {"train": [post("p", "the mill burned down")]})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    shards = pack(empty_lab)
    first = build(empty_lab, shards)
    assert (first.kind, first.name, dict(first.inputs)) == ("trace", shards.name, {"shards": shards.id})
    assert build(empty_lab, shards).finished_at == first.finished_at
    names = {path.name for path in first.path.iterdir()}
    assert names == {"train.order.npy", "train.bounds.npy", "train.age.npy", "manifest.json"}


def test_a_trace_of_shards_that_were_packed_anew_is_refused_as_stale(empty_lab: Lab) -> None:
    write_corpus(empty_lab, {"train": [post("p", "the mill burned down")]})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    trace = build(empty_lab, pack(empty_lab))
    write_corpus(empty_lab, {"train": [post("p", "the bakery opens at seven")]})
    with pytest.raises(GlaswerkError, match="stale: it was made from the corpus"):
        Tracer.open(empty_lab, trace)
    train_tokenizer(empty_lab, TokenizerConfig(300))
    pack(empty_lab)
    with pytest.raises(GlaswerkError, match="stale: it was made from the shards"):
        Tracer.open(empty_lab, trace)


def test_a_damaged_trace_is_an_error_with_the_way_to_mend_it(empty_lab: Lab) -> None:
    write_corpus(empty_lab, {"train": [post("p", "the mill burned down")]})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    trace = build(empty_lab, pack(empty_lab))
    (trace.path / "train.order.npy").write_bytes(b"")
    with pytest.raises(GlaswerkError, match="cannot be read") as caught:
        Tracer.open(empty_lab, trace)
    assert "glaswerk index" in str(caught.value.hint)
