"""The corpus report as a page: figures, headings and captions; `page.html.jinja` has the paragraphs.

The meanings of the reasons are in `data.store.reasons`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup, escape

from glaswerk.core.pages.kit import Card, Figure, Table, figure, render
from glaswerk.core.pages.plots import (
    Series,
    bars,
    columns,
    compact,
    histogram,
    percent,
    series_of,
    stacked_bars,
)
from glaswerk.data.store.decisions import KEPT
from glaswerk.data.store.reasons import CURATION, MASKED

# Rows of a plot; its table has them all.
_ROWS = 12
# Sources take the colours after that of kept documents.
_SOURCE_COLOUR = 1
SECTIONS = {
    "decisions": "Decisions",
    "sources": "Sources",
    "languages": "Languages",
    "time": "Time",
    "lengths": "Lengths",
    "links": "Links and authors",
    "masked": "Masked in kept text",
    "samples": "Samples",
}
_TALLIES = (
    ("authors", "Authors", "documents"),
    ("links", "Hosts of links in texts", "links"),
    ("addresses", "Hosts of the documents' own addresses", "documents"),
)
Report = Mapping[str, Any]


def render_report(report: Report) -> str:
    """The complete page of a corpus's report.json."""
    return render(
        "glaswerk.data.report",
        "page.html.jinja",
        title="Corpus report",
        sections=SECTIONS,
        cards=list(_cards(report)),
        **_decisions(report),
        **_time(report),
        **_lengths(report),
        **_masked(report),
        sources=_sources(report),
        languages=_languages(report),
        tallies=list(_tallies(report)),
        samples=list(_samples(report)),
        kept_samples=[_shown(sample, "kept") for sample in report["samples"][KEPT]],
    )


def _cards(report: Report) -> Iterator[Card]:
    kept, documents, splits = report["kept"], report["documents"], report["splits"]
    yield Card("documents kept", f"{kept:,}", f"{percent(kept, documents)} of {documents:,}")
    yield Card("text", _bytes(report["bytes"]), f"{report['bytes'] // max(kept, 1):,} bytes per document")
    yield Card("sources", f"{len(report['sources']):,}", _named(list(report["sources"])))
    yield Card("languages", f"{len(report['languages']):,}", _named(list(report["languages"])))
    yield Card("written", *_written(report["time"]))
    held = sum(n for name, n in splits.items() if name.endswith("validation"))
    yield Card("held out", f"{held:,}", ", ".join(f"{name} {n:,}" for name, n in splits.items()))


def _written(time: Mapping[str, Any]) -> tuple[str, str]:
    """The span of dates, and how many documents have none."""
    if not time["bins"]:
        return "–", "no document has a date"
    first, last = time["bins"][0], time["bins"][-1]
    undated = sum(time["undated"].values())
    span = first if first == last else f"{first[:4]}–{last[:4]}" if first[:4] != last[:4] else first[:4]
    return span, f"{undated:,} without a date" if undated else "all with a date"


def _bytes(count: int) -> str:
    words = compact(count)
    return f"{words[:-1]} {words[-1]}B" if words[-1].isalpha() else f"{words} bytes"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _decisions(report: Report) -> dict[str, Any]:
    reasons = _dropped_reasons(report)
    meanings = [(reason, CURATION[reason].meaning, CURATION[reason].change) for reason in reasons]
    return {
        "kept_and_dropped": _kept_and_dropped(report),
        "dropped": _dropped(report, reasons) if reasons else None,
        "meanings": Table(("reason", "meaning", "to change it"), meanings, label="Reasons"),
    }


def _dropped_reasons(report: Report) -> list[str]:
    decisions = report["decisions"]
    return sorted((reason for reason in decisions if reason != KEPT), key=lambda reason: -decisions[reason])


def _kept_and_dropped(report: Report) -> Figure:
    kept, total = report["decisions"].get(KEPT, 0), report["documents"]
    parts = [("kept", kept), ("dropped", total - kept)]
    series = [Series(f"{name} ({percent(n, total)})", colour) for colour, (name, n) in enumerate(parts)]
    return figure(
        stacked_bars([("all documents", [n for _, n in parts])], series, title="Kept and dropped"),
        ["decision", "documents", "share"],
        [(name, f"{n:,}", percent(n, total)) for name, n in parts],
        series=series,
    )


def _dropped(report: Report, reasons: Sequence[str]) -> Figure:
    names, decisions = _by_size(report["sources"]), report["decisions"]
    counts = [[report["sources"][s]["reasons"].get(reason, 0) for s in names] for reason in reasons]
    series, rows = series_of(names, counts, first=_SOURCE_COLOUR)
    bars_of = list(zip(reasons, rows, strict=True))
    return figure(
        stacked_bars(
            bars_of, series, title="Dropped documents by reason and source", whole=report["documents"]
        ),
        ["reason", "documents", *(one.name for one in series)],
        [(reason, f"{decisions[reason]:,}", *map(_count, row)) for reason, row in bars_of],
        caption="Each document has one reason: the first rule that applies. Shares are of all documents.",
        series=series,
    )


def _count(number: int) -> str:
    return f"{number:,}"


def _by_size(sources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return sorted(sources, key=lambda name: (-sources[name]["documents"], name))


def _sources(report: Report) -> Figure:
    sources, names = report["sources"], _by_size(report["sources"])
    reasons = [KEPT, *_dropped_reasons(report)]
    counts = [[sources[name]["reasons"].get(reason, 0) for reason in reasons] for name in names]
    series, rows = series_of(reasons, counts)
    shares = [percent(sources[name]["kept"], sources[name]["documents"]) for name in names]
    labels = [f"{name}, {share} kept" for name, share in zip(names, shares, strict=True)]
    return figure(
        stacked_bars(
            list(zip(labels, rows, strict=True))[:_ROWS],
            series,
            title="Documents by source, kept and dropped by reason",
        ),
        ["source", "documents", "kept share", *reasons],
        [
            (name, f"{sources[name]['documents']:,}", share, *map(_count, row))
            for name, share, row in zip(names, shares, counts, strict=True)
        ],
        caption=_more("Documents of each source, and what became of them.", len(names)),
        series=series,
    )


def _more(words: str, rows: int) -> str:
    return f"{words} The plot shows the {_ROWS} largest of {rows:,}." if rows > _ROWS else words


def _languages(report: Report) -> Figure:
    found, kept = list(report["languages"].items()), report["kept"]
    words = "Kept documents by language: as the source says, else as detected (und: not detected)."
    return figure(
        bars(found[:_ROWS], title="kept documents", whole=kept),
        ["language", "kept documents", "share"],
        [(name, f"{n:,}", percent(n, kept)) for name, n in found],
        caption=_more(words, len(found)),
    )


def _time(report: Report) -> dict[str, Any]:
    time = report["time"]
    undated = time["undated"]
    return {
        "undated": f"{sum(undated.values()):,}" if undated else "",
        "undated_sources": _named([f"{name} {n:,}" for name, n in undated.items()]),
        "time": _over_time(report) if time["bins"] else None,
    }


def _over_time(report: Report) -> Figure:
    time, names = report["time"], _by_size(report["sources"])
    nothing = [0] * len(time["bins"])
    counts = list(zip(*(time["sources"].get(name, nothing) for name in names), strict=True))
    series, rows = series_of(names, counts, first=_SOURCE_COLOUR)
    binned = list(zip(time["bins"], rows, strict=True))
    return figure(
        columns(binned, series, title=f"Kept documents by {time['unit']} and source"),
        [time["unit"], "documents", *(one.name for one in series)],
        [(label, f"{sum(row):,}", *map(_count, row)) for label, row in binned],
        caption=f"Kept documents per {time['unit']}, by when they were written (UTC).",
        series=series,
    )


def _lengths(report: Report) -> dict[str, Any]:
    names = [f"{int(name[1:])} %" for name in next(iter(report["lengths"].values()), {})]
    rows = [(kind, *map(_count, cuts.values())) for kind, cuts in report["lengths"].items()]
    numeric = range(1, len(names) + 1)
    return {
        "lengths": [(kind, _length(report, kind, bins)) for kind, bins in report["histograms"].items()],
        "quantiles": Table(["kind", *names], rows, numeric, label="Quantiles of length in characters"),
    }


def _length(report: Report, kind: str, bins: Sequence[tuple[int, int, int]]) -> Figure:
    cuts = report["lengths"][kind]
    words = f"{report['kinds'][kind]:,} documents; half of them from {cuts['p25']:,} to {cuts['p75']:,}"
    return figure(
        histogram(bins, title=f"Lengths of kind {kind}", unit="characters"),
        ["characters", "documents"],
        [(f"{low:,} to {end - 1:,}", f"{n:,}") for low, end, n in bins if n],
        caption=f"{words} characters, median {cuts['p50']:,}.",
    )


def _tallies(report: Report) -> Iterator[tuple[str, Figure]]:
    for key, title, what in _TALLIES:
        tally = report[key]
        rows = [(entry["name"], entry["count"]) for entry in tally["top"]]
        if rows:
            yield (
                title,
                figure(
                    bars(rows[:_ROWS], title=title, whole=tally["total"]),
                    ["name", what],
                    [(name, f"{n:,}") for name, n in rows],
                    caption=_tallied(tally, what),
                ),
            )


def _tallied(tally: Mapping[str, Any], what: str) -> str:
    if tally["missed"]:
        return (
            f"{tally['total']:,} {what}, more than {tally['distinct']:,} different names; with so many, "
            f"each count is a lower bound, at most {tally['missed']:,} too low."
        )
    return f"{tally['total']:,} {what}; different names: {tally['distinct']:,}."


def _masked(report: Report) -> dict[str, Table]:
    rows = [(name, f"{report['masked'].get(name, 0):,}", reason.meaning) for name, reason in MASKED.items()]
    found = report.get("leaks") or {}
    leaks = [(name, f"{n['items']:,}", f"{n['documents']:,}") for name, n in found.items()]
    return {
        "masked": Table(("what", "times", "meaning"), rows, numeric=(1,), label="Masked"),
        "leaks": Table(("evaluation set", "items", "documents"), leaks, numeric=(1, 2), label="Leaks"),
    }


def _samples(report: Report) -> Iterator[tuple[str, Markup, list[dict[str, Any]]]]:
    """(reason, its meaning, pairs of a dropped and a kept text)."""
    for reason, pairs in report["samples"].items():
        if reason != KEPT and pairs:
            yield reason, _with_code(CURATION[reason].meaning), [_pair(pair) for pair in pairs]


def _with_code(words: str) -> Markup:
    """`words` escaped, with text between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(words))))


def _pair(pair: Mapping[str, Any]) -> dict[str, Any]:
    dropped, kept = pair["dropped"], pair["kept"]
    left, right = escape(dropped["text"]), escape(kept["text"]) if kept else Markup("")
    if kept and pair["replaced"]:
        left, right = _compared(dropped["text"], kept["text"])
    return {
        "left": _shown(dropped, "dropped"),
        "left_text": left,
        "score": "" if pair["score"] in (None, 1.0) else f", score {pair['score']:.3g}",
        "right": _shown(kept, "kept instead" if pair["replaced"] else "kept") if kept else None,
        "right_text": right,
    }


def _shown(sample: Mapping[str, str], state: str) -> dict[str, Any]:
    return {**sample, "state": state, "kept": state.startswith("kept")}


def _compared(left: str, right: str) -> tuple[Markup, Markup]:
    """Both texts escaped, with the words that are not in the other one marked."""
    a, b = re.findall(r"\s+|\S+", left), re.findall(r"\s+|\S+", right)
    marked: tuple[list[Markup], list[Markup]] = ([], [])
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for out, words in zip(marked, (a[a0:a1], b[b0:b1]), strict=True):
            text = escape("".join(words))
            out.append(text if tag == "equal" or not text else Markup("<mark>{}</mark>").format(text))
    return Markup("").join(marked[0]), Markup("").join(marked[1])
