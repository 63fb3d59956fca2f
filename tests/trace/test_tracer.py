"""A trace finds every span of the training data, counts it exactly, and invents none."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from handmade import open_tracer, write_corpus
from scans import brute_force, count

from glaswerk.core.artifact_files import DECISIONS
from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.tokenizer import Shards, Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import Trace, Tracer, build

CC0 = Rights("CC0-1.0", acquired="own")


def post(identifier: str, text: str, year: int | None = None, **more: str) -> Document:
    created = datetime(year, 5, 1, tzinfo=UTC) if year else None
    return Document(identifier, "posts", text, CC0, author="anna", created_at=created, kind="post", **more)


def dialogue(identifier: str, *turns: str) -> Document:
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[i % 2], content=turn) for i, turn in enumerate(turns))
    return Document(identifier, "chats", "", CC0, kind="dialogue", messages=messages)


def stretches(documents: Sequence[Document]) -> list[str]:
    """The texts that can contain a match: a document's text, or one turn of a dialogue."""
    return [text for d in documents for text in ([m["content"] for m in d.messages] or [d.text])]


def figures(trace: Trace) -> list[tuple[int, int, int]]:
    return [(span.start, span.end, span.count) for span in trace.spans]


PIECES = (
    *("the mill", "the", "Mill", "don't", "l’eau", "Anna's", "3rd", "B2", "2024", "über", "naïve", "学校"),
    *("x", "'sample", "'re", "user", "assistant", "a", "aa", "_", "s", "🙂"),
)
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


@pytest.mark.parametrize(
    ("seed", "vocab_size"),
    [
        pytest.param(seed, size, marks=() if (seed, size) == (0, 300) else pytest.mark.slow)
        for seed in range(3)
        for size in (264, 300, 700)
    ],
)
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


@pytest.mark.slow
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


def test_documents_are_the_earliest_first_and_never_twice(tmp_path: Path) -> None:
    line = "the mill burned down"
    splits = {
        "train": [post("undated", line), post("late", line, 2021), post("early", line, 2019)],
        "chat": [dialogue("talk", "What happened?", f"I heard that {line}. Yes, {line}.")],
    }
    tracer = open_tracer(tmp_path / "lab", splits)
    found = tracer.search(line)
    assert [match.id for match in found] == ["early", "late", "undated", "talk"]
    assert [match.split for match in found] == ["train"] * 3 + ["chat"]
    assert found[0].created_at == "2019-05-01T00:00:00+00:00"
    assert found[-1].text == f"user: What happened?\n\nassistant: I heard that {line}. Yes, {line}."
    assert [match.id for match in tracer.search(line, limit=2)] == ["early", "late"]
    (span,) = tracer.trace(line).spans
    assert (span.count, span.counts) == (5, {"train": 3, "chat": 2})


def test_documents_that_fit_the_exchange_come_first(tmp_path: Path) -> None:
    line = "the mill burned down"
    posts = [post("fire", f"{line} after a fire", 2019), post("ferry", f"{line} as the ferry left", 2020)]
    tracer = open_tracer(tmp_path / "lab", {"train": posts})
    for context in ("fire", "ferry"):
        (span,) = tracer.trace(line, context=f"What about the {context}?", documents=1).spans
        assert [match.id for match in span.documents] == [context]


def test_rarer_words_rank_before_frequent_ones(tmp_path: Path) -> None:
    posts = [post(f"p{i}", "one two three four") for i in range(20)] + [post("q", "zinc quartz jade opal")]
    tracer = open_tracer(tmp_path / "lab", {"train": posts})
    first, second = tracer.trace("one two three four. zinc quartz jade opal").spans
    assert (first.rank, second.rank) == (2, 1)
    assert second.rarity < first.rarity < 0


def test_both_sides_of_a_pair_are_found_with_their_labels_and_the_prompt_counts_once(tmp_path: Path) -> None:
    asked = dialogue("pair", "Did the old mill burn?", "Yes, in the dry spring.")
    rejected = (Message(role="assistant", content="No, it was only a rumour."),)
    pair = replace(asked, kind="preference", rejected=rejected)
    splits = {"train": [post("p", "Nothing to see here.")], "preference": [pair]}
    tracer = open_tracer(tmp_path / "lab", splits)
    for phrase, side in (("in the dry spring", "chosen"), ("it was only a rumour", "rejected")):
        (span,) = tracer.trace(phrase).spans
        (match,) = span.documents
        assert (match.split, match.side, span.count) == ("preference", side, 1)
        assert match.text[match.match_start : match.match_end] == phrase
    assert tracer.count("Did the old mill burn").to_json()["count"] == 1


def test_forgotten_documents_leave_trace_count_and_search_at_once_by_document(tmp_path: Path) -> None:
    dice = random.Random(3)
    words = ["amber", "birch", "copper", "dune", "ember", "fjord", "grove", "heath"]
    lines = [" ".join(dice.choices(words, k=9)) + f" secret{'abcdefghij'[i % 10]} {i}" for i in range(50)]
    posts = [post(f"f{i}", line) for i, line in enumerate(lines)]
    tracer = open_tracer(
        tmp_path / "lab", {"train": [*posts, post("copy", lines[0]), post("k", "kept words")]}
    )
    assert all(tracer.count(line).count for line in lines)
    Forgotten(tuple(Tombstone("id", f"f{i}") for i in range(50))).write(tmp_path / "lab")
    for i, line in enumerate(lines):
        shown = {match.id for span in tracer.trace(line).spans for match in span.documents}
        assert shown <= {"copy"}
        assert tracer.count(line).count == (i == 0)
        assert [match.id for match in tracer.search(line)] == (["copy"] if i == 0 else [])


def test_a_hundred_planted_spans_are_found_over_many_segments(tmp_path: Path) -> None:
    dice = random.Random(5)
    posts = [post(f"p{i}", babble(dice, 25) + f" the {i} planted words stand here") for i in range(100)]
    tracer = open_tracer(tmp_path / "lab", {"train": posts}, segment_tokens=500)
    for i in range(100):
        phrase = f"the {i} planted words stand here"
        (match,) = tracer.search(phrase)
        assert match.id == f"p{i}"
        assert phrase in [span.text for span in tracer.trace(f"Then {phrase}!").spans]


def test_counts_of_a_phrase_are_those_of_a_scan(tmp_path: Path) -> None:
    dice = random.Random(7)
    posts = [post(f"p{i}", babble(dice, 60) or "x") for i in range(12)]
    tracer = open_tracer(tmp_path / "lab", {"train": posts})
    for phrase in ("a", "the mill", "don't", "3rd", "user", "the mill the mill"):
        found = tracer.count(phrase)
        assert found.count == count(stretches(posts), phrase)
        assert found.documents == sum(1 for p in posts if count([p.text], phrase))


@pytest.mark.parametrize("phrase", ["", "   ", "…!?", "the " * 300_000])
def test_phrases_that_cannot_be_counted_are_refused(tmp_path: Path, phrase: str) -> None:
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", "the mill burned down")]})
    for ask in (tracer.count, tracer.search):
        with pytest.raises(GlaswerkError, match="expected a phrase"):
            ask(phrase)


def test_a_long_copy_is_one_span_and_a_word_said_a_thousand_times_ends(tmp_path: Path) -> None:
    long = " ".join(f"word{'abcdefghij'[i % 10]} {i}" for i in range(300))
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", long), post("q", "the " * 500)]})
    (span,) = tracer.trace(f"So {long} indeed").spans
    assert span.text == long
    spans = tracer.trace("the " * 510).spans
    assert [(each.words, each.count) for each in spans] == [(500, 1)] * 11


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


def test_rarity_is_that_of_what_may_be_shown(tmp_path: Path) -> None:
    kept = post("k", "one two zanzibar quokka")
    many = [post(f"h{i}", "zanzibar quokka zanzibar quokka") for i in range(20)]
    tracer = open_tracer(tmp_path / "lab", {"train": [*many, kept]})
    (before,) = tracer.trace(kept.text).spans
    Forgotten(tuple(Tombstone("id", each.id) for each in many)).write(tmp_path / "lab")
    (after,) = tracer.trace(kept.text).spans
    assert (before.count, after.count) == (1, 1)
    lab = Lab.open(tmp_path / "lab")
    packed = Shards.open(lab.path("shards", "main.main"))
    counts = np.ones(packed.vocab_size)
    ids, starts, ends = packed.spans("train")
    place = ids.index("k")
    tokens = np.asarray(packed.tokens("train"))[starts[place] : ends[place] + 1]
    np.add.at(counts, tokens, 1)
    tokenizer = Tokenizer.load(lab.path("tokenizer", "main"))
    expected = np.log(counts / counts.sum())[tokenizer.encode(kept.text)].sum()
    assert after.rarity == pytest.approx(expected, abs=1e-3)
    assert before.rarity > after.rarity
    lab.ledger.close()


def test_duplicates_that_are_forgotten_count_no_more(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    rows = pq.read_table(lab.path("corpus", "main") / DECISIONS).to_pylist()
    trained = {document.id: document for document in read_documents(lab.path("corpus", "main"), "train")}
    copies = [row for row in rows if row["duplicate_of"] in trained]
    head = trained[copies[0]["duplicate_of"]]
    own = [row["document"] for row in copies if row["duplicate_of"] == head.id]
    trace = lab.find("trace", "main.main")
    assert trace is not None
    tracer = Tracer.open(lab, trace)

    def duplicates() -> int:
        phrase = " ".join(head.text.split()[:6])
        return next(match.duplicates for match in tracer.search(phrase, limit=500) if match.id == head.id)

    assert duplicates() == len(own)
    Forgotten((Tombstone("id", own[0]),)).write(own_lab)
    assert duplicates() == len(own) - 1
    lab.ledger.close()


def test_a_damaged_index_is_not_taken_over(empty_lab: Lab) -> None:
    posts = [post(f"p{i:03}", f"the mill burned down on day {i} of spring") for i in range(100)]
    write_corpus(empty_lab, {"train": posts})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    first = build(empty_lab, pack(empty_lab), segment_tokens=400)
    for file in first.path.glob("*.order.npy"):
        order = np.load(file)
        np.save(file, order[::-1])
    write_corpus(empty_lab, {"train": [*posts, post("q", "the bakery opens at seven")]})
    second = build(empty_lab, pack(empty_lab), segment_tokens=400)
    assert second.stats["reused"] == 0
    assert Tracer.open(empty_lab, second).count("the mill burned down").count == 100


def test_a_lone_surrogate_in_an_answer_becomes_a_replacement_character(tmp_path: Path) -> None:
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", "the old \ufffd mill burned down")]})
    (span,) = tracer.trace("So the old \ud800 mill burned down").spans
    assert (span.start, span.count, span.documents[0].id) == (3, 1, "p")
    assert tracer.search("the old \udcff mill")[0].id == "p"


@pytest.mark.parametrize("text", ["", " ", "one", "…!?", "🙂🙂🙂 🙂 🙂 🙂", "\ud800 a b c d"])
def test_answers_without_a_span_give_an_empty_trace(tmp_path: Path, text: str) -> None:
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", "the mill burned down")]})
    assert tracer.trace(text).spans == ()


def test_fewer_than_two_words_are_refused(tmp_path: Path) -> None:
    tracer = open_tracer(tmp_path / "lab", {"train": [post("p", "the mill burned down")]})
    with pytest.raises(GlaswerkError, match="expected min_words of 2 or more, found 1"):
        tracer.trace("the mill", min_words=1)


def test_building_twice_does_nothing_and_copies_no_token_file(empty_lab: Lab) -> None:
    write_corpus(empty_lab, {"train": [post("p", "the mill burned down")]})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    shards = pack(empty_lab)
    first = build(empty_lab, shards)
    assert (first.kind, first.name, dict(first.inputs)) == ("trace", shards.name, {"shards": shards.id})
    assert build(empty_lab, shards).finished_at == first.finished_at
    assert not list(first.path.glob("*.bin"))


def test_changed_shards_take_over_the_segments_that_are_the_same(empty_lab: Lab) -> None:
    posts = [post(f"p{i:03}", f"the mill burned down on day {i} of spring") for i in range(200)]
    write_corpus(empty_lab, {"train": posts})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    first = build(empty_lab, pack(empty_lab), segment_tokens=400)
    # One document more at the end, one less near the beginning.
    write_corpus(empty_lab, {"train": [*posts[:3], *posts[4:], post("q", "the bakery opens at seven")]})
    second = build(empty_lab, pack(empty_lab), segment_tokens=400)
    assert first.stats["segments"] > 5
    assert second.stats["reused"] >= first.stats["segments"] - 2
    assert second.stats["reused"] < second.stats["segments"]
    assert Tracer.open(empty_lab, second).count("the bakery opens at seven").count == 1
    assert Tracer.open(empty_lab, second).count("the mill burned down").count == 199


def test_a_trace_of_shards_that_were_packed_again_is_refused_as_stale(empty_lab: Lab) -> None:
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


def test_a_damaged_trace_is_an_error_with_the_command_that_fixes_it(empty_lab: Lab) -> None:
    write_corpus(empty_lab, {"train": [post("p", "the mill burned down")]})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    trace = build(empty_lab, pack(empty_lab))
    next(trace.path.glob("*.order.npy")).write_bytes(b"")
    with pytest.raises(GlaswerkError, match="cannot be read") as caught:
        Tracer.open(empty_lab, trace)
    assert "glaswerk index" in str(caught.value.hint)
