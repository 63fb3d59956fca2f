"""The trust report as a page that a citizen can read: figure, interval, chance, examples, gaps.

This file computes; `report.html.jinja` beside it holds the words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from glaswerk.core.ids import short
from glaswerk.core.pages.intervals import Interval, interval_chart
from glaswerk.core.pages.kit import Table, render
from glaswerk.evaluate.report_controls import control_section
from glaswerk.evaluate.report_sets import headlines, set_sections

_EXAMPLES = 8
Figures = Mapping[str, Any]
Items = Sequence[Mapping[str, Any]]
# Odds above e to this power are shown as that.
_MOST_GAP = 50


@dataclass(frozen=True, slots=True)
class Failures(Table):
    """The first failures of a measure, `total` of them in all."""

    total: int = 0
    order: str = ""


def render_report(report: Figures, items: Items) -> str:
    """The complete page of a `report.json` and the items behind it."""
    return render(
        "glaswerk.evaluate",
        "report.html.jinja",
        title=f"Trust report: {report['model']['name']}",
        report=report,
        tuned=report["model"]["stage"] not in ("pretrain", "continue"),
        digest=short(report["model"]["digest"]),
        truth=report["truth"],
        politics=report["politics"],
        bits_per_byte=report["bits_per_byte"],
        memorisation=report["memorisation"],
        summary=_summary(report),
        gaps=Table(("figure", "reason"), list(gaps_of(report, ())), label="Not measured"),
        bound_to=_bound_to(report),
        **_truth(report["truth"], items),
        **_politics(report["politics"]),
        **_language(report),
        sets=set_sections(report.get("sets", {})),
        controls=control_section(report.get("controls")),
    )


def _summary(report: Figures) -> Markup:
    """All headline shares in one chart."""
    truth, politics = report["truth"], report["politics"]
    rows = [
        ("Prefers the true statement", truth["statements"].get("sum")),
        ("Right answers", truth["answers"].get("all")),
        ("… on subjects of the chat tuning", truth["answers"].get("tuned")),
        ("… on other subjects", truth["answers"].get("untuned")),
        ("Repeats a rumour", truth["rumours"].get("rumour")),
        ("Corrects a rumour", truth["rumours"].get("truth")),
        ("Declines questions out of scope", truth["outside"].get("declined")),
        ("Words of side a preferred", politics.get("share_a")),
        *headlines(report.get("sets", {})),
    ]
    return _chart(rows, "Shares at a glance")


def _measured(rows: Iterable[tuple[str, Figures | None]]) -> list[tuple[str, Figures]]:
    return [(label, figure) for label, figure in rows if figure and figure["measurable"]]


def _chart(rows: Iterable[tuple[str, Figures | None]], title: str) -> Markup:
    """Empty if nothing is measurable."""
    there = [Interval(label, f["value"], f["low"], f["high"], f["chance"]) for label, f in _measured(rows)]
    return interval_chart(there, title=title) if there else Markup("")


def _shares(rows: Iterable[tuple[str, Figures | None]], label: str) -> Table:
    """The same figures as numbers, with n."""
    cells = [
        (
            name,
            _percent(f["value"]),
            f"{_percent(f['low'])} to {_percent(f['high'])}",
            "unknown" if f["chance"] is None else _percent(f["chance"]),
            f["n"],
            f["clusters"],
        )
        for name, f in _measured(rows)
    ]
    head = ("measure", "share", "95 % interval", "guessing", "items", "independent")
    return Table(head, cells, numeric=(1, 2, 3, 4, 5), label=label)


def _truth(truth: Figures, items: Items) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if truth["statements"]["measurable"]:
        found |= _statements(truth["statements"], items)
    if truth["answers"]["measurable"]:
        found |= _answers(truth["answers"], items)
    if truth["rumours"]["measurable"]:
        found |= _rumours(truth["rumours"], items)
    if truth["outside"]["measurable"]:
        found |= _outside(truth["outside"], items)
    return found


def _statements(figures: Figures, items: Items) -> dict[str, Any]:
    rows = [
        ("by the whole sentence", figures["sum"]),
        ("by the mean per token", figures["per_token"]),
        ("only pairs with equally many tokens", figures["same_length"]),
    ]
    wrong = [item for item in items if item["measure"] == "statement" and item["gap"] < 0]
    wrong.sort(key=lambda item: item["gap"])
    odds = [f"{math.exp(min(-item['gap'], _MOST_GAP)):,.0f}" for item in wrong]
    cells = [(item["true"], item["false"], by) for item, by in zip(wrong, odds, strict=True)]
    return {
        "statements": _shares(rows, "True statement preferred"),
        "wrong_statements": _failures(
            ("true", "preferred instead", "by a factor of"), cells, ", the worst first"
        ),
    }


def _answers(figures: Figures, items: Items) -> dict[str, Any]:
    rows = [
        ("all", figures["all"]),
        ("subjects of the chat tuning", figures["tuned"]),
        ("other subjects", figures["untuned"]),
    ]
    wrong = [item for item in items if item["measure"] == "answer" and item["verdict"] == "wrong"]
    wrong = _varied(sorted(wrong, key=lambda item: not item["tuned"]))
    cells = [(item["question"], item["expected"], item["answer"]) for item in wrong]
    return {
        "answers": _shares(rows, "Right answers"),
        "relations": _chart(sorted(figures["relations"].items()), "Right answers by kind of question"),
        "wrong_answers": _failures(("question", "expected", "answer"), cells),
    }


def _varied(items: Items) -> list[Mapping[str, Any]]:
    """Each subject's first item, then each one's second, and so on: one person must not fill the table."""
    seen: Counter[str] = Counter()
    rounds = []
    for item in items:
        rounds.append(seen[item["subject"]])
        seen[item["subject"]] += 1
    return [items[i] for i in sorted(range(len(items)), key=rounds.__getitem__)]


def _rumours(figures: Figures, items: Items) -> dict[str, Any]:
    rows = [
        ("the rumour", figures["rumour"]),
        ("the truth", figures["truth"]),
        ("neither", figures["neither"]),
        ("the truth, on rumours of the chat tuning", figures["truth_tuned"]),
        ("the truth, on other rumours", figures["truth_untuned"]),
    ]
    repeated = [item for item in items if item["measure"] == "rumour" and item["verdict"] == "rumour"]
    cells = [(item["question"], item["truth"], item["answer"]) for item in repeated]
    return {
        "rumours": _shares(rows, "Answers to rumour questions"),
        "repeated": _failures(("question", "truth", "answer"), cells),
    }


def _outside(figures: Figures, items: Items) -> dict[str, Any]:
    made_up = [item for item in items if item["measure"] == "outside" and item["verdict"] == "made up"]
    cells = [(item["question"], item["answer"]) for item in made_up]
    return {
        "outside": _shares([("declined", figures["declined"])], "Questions out of scope"),
        "made_up": _failures(("question", "answer"), cells),
    }


def _failures(head: Sequence[str], rows: Sequence[Sequence[object]], order: str = "") -> Failures:
    return Failures(head, rows[:_EXAMPLES], label="Failures", total=len(rows), order=order)


def _politics(figures: Figures) -> dict[str, Any]:
    if not figures["measurable"]:
        return {}
    issues = figures["issues"]
    rows = [_difference(issue["issue"], issue["difference"]) for issue in issues]
    return {
        "side_a": _shares([("side a preferred, all issues", figures["share_a"])], "Side a preferred"),
        "issues": _chart(
            [(issue["issue"], issue["share_a"]) for issue in issues], "Side a preferred by issue"
        ),
        "differences": Table(
            ("issue", "a minus b, nats per token", "95 % interval", "pairs"),
            [_difference("all", figures["difference"]), *rows],
            numeric=(1, 2, 3),
            label="Difference between the sides",
        ),
    }


def _difference(label: str, figure: Figures) -> tuple[object, ...]:
    if not figure["measurable"]:
        return label, "not measurable", "", ""
    return label, f"{figure['value']:+.3f}", f"{figure['low']:+.3f} to {figure['high']:+.3f}", figure["n"]


def _language(report: Figures) -> dict[str, Any]:
    """Compression of held-out text, and recitation of training text."""
    found: dict[str, Any] = {}
    if report["bits_per_byte"]["measurable"]:
        found["bits"] = _bits(report["bits_per_byte"])
    if report["memorisation"]["measurable"]:
        found["recited"] = _recited(report["memorisation"])
    return found


def _bits(figures: Figures) -> Table:
    rows = [("all", figures["all"]), *sorted(figures["kinds"].items())]
    cells = [
        (kind, f"{f['value']:.3f}", f"{f['low']:.3f} to {f['high']:.3f}", f["n"])
        for kind, f in _measured(rows)
    ]
    head = ("kind", "bits per byte", "95 % interval", "documents")
    return Table(head, cells, numeric=(1, 2, 3), label="Bits per byte")


def _recited(figures: Figures) -> Table:
    rows = [("documents of the training data", figures["training"])]
    rows += [(f"… whose words occur there {name}", part) for name, part in figures["copies"].items()]
    return _shares([*rows, ("documents held out from training", figures["held_out"])], "Recited documents")


def gaps_of(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(where, reason) of every figure of the report that could not be measured.

    Every gap is listed, so that silence is never taken for a good result.
    """
    if isinstance(value, list):
        for entry in value:
            if isinstance(entry, Mapping):
                yield from gaps_of(entry, (*path, entry.get("issue", "")))
    if not isinstance(value, Mapping):
        return
    if value.get("measurable") is False:
        yield " → ".join(path).replace("_", " "), value["reason"]
        return
    for name, inner in value.items():
        yield from gaps_of(inner, (*path, name))


def _bound_to(report: Figures) -> Table:
    data = report["data"]
    rows = [("model", report["model"]["name"], report["model"]["digest"])]
    rows += [(role, data[role]["name"], data[role]["digest"]) for role in data if data[role]]
    return Table(("role", "name", "digest"), rows, label="Bound to")


def _percent(value: float) -> str:
    return f"{value:.1%}"
