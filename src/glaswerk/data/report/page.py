"""The corpus report as a page: plots with their tables, and dropped texts beside kept ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from html import escape
from typing import Any

from glaswerk.core.page import page, table
from glaswerk.core.plots import (
    Series,
    bars,
    columns,
    compact,
    figure,
    histogram,
    legend,
    percent,
    series_of,
    stacked_bars,
)
from glaswerk.data.store.decisions import KEPT
from glaswerk.data.store.reasons import CURATION, MASKED

# Rows of a plot; its table has them all.
_ROWS = 12
# Sources have the colours after that of what is kept.
_SOURCE_COLOUR = 1
_SECTIONS = {
    "decisions": "Decisions",
    "sources": "Sources",
    "languages": "Languages",
    "time": "Time",
    "lengths": "Lengths",
    "links": "Links and authors",
    "masked": "Taken out of kept text",
    "samples": "Samples",
}
Report = Mapping[str, Any]


def render(report: Report) -> str:
    """The whole page of a report.json."""
    body = [*_head(report), *_decisions(report), *_sources(report), *_languages(report), *_time(report)]
    body += [*_lengths(report), *_links(report), *_masked(report), *_samples(report)]
    return page("Corpus report", body)


def _head(report: Report) -> Iterator[str]:
    yield (
        "<p class=soft>What went into this corpus, what was left out, and why. Every document has one row in "
        "<code>decisions.parquet</code>; every figure of this page is in <code>report.json</code>.</p>"
    )
    cards = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, value, note in _key_figures(report)
    )
    yield f"<dl class=cards>{cards}</dl>"
    links = "".join(f'<a href="#{name}">{escape(title)}</a>' for name, title in _SECTIONS.items())
    yield f'<nav aria-label="Sections">{links}</nav>'


def _key_figures(report: Report) -> Iterator[tuple[str, str, str]]:
    """(name, figure, note) of each card."""
    kept, documents, time = report["kept"], report["documents"], report["time"]
    yield "documents kept", f"{kept:,}", f"{percent(kept, documents)} of {documents:,}"
    yield "text", _bytes(report["bytes"]), f"{report['bytes'] // max(kept, 1):,} bytes a document"
    yield "sources", f"{len(report['sources']):,}", _named(list(report["sources"]))
    yield "languages", f"{len(report['languages']):,}", _named(list(report["languages"]))
    yield "written", *_written(time)
    splits = report["splits"]
    held = sum(n for name, n in splits.items() if name.endswith("validation"))
    yield "held out", f"{held:,}", ", ".join(f"{name} {n:,}" for name, n in splits.items())


def _written(time: Mapping[str, Any]) -> tuple[str, str]:
    """From when to when, and how many have no date."""
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


def _title(name: str) -> str:
    return f'<h2 id="{name}">{escape(_SECTIONS[name])}</h2>'


def _decisions(report: Report) -> Iterator[str]:
    decisions, total = report["decisions"], report["documents"]
    yield _title("decisions")
    whole = [("kept", decisions.get(KEPT, 0)), ("dropped", total - decisions.get(KEPT, 0))]
    series = [Series(f"{name} ({percent(n, total)})", colour) for colour, (name, n) in enumerate(whole)]
    strip = stacked_bars([("all documents", [n for _, n in whole])], series, title="Kept and dropped")
    yield figure(
        strip,
        ["", "documents", "share"],
        [(name, f"{n:,}", percent(n, total)) for name, n in whole],
        key=legend(series),
    )
    dropped = sorted((r for r in decisions if r != KEPT), key=lambda r: -decisions[r])
    if not dropped:
        yield "<p>Nothing was dropped.</p>"
        return
    sources = _by_size(report["sources"])
    counts = [[report["sources"][s]["reasons"].get(reason, 0) for s in sources] for reason in dropped]
    series, rows = series_of(sources, counts, first=_SOURCE_COLOUR)
    title = "Dropped documents by reason and source"
    yield f"<h3>{title}</h3>"
    yield figure(
        stacked_bars(list(zip(dropped, rows, strict=True)), series, title=title, whole=total),
        ["reason", "documents", *(one.name for one in series)],
        [(r, f"{decisions[r]:,}", *(f"{n:,}" for n in row)) for r, row in zip(dropped, rows, strict=True)],
        caption="Each document has one reason: the first rule that applies. Shares are of all documents.",
        key=legend(series),
    )
    meanings = [(r, CURATION[r].meaning, CURATION[r].change) for r in dropped]
    yield "<details><summary>What the reasons mean, and how to change them</summary>"
    yield table(["reason", "meaning", "to change it"], meanings) + "</details>"


def _by_size(sources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return sorted(sources, key=lambda name: (-sources[name]["documents"], name))


def _sources(report: Report) -> Iterator[str]:
    yield _title("sources")
    sources, decisions = report["sources"], report["decisions"]
    names = _by_size(sources)
    reasons = [KEPT, *sorted((r for r in decisions if r != KEPT), key=lambda r: -decisions[r])]
    counts = [[sources[name]["reasons"].get(reason, 0) for reason in reasons] for name in names]
    series, rows = series_of(reasons, counts)
    title = "Documents by source, kept and dropped by reason"
    labels = [f"{name}, {percent(sources[name]['kept'], sources[name]['documents'])} kept" for name in names]
    yield figure(
        stacked_bars(list(zip(labels, rows, strict=True))[:_ROWS], series, title=title),
        ["source", "documents", "kept share", *reasons],
        [
            (
                name,
                f"{sources[name]['documents']:,}",
                percent(sources[name]["kept"], sources[name]["documents"]),
                *(f"{n:,}" for n in row),
            )
            for name, row in zip(names, counts, strict=True)
        ],
        caption=_more("Documents of each source, with what became of them.", len(names)),
        key=legend(series),
    )


def _more(words: str, rows: int) -> str:
    return f"{words} The plot shows the {_ROWS} largest of {rows:,}." if rows > _ROWS else words


def _languages(report: Report) -> Iterator[str]:
    yield _title("languages")
    found, kept = list(report["languages"].items()), report["kept"]
    yield figure(
        bars(found[:_ROWS], title="kept documents", whole=kept),
        ["language", "kept documents", "share"],
        [(name, f"{n:,}", percent(n, kept)) for name, n in found],
        caption=_more(
            "Kept documents by language: as the source says, else as recognised (und: not recognised).",
            len(found),
        ),
    )


def _time(report: Report) -> Iterator[str]:
    yield _title("time")
    time = report["time"]
    undated = sum(time["undated"].values())
    if undated:
        listed = _named([f"{name} {n:,}" for name, n in time["undated"].items()])
        yield (
            f"<p class=soft>{undated:,} kept documents have no date ({escape(listed)}); they are not in the "
            "plot.</p>"
        )
    if not time["bins"]:
        return
    names, nothing = _by_size(report["sources"]), [0] * len(time["bins"])
    counts = list(zip(*(time["sources"].get(name, nothing) for name in names), strict=True))
    series, rows = series_of(names, counts, first=_SOURCE_COLOUR)
    title = f"Kept documents by {time['unit']} and source"
    yield figure(
        columns(list(zip(time["bins"], rows, strict=True)), series, title=title),
        [time["unit"], "documents", *(one.name for one in series)],
        [
            (label, f"{sum(row):,}", *(f"{n:,}" for n in row))
            for label, row in zip(time["bins"], rows, strict=True)
        ],
        caption=f"Kept documents a {time['unit']}, by when they were written (UTC).",
        key=legend(series),
    )


def _lengths(report: Report) -> Iterator[str]:
    yield _title("lengths")
    yield (
        "<p class=soft>Characters of each kept document, by kind. The axis is logarithmic, and a column's "
        "area is its number of documents: the height is documents per doubling of length.</p>"
        "<div class=grid2>"
    )
    for kind, bins in report["histograms"].items():
        cuts = report["lengths"][kind]
        words = f"{report['kinds'][kind]:,} documents; half of them from {cuts['p25']:,} to {cuts['p75']:,}"
        rows = [(f"{low:,} to {end - 1:,}", f"{n:,}") for low, end, n in bins if n]
        yield f"<div><h3>{escape(kind)}</h3>"
        yield figure(
            histogram(bins, title=f"Lengths of kind {kind}", unit="characters"),
            ["characters", "documents"],
            rows,
            caption=f"{words} characters, median {cuts['p50']:,}.",
        )
        yield "</div>"
    yield "</div>"
    names = [f"{int(name[1:])} %" for name in next(iter(report["lengths"].values()), {})]
    yield "<details><summary>Quantiles in characters</summary>"
    rows = [(kind, *(f"{n:,}" for n in cuts.values())) for kind, cuts in report["lengths"].items()]
    yield table(["kind", *names], rows, numeric=range(1, len(names) + 1))
    yield "<p class=soft>Exact below 512 characters, within 0.2 % above.</p></details>"


_TALLIES = (
    ("authors", "Authors", "documents"),
    ("links", "Hosts of links in texts", "links"),
    ("addresses", "Hosts of the documents' own addresses", "documents"),
)


def _links(report: Report) -> Iterator[str]:
    yield _title("links")
    yield "<p class=soft>Of kept documents whose audience is public.</p><div class=grid2>"
    for key, title, what in _TALLIES:
        tally = report[key]
        rows = [(entry["name"], entry["count"]) for entry in tally["top"]]
        if not rows:
            continue
        yield f"<div><h3>{title}</h3>"
        yield figure(
            bars(rows[:_ROWS], title=title, whole=tally["total"]),
            ["", what],
            [(name, f"{n:,}") for name, n in rows],
            caption=_tallied(tally, what),
        )
        yield "</div>"
    yield "</div>"


def _tallied(tally: Mapping[str, Any], what: str) -> str:
    if tally["missed"]:
        return (
            f"{tally['total']:,} {what}, more than {tally['distinct']:,} different names; with so many, "
            f"each count is a lower bound, at most {tally['missed']:,} too low."
        )
    return f"{tally['total']:,} {what}; different names: {tally['distinct']:,}."


def _masked(report: Report) -> Iterator[str]:
    yield _title("masked")
    rows = [(name, f"{report['masked'].get(name, 0):,}", reason.meaning) for name, reason in MASKED.items()]
    yield table(["what", "times", "meaning"], rows, numeric=(1,))
    if report.get("leaks"):
        yield "<h3>Evaluation items</h3>"
        yield (
            "<p class=soft>Items of evaluation sets that documents hold word for word. These documents "
            "are left out, or have lost the lines; <code>leaks.parquet</code> names each.</p>"
        )
        leaks = [(name, f"{n['items']:,}", f"{n['documents']:,}") for name, n in report["leaks"].items()]
        yield table(["evaluation set", "items", "documents"], leaks, numeric=(1, 2))


def _samples(report: Report) -> Iterator[str]:
    yield _title("samples")
    yield (
        "<p class=soft>Left, what was dropped; right, the document that stays in its place, with the words "
        "that differ marked, or else a kept one from the same source. Texts that are private, reserved, "
        "deleted or to be forgotten are not shown. <code>glaswerk why DOCUMENT</code> tells more.</p>"
    )
    for reason, pairs in report["samples"].items():
        if reason == KEPT or not pairs:
            continue
        yield f"<h3>{escape(reason)}</h3><p class=soft>{_with_code(CURATION[reason].meaning)}</p>"
        for pair in pairs:
            yield _pair(pair)
    cards = (_card(sample, "kept", escape(sample["text"])) for sample in report["samples"][KEPT])
    yield f"<h3>kept</h3><div class=pair>{''.join(cards)}</div>"


def _with_code(words: str) -> str:
    """Escaped `words`, with what stands between backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(words))


def _pair(pair: Mapping[str, Any]) -> str:
    dropped, kept = pair["dropped"], pair["kept"]
    left, right = escape(dropped["text"]), escape(kept["text"]) if kept else ""
    if kept and pair["replaced"]:
        left, right = _compared(dropped["text"], kept["text"])
    score = "" if pair["score"] in (None, 1.0) else f", score {pair['score']:.3g}"
    there = _card(kept, "kept instead" if pair["replaced"] else "kept", right) if kept else ""
    return f"<div class=pair>{_card(dropped, f'dropped{score}', left)}{there}</div>"


def _card(sample: Mapping[str, str], words: str, text: str) -> str:
    """`text` is ready HTML."""
    tone = " class=kept" if words.startswith("kept") else ""
    name = f"{words}: <bdi>{escape(sample['document'])}</bdi>"
    return f'<div{tone}><small>{name}</small><p dir="auto">{text}</p></div>'


def _compared(left: str, right: str) -> tuple[str, str]:
    """Both texts as HTML, with the words that are not in the other marked."""
    a, b = re.findall(r"\s+|\S+", left), re.findall(r"\s+|\S+", right)
    marked: tuple[list[str], list[str]] = ([], [])
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for out, words in zip(marked, (a[a0:a1], b[b0:b1]), strict=True):
            text = escape("".join(words))
            out.append(text if tag == "equal" or not text else f"<mark>{text}</mark>")
    return "".join(marked[0]), "".join(marked[1])
