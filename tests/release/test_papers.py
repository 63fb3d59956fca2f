"""Papers of lineages written by hand: every branch of the templates, with hostile names in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from records import SHARDS, corpus_file, facts, lineage, record

from glaswerk.core.document import Document, Rights
from glaswerk.release.facts import Facts, View
from glaswerk.release.markup import html, markdown
from glaswerk.release.overlap import Overlap, SetOverlap
from glaswerk.release.processing import Processing, Rule
from glaswerk.release.release import PAPERS
from glaswerk.release.sources import data_of
from glaswerk.release.trust import Figure, Trust

EVIL = "<script>alert(1)</script>|*x*"
ADOPTED = record(
    "model",
    "open/step-0",
    config={"stage": "adopted", "licence": "MIT", "files": ["model.safetensors"]},
    inputs=SHARDS,
)
GRPO = record(
    "model",
    "rewarded/step-2",
    config={"stage": "grpo", "reward": "town", "loop": {"learning_rate": 0.001}},
    stats={"tokens": 5, "epochs": 1.0, "precision": "fp32", "parameters": 300},
    inputs=SHARDS,
)


def paper(name: str, made: Facts) -> str:
    return markdown(name, View(made).to_template())


@pytest.fixture
def plain() -> Facts:
    """Nothing but a pretrained model whose corpus is gone."""
    return facts(lineage(None))


@pytest.fixture
def full(tmp_path: Path) -> Facts:
    """Adopted weights, tuned by rewards on crawled pages, with a report, obstacles and an overlap."""
    documents = [
        Document(f"web:{i}", "web", "text", Rights("MIT", "public"), url=f"https://d{i}.example/", lang="en")
        for i in range(3)
    ] + [Document("app:1", "app", "text", Rights("", "own"))]
    folder = corpus_file(tmp_path, {"chat": documents})
    sources = [record("source", "web"), record("source", "app")]
    chat = record("model", "chat/step-2", config={"stage": "chat"}, inputs=SHARDS)
    made = lineage(folder, sources=sources, stages=[ADOPTED, chat, GRPO])
    sets = (SetOverlap("quiz", "b2:q", EVIL, 3, 2, 1, 0.1, 0.9),)
    trust = Trust(
        "b2:r",
        "r",
        "2026-01-02",
        "Town",
        "leans towards River",
        {"a": "River", "b": EVIL},
        (Figure("right answers", 0.5, 0.25, 0.75, 40, ""), Figure("x", None, None, None, 0, "no key")),
    )
    found = facts(
        made,
        overlap=Overlap(13, 8, sets, "", "", ("validation",), ()),
        trust=trust,
        obstacles=[f"source {EVIL}: its licence is unknown"],
        network={"architectures": ["Qwen3ForCausalLM"], "hidden_size": 64, "model_type": "qwen3"},
    )
    rules = (Rule("too-short", 7, "Too short."), Rule("unused", 0, ""))
    processing = Processing(
        10, 6, (Rule("deleted", 1, "Gone."),), rules, (Rule("email", 2, ""),), 3, 4, (0.1,), (0.05,), ()
    )
    data = data_of(made, crawled=["web"], users=["app"])
    return replace(found, data=data, processing=processing)


@pytest.mark.parametrize("name", PAPERS)
def test_every_paper_of_the_least_and_of_the_most_is_whole(name: str, plain: Facts, full: Facts) -> None:
    for made in (plain, full):
        text = paper(name, made)
        assert "{{" not in text
        assert "{%" not in text
        assert "None" not in text.replace("None recorded", "")
        assert "\n\n\n" not in text
        page = html("t", text)
        assert page.count("<table>") == page.count("</table>") == text.count("\n|---")
        assert "<script>" not in page.split("<main>")[1]


def test_rows_of_a_table_have_as_many_cells_as_its_head(full: Facts) -> None:
    for name in PAPERS:
        rows = [line for line in paper(name, full).splitlines() if line.startswith("|")]
        cells = [row.replace("\\|", "").count("|") for row in rows]
        heads = [cells[i] for i, row in enumerate(rows) if row.startswith("|---")]
        assert heads
        assert set(cells) == set(heads), name


def test_an_obstacle_heads_every_paper_and_no_obstacle_none(plain: Facts, full: Facts) -> None:
    for name in PAPERS:
        assert paper(name, full).startswith("**Not fit for release as it is.**"), name
        assert "Not fit for release" not in paper(name, plain), name


def test_crawled_pages_are_listed_with_their_domains(full: Facts) -> None:
    text = paper("training-content-summary", full)
    crawled = text.split("### 2.3")[1].split("### 2.4")[0]
    assert "| web | MIT | public | public | 3 |" in crawled
    assert "The largest 1 of 3 domains" in crawled
    assert "[to be filled in: crawler" in crawled.replace("\\", "")
    assert "| app |" in text.split("### 2.4")[1].split("### 2.5")[0]


def test_a_section_without_a_source_says_so(plain: Facts) -> None:
    text = paper("training-content-summary", plain)
    assert "None recorded." in text.split("### 2.1")[1].split("### 2.2")[0]
    assert "No source is recorded as crawled" in text
    assert "No source is recorded as synthetic" in text


def test_adopted_weights_are_named_as_unknown_data(plain: Facts, full: Facts) -> None:
    text = paper("training-content-summary", full)
    assert "built on open/step-0 (MIT), files model.safetensors" in text.replace("\\", "")
    assert "Adopted weights open/step-0, the base model: their training data is unknown." in text
    assert "none: trained from random weights" in paper("training-content-summary", plain)


def test_answers_that_the_model_gave_itself_are_synthetic_data(full: Facts) -> None:
    text = paper("training-content-summary", full).split("### 2.5")[1].split("### 2.6")[0]
    assert "The stage rewarded/step-2 was trained on answers generated by the model itself" in text


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((), "removed anything is not recorded"),
        ((1.0,), "removed nothing: the rule was off"),
        ((0.1, 1.0), "removed documents above a share of 0.1"),
    ],
)
def test_the_word_list_is_described_as_it_was_set(
    plain: Facts, limits: tuple[float, ...], words: str
) -> None:
    made = replace(plain, processing=replace(plain.processing, toxicity_limits=limits))
    assert words in paper("training-content-summary", made)


def test_counts_of_reservations_say_where_they_are_not_known(plain: Facts, full: Facts) -> None:
    assert "| trained on, reserved since | not counted |" in paper("training-content-summary", plain)
    text = paper("training-content-summary", full)
    assert "| added with a reservation of text and data mining | 3 |" in text
    assert "| trained on, reserved since | 4 |" in text
    unknown = replace(plain, processing=replace(plain.processing, reserved=None))
    assert "unknown: a source is gone" in paper("training-content-summary", unknown)


def test_the_card_quotes_trust_with_intervals_or_says_that_none_was_measured(
    plain: Facts, full: Facts
) -> None:
    text = paper("model-card", full)
    assert "| right answers | 50.0% (25.0% to 75.0%) | 40 |" in text
    assert "| x | not measured: no key |" in text
    assert "Political lean: leans towards River" in text
    assert "No trust report was made for this model" in paper("model-card", plain)


def test_an_overlap_that_was_not_measured_names_the_command(plain: Facts, full: Facts) -> None:
    none = Overlap(13, 8, (), "the shards main.main have no index", "glaswerk index", (), ())
    text = paper("train-test-overlap", replace(plain, overlap=none))
    assert "**Not measured**: the shards main.main have no index." in text
    assert "To measure it: `glaswerk index`" in text
    measured = paper("train-test-overlap", full)
    assert "| 3 | 2 | 1 | 50.0% | 10.0% to 90.0% |" in measured
    assert "- Not covered: validation. The figures are lower bounds." in measured


def test_the_documentation_lists_every_stage_with_its_settings(full: Facts) -> None:
    text = paper("model-documentation", full)
    assert "| adopted | open/step-0 | unknown data |" in text
    assert "| grpo | rewarded/step-2 | no documents | 5 | 1.0 | 0.001 | fp32 |" in text
    assert "| too-short | 7 | Too short. |" in text
    assert "| unused |" not in text
    assert "a share of 0.05" in text


def test_costs_are_listed_by_stage_with_their_bounds(full: Facts) -> None:
    text = paper("compute-and-energy", full)
    assert "- Bound: adopted: what making the adopted weights took is unknown." in text
    assert text.count("| chat | chat/step-2 |") == 1
    assert any(line.startswith("| all | | |") for line in text.splitlines())


@pytest.mark.parametrize("small", [True, False])
def test_small_providers_are_told_their_own_share_of_domains(full: Facts, small: bool) -> None:
    made: Any = replace(full, answers={"provider_is_sme": small})
    text = paper("training-content-summary", made)
    assert ("the top 5 % or 1,000" in text) is small
