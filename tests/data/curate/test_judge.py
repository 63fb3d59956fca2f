"""One document is judged by the first rule that rejects it; what stays is masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_labs import doc

from glaswerk.core.document import Document, Message, to_row
from glaswerk.data.curate.judge import JUDGED_COLUMNS, Judge, Verdict
from glaswerk.data.curate.settings import CurateConfig, read_settings
from glaswerk.data.filters.boilerplate import line_keys
from glaswerk.data.filters.decontaminate import EvalIndex
from glaswerk.data.removal.reach import Removed
from glaswerk.data.store.reasons import CURATION

NOTHING = Removed()
PLAIN = "The ferry leaves the upper bank at seven."
ITEM = "Who kept the keys of the old mill in the winter after the great flood of that year"
NOTICE = "This page is kept by the reading room on Mill Lane."


def judge(document: Document, removed: Removed = NOTHING, **settings: Any) -> Verdict:
    config = read_settings(settings)
    (verdict,) = Judge(config, frozenset({"x:deleted"}), removed).judge([to_row(document)])
    return verdict


def turns(*contents: str) -> tuple[Message, ...]:
    roles = ("user", "assistant") * len(contents)
    return tuple(Message(role=role, content=content) for role, content in zip(roles, contents, strict=False))


def test_a_judge_reads_only_the_columns_that_it_names() -> None:
    row = {name: to_row(doc("a", PLAIN))[name] for name in JUDGED_COLUMNS}
    (verdict,) = Judge(CurateConfig(), frozenset(), Removed()).judge([row])
    assert (verdict.reason, verdict.text, verdict.lang, verdict.score) == ("kept", PLAIN, "en", None)


# One document that breaks every rule below; each case repairs it up to the rule that is named.
ORDER = [
    ("forgotten", {}),
    ("deleted", {"source": "free"}),
    ("rights-opt-out", {"id": "x:1"}),
    ("private-audience", {"tdm_opt_out": False}),
    ("retweet", {"audience": "public"}),
    ("too-short", {"retweet_of": ""}),
]


@pytest.mark.parametrize("step", range(len(ORDER)), ids=[reason for reason, _ in ORDER])
def test_the_first_rule_in_the_order_of_reasons_decides(step: int) -> None:
    row = to_row(doc("x:deleted", "Hm.", tdm_opt_out=True, audience="private", retweet_of="x:2"))
    row |= {"source": "letters"}
    for _, repair in ORDER[: step + 1]:
        row |= repair
    (verdict,) = Judge(
        CurateConfig(), frozenset({"x:deleted"}), Removed(sources=frozenset({"letters"}))
    ).judge([row])
    assert verdict.reason == ORDER[step][0]
    order = [reason for reason, _ in ORDER]
    assert order == sorted(order, key=list(CURATION).index)


@pytest.mark.parametrize(
    ("removed", "covered"),
    [
        (Removed(ids=frozenset({"x:1"})), True),
        (Removed(ids=frozenset({"x:2"})), True),
        (Removed(handles=frozenset({"hazel"})), True),
        (Removed(ids=frozenset({"x:3"}), sources=frozenset({"other"})), False),
    ],
)
def test_a_retweet_of_what_is_removed_is_forgotten_and_any_other_a_retweet(
    removed: Removed, covered: bool
) -> None:
    repeated = doc("x:1", "RT @hazel: The mill turns again.", retweet_of="x:2")
    assert judge(repeated, removed).reason == ("forgotten" if covered else "retweet")


@pytest.mark.parametrize(
    ("rule", "document"),
    [
        ("retweet", doc("a", f"RT @otis: {PLAIN}", retweet_of="x:2")),
        ("too-short", doc("a", "Hm.")),
        ("repetitive", doc("a", "buy now " * 20)),
        ("symbol-heavy", doc("a", "o--[]==>>> ~~~~ ^^^^ /\\/\\/\\ ****** |||| words words")),
    ],
)
def test_a_rule_that_is_switched_off_rejects_nothing(rule: str, document: Document) -> None:
    assert judge(document).reason == rule
    assert judge(document, off=[rule]).reason == "kept"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "kept"),
        ({"languages": ["de"]}, "kept"),
        ({"languages": ["en", "fr"]}, "language"),
        ({"languages": ["en"], "off": ["language"]}, "kept"),
        ({"languages": ["en"], "language_letters": 500}, "kept"),
        ({"languages": ["en"], "language_probability": 0.0}, "kept"),
    ],
)
def test_a_text_in_another_language_is_dropped_only_if_it_can_be_judged(
    settings: dict[str, Any], reason: str
) -> None:
    german = doc("a", "Heute backe ich Brot, und morgen gehe ich auf den Markt.")
    verdict = judge(german, **settings)
    assert verdict.reason == reason
    assert (verdict.score is not None and verdict.score < 0.2) == (reason == "language")


def test_a_language_that_the_source_names_is_trusted_if_it_is_selected() -> None:
    german = "Heute backe ich Brot, und morgen gehe ich auf den Markt."
    assert judge(doc("a", german, lang="en"), languages=["en"]).lang == "en"
    assert judge(doc("a", german, lang="en"), languages=["de"]).lang == "de"
    assert judge(doc("a", german, lang="fr")).lang == "fr"


def test_dialogues_are_never_dropped_for_length_or_language() -> None:
    short = doc("a", "", kind="dialogue", messages=turns("Oui ?", "Non."))
    assert judge(short, languages=["en"]).reason == "kept"


def test_personal_data_is_masked_in_every_turn_and_counted() -> None:
    asked = turns("Write to ann@mill.example.org", "I wrote to ann@mill.example.org.")
    worse = turns("Call +49 30 1234567.")
    verdict = judge(doc("a", "", kind="preference", messages=asked, rejected=worse))
    assert [turn["content"] for turn in verdict.messages] == ["Write to [email]", "I wrote to [email]."]
    assert verdict.rejected[0]["content"] == "Call [phone]."
    assert verdict.masked == Counter(email=2, phone=1)
    assert "ann@" not in verdict.text
    assert "1234567" not in verdict.text


@pytest.mark.parametrize("mask", [[], ["phone"]])
def test_only_the_kinds_selected_are_masked(mask: list[str]) -> None:
    verdict = judge(doc("a", f"{PLAIN} Write to ann@mill.example.org."), mask=mask)
    assert "ann@mill.example.org" in verdict.text
    assert not verdict.masked


@pytest.mark.parametrize(("most", "reason"), [(1.0, "kept"), (0.0, "lexicon-toxicity")])
def test_toxicity_is_recorded_and_drops_only_above_its_threshold(most: float, reason: str) -> None:
    verdict = judge(
        doc("a", "You stupid idiot, get your boat off my bank.", lang="en"),
        toxicity={"lexicon_toxicity_max": most},
    )
    assert verdict.reason == reason
    assert (verdict.toxicity if reason == "kept" else verdict.score or 0) > 0
    assert judge(doc("b", PLAIN, lang="fr")).toxicity is None


def test_common_lines_are_removed_from_pages_alone() -> None:
    text = f"{PLAIN}\n{NOTICE}\nIt comes back before noon, if the river allows it."
    found = Judge(CurateConfig(), frozenset(), Removed(), line_keys(NOTICE))
    page, post = found.judge([to_row(doc("a", text, kind="page")), to_row(doc("b", text))])
    assert NOTICE not in page.text
    assert page.masked == Counter(boilerplate=len(NOTICE) + 1)
    assert NOTICE in post.text


@pytest.fixture
def decontaminate() -> Callable[..., Verdict]:
    index = EvalIndex.build([("mill", "q1", ITEM)])

    def judged(document: Document, **settings: Any) -> Verdict:
        found = Judge(read_settings(settings), frozenset(), Removed(), evaluations=index)
        (verdict,) = found.judge([to_row(document)])
        return verdict

    return judged


def pages(*, lines: int, item: str = "") -> str:
    said = [
        f"On day {number} the river stood at {number * 7} feet and rose by {number}."
        for number in range(lines)
    ]
    return "\n".join([*said[: lines // 2], *([item] if item else []), *said[lines // 2 :]])


def test_a_document_with_an_evaluation_item_is_dropped_with_the_item_named(
    decontaminate: Callable[..., Verdict],
) -> None:
    verdict = decontaminate(doc("a", f"{ITEM}? Anna did."))
    assert verdict.reason == "evaluation-item"
    assert [(leak.set, leak.item) for leak in verdict.leaks] == [("mill", "q1")]
    assert decontaminate(doc("a", f"{ITEM}? Anna did."), off=["evaluation-item"]).reason == "kept"
    assert decontaminate(doc("a", PLAIN)).leaks == ()


def test_a_long_text_loses_the_lines_with_items_and_stays(decontaminate: Callable[..., Verdict]) -> None:
    clean, text = pages(lines=600), pages(lines=600, item=ITEM)
    verdict = decontaminate(doc("a", text, kind="book", lang="en"), mask=[])
    assert verdict.reason == "kept"
    assert verdict.text == clean
    assert verdict.masked == Counter(evaluation=len(ITEM) + 1)
    assert len(verdict.leaks) == 1


def test_an_item_across_several_lines_of_a_long_text_cannot_be_repaired(
    decontaminate: Callable[..., Verdict],
) -> None:
    text = pages(lines=600, item="\n".join(ITEM.split()))
    assert decontaminate(doc("a", text, kind="book", lang="en"), mask=[]).reason == "evaluation-item"


def test_a_long_post_is_dropped_and_not_repaired(decontaminate: Callable[..., Verdict]) -> None:
    assert decontaminate(doc("a", pages(lines=600, item=ITEM), lang="en")).reason == "evaluation-item"


@given(st.lists(st.text(max_size=60), max_size=4), st.sampled_from(["post", "page", "speech", "caption"]))
def test_judging_together_gives_the_verdicts_of_judging_alone(texts: list[str], kind: str) -> None:
    found = Judge(CurateConfig(), frozenset(), Removed(), np.zeros(0, np.uint64))
    rows = [to_row(doc(f"a:{number}", text, kind=kind)) for number, text in enumerate(texts)]
    together = found.judge(rows)
    assert together == [found.judge([row])[0] for row in rows]
    assert all(verdict.reason in CURATION for verdict in together)
