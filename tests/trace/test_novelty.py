"""The novelty figure counts what is copied, and compares it with text that the index does not hold."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from handmade import write_corpus

from glaswerk.cli.trace_verb import command
from glaswerk.core.document import Document, Rights
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import Tracer, build
from glaswerk.trace.novelty import MIN_WINDOWS, Baseline, Novelty

CC0 = Rights("CC0-1.0", acquired="own")
DICE = random.Random(5)
WORDS = [
    f"{a}{b}" for a in ("ba", "ko", "mi", "tru", "sel", "ven") for b in ("lo", "ra", "ni", "sut", "ed", "ok")
]
COPIED = " ".join(WORDS[:12])


def prose(words: int) -> str:
    return " ".join(DICE.choice(WORDS) for _ in range(words))


def document(identifier: str, text: str) -> Document:
    return Document(identifier, "notes", text, CC0)


def make(folder: Path, held_out: list[str]) -> tuple[Lab, Artifact]:
    lab = Lab.init(folder, "novelty")
    texts = [COPIED, *(prose(60) for _ in range(20))]
    train = [document(f"t{i}", text) for i, text in enumerate(texts)]
    held = [document(f"v{i}", text) for i, text in enumerate(held_out)]
    write_corpus(lab, {"train": train, "validation": held})
    train_tokenizer(lab, TokenizerConfig(320))
    return lab, build(lab, pack(lab))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tracer, Baseline]:
    """A lab whose held-out texts are new, but for a copied sentence in every second one."""
    held_out = [f"{COPIED} {prose(20)}" if i % 2 else prose(32) for i in range(120)]
    lab, trace = make(tmp_path_factory.mktemp("novelty") / "lab", held_out)
    tracer = Tracer.open(lab, trace)
    baseline = Baseline.of(lab, trace, tracer)
    lab.ledger.close()
    return tracer, baseline


def test_the_share_is_that_of_the_words_inside_long_spans(opened: tuple[Tracer, Baseline]) -> None:
    tracer, baseline = opened
    judged = baseline.judge(tracer, f"never heard of it, {COPIED}, they said yesterday")
    assert judged.words == 4 + 12 + 3
    assert judged.share == round(12 / 19, 4)


def test_spans_below_n_words_do_not_count(opened: tuple[Tracer, Baseline]) -> None:
    tracer, baseline = opened
    seven = " ".join(WORDS[:7])
    assert baseline.judge(tracer, f"{seven} unheard words stand here and there {seven}").share == 0.0


@pytest.mark.parametrize("min_words", [2, 4, 8])
def test_a_trace_that_is_there_already_gives_the_same_figure(
    opened: tuple[Tracer, Baseline], min_words: int
) -> None:
    tracer, baseline = opened
    text = f"{' '.join(WORDS[3:10])} never heard {COPIED} of it {prose(3)} {' '.join(WORDS[2:11])}"
    found = tracer.trace(text, min_words=min_words)
    assert baseline.judge(tracer, text, found) == baseline.judge(tracer, text)


def test_what_is_usual_is_measured_on_the_held_out_texts(opened: tuple[Tracer, Baseline]) -> None:
    tracer, baseline = opened
    judged = baseline.judge(tracer, " ".join(["unheard"] * 40))
    assert judged.window_words == 32
    assert judged.windows == 120
    # Half of the windows have 12 of 32 words copied, the others none.
    assert judged.expected == pytest.approx(12 / 64, abs=0.01)
    assert judged.interval == (0.0, 0.375)
    assert judged.percentile == pytest.approx(25.0)
    assert baseline.judge(tracer, f"{COPIED} " * 3).percentile == 100.0


def test_windows_are_cut_as_if_each_had_been_searched_alone(opened: tuple[Tracer, Baseline]) -> None:
    tracer, baseline = opened
    # Of windows of 8 words, the first of a copied sentence is copied whole; its last 4 words are too few.
    judged = baseline.judge(tracer, " ".join(["unheard"] * 8))
    assert judged.windows == 4 * 120
    assert judged.expected == pytest.approx(60 / 480)


def test_too_short_an_answer_and_too_few_windows_are_not_measurable_and_say_why(tmp_path: Path) -> None:
    lab, trace = make(tmp_path / "lab", [prose(16) for _ in range(MIN_WINDOWS - 1)])
    tracer = Tracer.open(lab, trace)
    baseline = Baseline.of(lab, trace, tracer)
    short = baseline.judge(tracer, "seven words are too few to judge").to_json()
    assert (short["measurable"], short["share"]) == (False, 0.0)
    assert "7 words" in short["reason"]
    # 39 texts of 16 words make 78 windows of 8, which are near enough to 10 words and not to 16.
    assert baseline.judge(tracer, prose(10)).window_words == 8
    few = baseline.judge(tracer, prose(16))
    assert "39 passages" in few.to_json()["reason"]
    assert "not measurable" in str(few)
    lab.ledger.close()


def test_without_a_validation_split_nothing_is_compared(tmp_path: Path) -> None:
    lab, trace = make(tmp_path / "lab", [])
    tracer = Tracer.open(lab, trace)
    assert Baseline.of(lab, trace, tracer).judge(tracer, prose(30)).to_json()["measurable"] is False
    lab.ledger.close()


def test_the_baseline_is_measured_once_and_read_again_and_a_damaged_file_is_measured_again(
    tmp_path: Path,
) -> None:
    lab, trace = make(tmp_path / "lab", [prose(32) for _ in range(50)])
    tracer = Tracer.open(lab, trace)
    first = Baseline.of(lab, trace, tracer).judge(tracer, COPIED)
    (file,) = lab.root.glob("runs/*/novelty.json")
    written = file.stat().st_mtime_ns
    assert Baseline.of(lab, trace, tracer).judge(tracer, COPIED) == first
    assert file.stat().st_mtime_ns == written
    file.write_text("{")
    assert Baseline.of(lab, trace, tracer).judge(tracer, COPIED) == first
    lab.ledger.close()


def test_in_words_it_says_share_usual_range_and_windows() -> None:
    judged = Novelty(
        0.12, 8, 50, expected=0.05, interval=(0.03, 0.09), percentile=99.0, windows=200, window_words=32
    )
    assert str(judged) == (
        "12 % of it appears verbatim in the training data, in runs of 8 words or more; "
        "3–9 % is usual for unseen text (200 windows)"
    )


@pytest.mark.parametrize("size", [12, 15, 17, 31])
def test_an_answer_is_held_against_windows_of_its_own_length(
    opened: tuple[Tracer, Baseline], size: int
) -> None:
    tracer, baseline = opened
    judged = baseline.judge(tracer, " ".join(["unheard"] * size))
    assert (judged.window_words, judged.words) == (size, size)
    # The copied sentence of 12 words begins every second text, so the first of its windows holds it whole.
    assert judged.expected == pytest.approx(12 / size / 2 / (32 // size), abs=1e-3)


def test_what_is_hidden_is_no_measure_of_what_is_usual(tmp_path: Path) -> None:
    lab, trace = make(tmp_path / "lab", [f"{COPIED} {prose(4)}" for _ in range(50)])
    tracer = Tracer.open(lab, trace)
    assert Baseline.of(lab, trace, tracer).judge(tracer, prose(16)).expected == 0.75
    Forgotten((Tombstone("id", "t0"),)).write(lab.root)
    after = Baseline.of(lab, trace, tracer).judge(tracer, prose(16))
    assert after.expected == 0.0
    lab.ledger.close()


def test_the_interval_holds_the_middle_of_the_windows(opened: tuple[Tracer, Baseline]) -> None:
    tracer, _ = opened
    copied = np.random.default_rng(3).integers(8, 256, 1000).tolist()
    shares = [round(number / 256, 4) for number in copied]
    judged = Baseline([(256, [(0, number)]) for number in copied]).judge(tracer, prose(300))
    assert (judged.windows, judged.window_words) == (1000, 256)
    assert judged.interval is not None
    low, high = judged.interval
    assert sum(low <= share <= high for share in shares) == pytest.approx(950, abs=10)


def test_glaswerk_trace_prints_the_figure_and_has_it_as_json(tmp_path: Path) -> None:
    lab, _ = make(tmp_path / "lab", [prose(32) for _ in range(50)])
    lab.ledger.close()
    said = CliRunner().invoke(command, [COPIED, "--lab", str(lab.root)])
    assert said.output.startswith("100 % of it appears verbatim in the training data, in runs of 8 words")
    figures = json.loads(CliRunner().invoke(command, [COPIED, "--json", "--lab", str(lab.root)]).output)
    assert figures["novelty"]["share"] == 1.0
    assert figures["novelty"]["windows"] == 100
