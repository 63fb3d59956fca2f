"""The trust report as a page that a citizen can read: figure, interval, chance, examples, gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from glaswerk.core.ids import short
from glaswerk.core.page import interval_chart, page, table

_EXAMPLES = 8
_LEGEND = "<p class=soft>Dot: the share. Bar: its 95 % interval. Orange line: what guessing would give.</p>"
Figures = Mapping[str, Any]
Items = Sequence[Mapping[str, Any]]


def render(report: Figures, items: Items) -> str:
    """The whole page of a `report.json` and the items behind it."""
    body = [*_head(report), *_summary(report), *_truth(report["truth"], items)]
    body += [*_politics(report["politics"]), *_bits(report["bits_per_byte"])]
    body += _memorisation(report["memorisation"])
    body += [*_not_measured(report), *_bound_to(report)]
    return page(f"Trust report: {report['model']['name']}", body)


def _head(report: Figures) -> Iterator[str]:
    kind = "a chat model" if report["model"]["stage"] != "pretrain" else "a base model, not tuned for chat"
    yield (
        f"<p class=soft>{kind}, digest <code>{short(report['model']['digest'])}</code>, "
        f"measured on {report['date']}.</p>"
    )
    yield (
        "<p>What this model gets right, what it repeats and where it leans, measured against a key whose "
        "answers are known. Each figure comes with a range: of 100 such ranges, about 95 hold the value "
        "that endlessly many questions of the same kind would give.</p>"
    )
    if report["method"]["limit"]:
        yield f"<p>Measured on a sample: at most {report['method']['limit']} facts and documents.</p>"


def _summary(report: Figures) -> Iterator[str]:
    """All headline shares in one chart."""
    truth, politics = report["truth"], report["politics"]
    rows = [
        ("Prefers the true statement", truth["statements"].get("sum")),
        ("Right answers", truth["answers"].get("all")),
        ("… on subjects of the chat tuning", truth["answers"].get("tuned")),
        ("… on other subjects", truth["answers"].get("untuned")),
        ("Repeats a rumour", truth["rumours"].get("rumour")),
        ("Corrects a rumour", truth["rumours"].get("truth")),
        ("Words of side a preferred", politics.get("share_a")),
    ]
    yield "<h2>At a glance</h2>"
    yield _chart(rows) + _LEGEND


def _measured(rows: Sequence[tuple[str, Figures | None]]) -> list[tuple[str, Figures]]:
    return [(label, figure) for label, figure in rows if figure and figure["measurable"]]


def _chart(rows: Sequence[tuple[str, Figures | None]]) -> str:
    there = _measured(rows)
    if not there:
        return "<p>Nothing here could be measured; the reasons stand below.</p>"
    return interval_chart([(label, f["value"], f["low"], f["high"], f["chance"]) for label, f in there])


def _shares(rows: Sequence[tuple[str, Figures | None]]) -> str:
    """The same figures as numbers, with n."""
    cells = [
        (
            label,
            _percent(f["value"]),
            f"{_percent(f['low'])} to {_percent(f['high'])}",
            "unknown" if f["chance"] is None else _percent(f["chance"]),
            f["n"],
            f["clusters"],
        )
        for label, f in _measured(rows)
    ]
    head = ("", "share", "95 % interval", "guessing", "items", "independent")
    return table(head, cells, numeric=(1, 2, 3, 4, 5)) if cells else ""


def _truth(truth: Figures, items: Items) -> Iterator[str]:
    yield "<h2>Truth</h2>"
    yield from _statements(truth["statements"], items)
    yield from _answers(truth["answers"], items)
    yield from _rumours(truth["rumours"], items)


def _statements(figures: Figures, items: Items) -> Iterator[str]:
    yield "<h3>Which of two statements does it find likelier?</h3>"
    if not figures["measurable"]:
        yield _reason(figures)
        return
    yield (
        "<p>Pairs of sentences, one true and one false, in the same words but for the answer. "
        "The pair counts as right where the model gives the true sentence the higher probability. The true "
        "sentence may stand word for word in the training data, the false one not: this measures what was "
        "taken in, the questions below measure what can be asked of it.</p>"
    )
    yield _shares(
        [
            ("by the whole sentence", figures["sum"]),
            ("by the mean per token", figures["per_token"]),
            ("only pairs with equally many tokens", figures["same_length"]),
        ]
    )
    worst = sorted((i for i in items if i["measure"] == "statement" and i["gap"] < 0), key=lambda i: i["gap"])
    yield "<p class=soft>Worst first.</p>" if worst else ""
    yield _examples(
        ("true", "preferred instead", "by a factor of"),
        [(i["true"], i["false"], f"{2.718281828 ** min(-i['gap'], 50):,.0f}") for i in worst],
    )


def _answers(figures: Figures, items: Items) -> Iterator[str]:
    yield "<h3>Does it answer questions rightly?</h3>"
    if not figures["measurable"]:
        yield _reason(figures)
        return
    yield (
        "<p>Questions in words that were in no training data. An answer counts as right where it names what "
        "the key names. Guessing means giving the commonest answer to that kind of question.</p>"
    )
    rows = [
        ("all", figures["all"]),
        ("subjects of the chat tuning", figures["tuned"]),
        ("other subjects", figures["untuned"]),
    ]
    yield _shares(rows) + _chart(sorted(figures["relations"].items())) + _LEGEND
    wrong = [item for item in items if item["measure"] == "answer" and item["verdict"] == "wrong"]
    wrong = _varied(sorted(wrong, key=lambda item: not item["tuned"]))
    yield _examples(
        ("question", "expected", "answer"), [(i["question"], i["expected"], i["answer"]) for i in wrong]
    )


def _varied(items: Items) -> list[Mapping[str, Any]]:
    """Each subject's first item, then each one's second, and so on: one person must not fill the table."""
    seen: Counter[str] = Counter()
    rounds = []
    for item in items:
        rounds.append(seen[item["subject"]])
        seen[item["subject"]] += 1
    return [items[i] for i in sorted(range(len(items)), key=rounds.__getitem__)]


def _rumours(figures: Figures, items: Items) -> Iterator[str]:
    yield "<h3>Does it repeat known rumours?</h3>"
    if not figures["measurable"]:
        yield _reason(figures)
        return
    yield (
        "<p>Judged by fixed words: an answer with a word of the truth counts as the truth, else one with a "
        "word of the rumour as the rumour, else as neither. A denial in other words can be misjudged.</p>"
    )
    yield _shares(
        [("the rumour", figures["rumour"]), ("the truth", figures["truth"]), ("neither", figures["neither"])]
    )
    told = [item for item in items if item["measure"] == "rumour" and item["verdict"] == "rumour"]
    yield _examples(("question", "truth", "answer"), [(i["question"], i["truth"], i["answer"]) for i in told])


def _politics(figures: Figures) -> Iterator[str]:
    yield "<h2>Politics</h2>"
    if not figures["measurable"]:
        yield _reason(figures)
        return
    yield f"<p><strong>{escape(figures['verdict'][0].upper() + figures['verdict'][1:])}.</strong> "
    yield (
        f"On each issue the model scored statements of both sides (a: {escape(figures['parties']['a'])}, "
        f"b: {escape(figures['parties']['b'])}) in the same frame. The share is how often side a's words "
        "were likelier per token; an even-handed model would be at 50 %.</p>"
    )
    yield _shares([("side a preferred, all issues", figures["share_a"])])
    yield _chart([(issue["issue"], issue["share_a"]) for issue in figures["issues"]]) + _LEGEND
    rows = [_difference(issue["issue"], issue["difference"]) for issue in figures["issues"]]
    yield table(
        ("issue", "a minus b, nats per token", "95 % interval", "pairs"),
        [_difference("all", figures["difference"]), *rows],
        numeric=(1, 2, 3),
    )


def _difference(label: str, figure: Figures) -> tuple[object, ...]:
    if not figure["measurable"]:
        return label, "not measurable", "", ""
    return label, f"{figure['value']:+.3f}", f"{figure['low']:+.3f} to {figure['high']:+.3f}", figure["n"]


def _bits(figures: Figures) -> Iterator[str]:
    yield "<h2>How well does it know the language of its sources?</h2>"
    if not figures["measurable"]:
        yield _reason(figures)
        return
    yield (
        "<p>Bits needed per byte of text kept out of training: fewer is better, 8 is guessing. "
        "This says how well text is predicted, not whether it is true.</p>"
    )
    rows = [("all", figures["all"]), *sorted(figures["kinds"].items())]
    cells = [
        (kind, f"{f['value']:.3f}", f"{f['low']:.3f} to {f['high']:.3f}", f["n"])
        for kind, f in _measured(rows)
    ]
    yield table(("documents", "bits per byte", "95 % interval", "documents"), cells, numeric=(1, 2, 3))


def _memorisation(figures: Figures) -> Iterator[str]:
    yield "<h2>Does it recite its training data?</h2>"
    if not figures["measurable"]:
        yield _reason(figures)
        return
    length = figures["prompt"]
    yield (
        f"<p>Given the first {length} tokens of a document, does the model write the next {length} word for "
        "word? Documents kept out of training are the baseline: what it writes of them it has from patterns "
        "that many documents share. Ranges are Wilson intervals.</p>"
    )
    if figures["epochs"]:
        yield f"<p>In its last training it saw each document {figures['epochs']:g} times.</p>"
    rows = [("documents of the training data", figures["training"])]
    rows += [(f"… whose words stand there {name}", part) for name, part in figures["copies"].items()]
    yield _shares([*rows, ("documents kept out of training", figures["held_out"])])


def _not_measured(report: Figures) -> Iterator[str]:
    """Every gap, so that silence is never taken for a good result."""
    gaps = list(gaps_of(report, ()))
    yield "<h2>Not measured</h2>"
    if gaps:
        yield table(("figure", "reason"), gaps)
    yield (
        "<p>Also outside this report: facts and issues that the key does not hold, safety, privacy, and "
        "whether a source is itself right.</p>"
    )


def gaps_of(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(where, reason) of every figure of the report that could not be measured."""
    if isinstance(value, list):
        for entry in value:
            yield from gaps_of(entry, (*path, entry.get("issue", "")))
    if not isinstance(value, Mapping):
        return
    if value.get("measurable") is False:
        yield " → ".join(path).replace("_", " "), value["reason"]
        return
    for name, inner in value.items():
        yield from gaps_of(inner, (*path, name))


def _bound_to(report: Figures) -> Iterator[str]:
    yield "<h2>What this report is bound to</h2>"
    data = report["data"]
    rows = [("model", report["model"]["name"], report["model"]["digest"])]
    rows += [(role, data[role]["name"], data[role]["digest"]) for role in data if data[role]]
    yield table(("", "name", "digest"), rows)
    method = report["method"]
    yield (
        f"<p class=soft>Intervals: {method['level']:.0%}, {method['resamples']:,} bootstrap resamples over "
        f"independent units (subjects, issues, rumours, documents), seed {method['seed']}; exact binomial "
        "bounds where all items agree. Every single question and verdict is in items.jsonl.</p>"
    )


def _examples(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return "<p>No counter-example was found.</p>"
    note = f"<p class=soft>{min(len(rows), _EXAMPLES)} of {len(rows)} failures:</p>"
    return note + table(head, rows[:_EXAMPLES])


def _reason(figures: Figures) -> str:
    return f"<p>Not measurable: {escape(figures['reason'])}.</p>"


def _percent(value: float) -> str:
    return f"{value:.1%}"
