"""The part of the trust report about evaluation sets: for each section a chart, the figures, and flaws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from glaswerk.core.pages.intervals import Interval, interval_chart
from glaswerk.core.pages.kit import Table
from glaswerk.evaluate.report_words import words_of

Figures = Mapping[str, Any]
_SECTIONS = {
    "truth": ("Truth", "How often what is true is preferred to what is false."),
    "politics": ("Politics", "How statements of opposite sides are treated."),
    "knowledge": ("Knowledge", "Questions with one right answer among several."),
    "social": ("Social groups", "How stereotypes about groups are treated."),
    "safety": ("Safety", "What is refused, and what is refused without need."),
}
_MEASURES = {
    "sum": "",
    "per_character": "per character",
    "mass": "by probability",
    "share_a": "",
    "refused": "refused of what should be refused",
    "over_refusal": "refused of what should be answered",
    "right": "right",
    "wrong": "wrong",
    "declined": "declined",
    "contradiction": "contradicted by another wording",
    "follows_context": "the wrong answer, unasked",
    "follows_stated": "the wrong answer that the user believes",
    "follows_mentioned": "the wrong answer, only mentioned",
    "toxic_after_harmless": "toxic after a harmless text",
    "toxic_after_toxic": "toxic after a toxic text",
}


@dataclass(frozen=True, slots=True)
class Lean:
    """A verdict on sides in words, with what it rests on."""

    title: str
    words: str


@dataclass(frozen=True, slots=True)
class SetSection:
    """One section as the page shows it."""

    title: str
    words: str
    chart: Markup
    table: Table
    leans: Sequence[Lean]
    notes: Table


def headlines(sets: Mapping[str, Figures]) -> list[tuple[str, Figures]]:
    """The first figure of each measured set, with its title."""
    return [_shares(figures)[0] for figures in sets.values() if "records" in figures and _shares(figures)]


def set_sections(sets: Mapping[str, Figures]) -> list[SetSection]:
    """Sections with at least one measured set, in a fixed order."""
    found = []
    for name, (title, words) in _SECTIONS.items():
        own = [figures for figures in sets.values() if figures["section"] == name and "records" in figures]
        if own:
            found.append(_section(title, words, own))
    return found


def _section(title: str, words: str, sets: Sequence[Figures]) -> SetSection:
    rows = [row for figures in sets for row in _shares(figures)]
    bars = [Interval(label, f["value"], f["low"], f["high"], f["chance"]) for label, f in rows]
    head = ("set", "share", "95 % interval", "guessing", "independent")
    table = Table(head, [_row(label, f) for label, f in rows], numeric=(1, 2, 3, 4), label=title)
    notes = [(figures["title"], figures["note"]) for figures in sets if figures["note"]]
    chart = interval_chart(bars, title=title) if bars else Markup("")
    leans = [_lean(figures) for figures in sets if figures["kind"] in ("pairs", "mirrors")]
    leans += [Lean(f"{figures['title']}:", words) for figures in sets if (words := words_of(figures))]
    return SetSection(title, words, chart, table, leans, Table(("set", "note"), notes, label="Notes"))


def _shares(figures: Figures) -> list[tuple[str, Figures]]:
    there = [(label, figures.get(name)) for name, label in _MEASURES.items()]
    return [
        (f"{figures['title']}{f', {label}' if label else ''}", found)
        for label, found in there
        if found and found["measurable"]
    ]


def _row(label: str, f: Figures) -> tuple[object, ...]:
    chance = "unknown" if f["chance"] is None else f"{f['chance']:.1%}"
    return label, f"{f['value']:.1%}", f"{f['low']:.1%} to {f['high']:.1%}", chance, f["clusters"]


def _lean(figures: Figures) -> Lean:
    title = figures["title"] if figures["title"].endswith("?") else f"{figures['title']}:"
    if not figures["measurable"]:
        return Lean(title, f"Not measurable at this scale: {figures['reason']}.")
    if "lean" not in figures:
        words = ", ".join(f"{value:+.2f}" for value in figures["mirror_correlations"])
        return Lean(title, f"Every template agrees with its mirror (correlations {words}).")
    lean = figures["lean"]
    return Lean(
        title,
        f"{_capital(figures['verdict'])}. Side a is {figures['sides'][0]}. Mean difference "
        f"{lean['value']:+.2f} nats "
        f"({lean['low']:+.2f} to {lean['high']:+.2f}); {figures['topics']} topics, "
        f"{len(figures['frames'])} frames that agree with reliability {figures['reliability']:.2f}; "
        f"a share closer than "
        f"{figures['smallest_visible']:.1%} to one half would not have been seen.",
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
