"""The report of a run as a page: curves, prediction beside result, mixture, samples, limits of the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from glaswerk.core.curves import Curve, curves
from glaswerk.core.page import page, table
from glaswerk.core.plots import SERIES, Series, bars, figure, legend, percent, series_of, stacked_bars

Figures = Mapping[str, Any]
_SECTIONS = {
    "prediction": "Prediction beside result",
    "training": "Training",
    "validation": "Held-out text",
    "extra": "Truth and politics",
    "mixture": "Mixture",
    "samples": "Samples",
    "data": "Limits of the data",
}
# Rows of the tables below plots; report.json has all points.
_ROWS = 20
# Sources of a plot; its table has them all.
_LINES = SERIES - 2
# The colour of the source with the most tokens, the same in every plot; before it is that of all together.
_SOURCE_COLOUR = 1


def render(figures: Figures) -> str:
    """The whole page of a run's report.json."""
    parts = {
        "prediction": [*_prediction(figures)],
        "training": [*_training(figures)],
        "validation": [*_validation(figures)],
        "extra": [*_extra(figures)],
        "mixture": [*_mixture(figures)],
        "samples": [*_samples(figures)],
        "data": [*_data(figures)],
    }
    there = {name: part for name, part in parts.items() if part}
    body = [*_head(figures, list(there))]
    for name, part in there.items():
        body += [f'<h2 id="{name}">{_SECTIONS[name]}</h2>', *part]
    return page(f"Training run: {figures['name']}", body)


def _head(figures: Figures, sections: Sequence[str]) -> Iterator[str]:
    done, steps = figures["done"], figures["steps"]
    state = "finished" if figures["result"] else f"going on: {percent(done, steps)}"
    if (figures["result"] or {}).get("stopped_at"):
        state = "stopped early: held-out text was predicted worse and worse"
    yield (
        f"<p class=soft>{state}, {done:,} of {steps:,} steps. Written anew at every validation; "
        "every figure is in <code>report.json</code>, every step in <code>metrics.jsonl</code>.</p>"
    )
    cards = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, value, note in _cards(figures)
    )
    yield f"<dl class=cards>{cards}</dl>"
    links = "".join(f'<a href="#{name}">{_SECTIONS[name]}</a>' for name in sections)
    yield f'<nav aria-label="Sections">{links}</nav>'


def _cards(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """(name, figure, note) of each card."""
    curve = figures["curve"]
    if figures["looks"]:
        found = figures["looks"][-1]["validation"]["all"]
        yield "bits per byte, held out", f"{found['value']:.3f}", _interval(found)
    if curve:
        yield "loss", f"{curve[-1]['loss']:.3f}", f"nats a token; {curve[0]['loss']:.3f} at first"
        rate = curve[-1]["tokens_per_second"]
        yield "tokens a second", f"{rate:,.0f}", f"MFU {_utilisation(figures, rate):.1%}"
    epochs = figures["tokens_seen"] / max(figures["data"]["tokens_per_epoch"], 1)
    yield "tokens seen", f"{figures['tokens_seen']:,}", f"{epochs:.2f} times the corpus"
    parameters = figures["prediction"]["parameters"]["total"]
    yield "parameters", f"{parameters:,}", f"{figures['tokens_seen'] / parameters:.2f} tokens a parameter"


def _interval(found: Figures) -> str:
    return f"{found['low']:.3f} to {found['high']:.3f}" if "low" in found else "too few documents to say more"


def _utilisation(figures: Figures, rate: float) -> float:
    """Model FLOPs utilisation at `rate` tokens a second."""
    predicted = figures["prediction"]
    return float(rate * predicted["flops"]["per_token"] / (predicted["peak_flops"] * predicted["devices"]))


def _prediction(figures: Figures) -> Iterator[str]:
    predicted, result = figures["prediction"], figures["result"]
    law = predicted["bits_per_byte"]
    yield (
        f"<p class=soft>Made before the first step. Speed {escape(predicted['rate_basis'])}. FLOPs: "
        f"{escape(predicted['flops']['formula'])}. Memory: predicted for a step's tensors, the result is "
        "the whole process's, libraries included. Bits per byte: of the English text of the ladder that the "
        f"law was fitted on ({law['low']:.2f} to {law['high']:.2f}); other text differs by a factor.</p>"
    )
    if law["beyond"]:
        yield f"<p class=soft>An extrapolation: {escape('; '.join(law['beyond']))}.</p>"
    rows = [_beside(*row) for row in _quantities(figures, predicted, result or {})]
    yield table(("", "predicted", "result", "ratio"), rows, numeric=(1, 2, 3))
    if not result:
        yield "<p class=soft>The result will stand here at the end of the run.</p>"


def _quantities(
    figures: Figures, predicted: Figures, result: Figures
) -> Iterator[tuple[str, float | None, float | None, str]]:
    """(name, predicted, result, format) of what can be said beforehand."""
    rate = result.get("tokens_per_second")
    yield "parameters", predicted["parameters"]["total"], result.get("parameters"), ",.0f"
    yield "tokens", predicted["tokens"], result.get("tokens"), ",.0f"
    yield "tokens a second, whole run", predicted["tokens_per_second"], rate, ",.0f"
    yield "seconds", predicted["seconds"], result.get("train_seconds"), ",.0f"
    mfu = _utilisation(figures, rate) if rate else None
    yield "model FLOPs utilisation", predicted["utilisation"], mfu, ".1%"
    memory = next(iter(predicted["memory"].values()))["total"] / 1e6
    yield "memory, MB", memory, result.get("peak_megabytes"), ",.0f"
    yield "energy, kWh", predicted["kilowatt_hours"], None, ".3g"
    look = figures["looks"][-1]["validation"]["all"]["value"] if result and figures["looks"] else None
    yield "bits per byte, held out", predicted["bits_per_byte"]["bits"], look, ".3f"


def _beside(name: str, predicted: float | None, result: float | None, form: str) -> tuple[str, ...]:
    ratio = f"{result / predicted:.2f}" if predicted and result else ""
    words = [format(value, form) if value is not None else "not known" for value in (predicted, result)]
    return name, words[0], words[1], ratio


_CURVES = (
    ("loss", "Loss of the training batches", "nats a token", False),
    ("rate", "Learning rate", "of the matrices", True),
    ("norm", "Gradient norm", "before clipping", True),
    ("tokens_per_second", "Tokens a second", "of the training steps alone", True),
    ("utilisation", "Model FLOPs utilisation (MFU)", "share of the peak", True),
)


def _training(figures: Figures) -> Iterator[str]:
    points = [
        {**point, "utilisation": _utilisation(figures, point["tokens_per_second"])}
        for point in figures["curve"]
    ]
    if len(points) < 2:
        return
    yield "<div class=grid2>"
    for name, title, words, from_zero in _CURVES:
        line = Curve(title, [(point["tokens"], point[name]) for point in points])
        plot = curves([line], title=title, unit="tokens", from_zero=from_zero)
        chosen = points[:: max(1, len(points) // _ROWS)]
        rows = [(f"{point['step']:,}", f"{point['tokens']:,}", f"{point[name]:.4g}") for point in chosen]
        yield f"<div><h3>{escape(title)}</h3>"
        yield figure(plot, ["step", "tokens", name.replace("_", " ")], rows, caption=words.capitalize() + ".")
        yield "</div>"
    yield "</div>"


def _validation(figures: Figures) -> Iterator[str]:
    looks = figures["looks"]
    if not looks:
        return
    yield (
        "<p class=soft>Bits that the network needs a byte of documents that are kept out of training: fewer "
        "is better, 8 is guessing. Bands and ranges: 95 % intervals over documents (bootstrap).</p>"
    )
    whole = _line("all", looks, lambda look: look["validation"]["all"], 0)
    yield "<h3>All sources, each by its tokens</h3>"
    yield figure(
        curves([whole], title="Bits per byte on held-out text", unit="tokens"),
        ["step", "bits per byte", "low", "high", "documents"],
        [(f"{look['step']:,}", *_cells(look["validation"]["all"])) for look in looks],
    )
    there = looks[-1]["validation"]["sources"]
    names = sorted(there, key=lambda name: -figures["mixture"].get(name, 0))
    if len(names) < 2:
        return
    shown = [
        _line(
            name, looks, lambda look, name=name: look["validation"]["sources"].get(name), i + _SOURCE_COLOUR
        )
        for i, name in enumerate(names[:_LINES])
    ]
    yield "<h3>By source</h3>"
    yield figure(
        curves(shown, title="Bits per byte by source", unit="tokens"),
        ["source", "bits per byte", "low", "high", "documents"],
        [(name, *_cells(looks[-1]["validation"]["sources"][name])) for name in names],
        caption="The table has the last validation.",
        key=_key(shown),
    )


def _line(name: str, looks: Sequence[Figures], pick: Any, colour: int) -> Curve:
    """A figure with its interval over the validations that have it."""
    found = [(look["tokens"], figure) for look in looks if (figure := pick(look))]
    points = [(tokens, one["value"]) for tokens, one in found]
    band = [(tokens, one["low"], one["high"]) for tokens, one in found if "low" in one]
    return Curve(name, points, band, colour)


def _key(shown: Sequence[Curve]) -> str:
    return legend([Series(curve.name, curve.colour) for curve in shown])


def _cells(found: Figures) -> tuple[str, ...]:
    edges = [f"{found[name]:.4f}" if name in found else "–" for name in ("low", "high")]
    return f"{found['value']:.4f}", *edges, f"{found['documents']:,}"


def _extra(figures: Figures) -> Iterator[str]:
    """Shares that whoever started the run had measured at every validation, each with its chance level."""
    looks = [look for look in figures["looks"] if look["extra"]]
    if not looks:
        return
    yield "<p class=soft>A small fixed sample at every validation; the trust report measures it in full.</p>"
    yield "<div class=grid2>"
    for name in looks[-1]["extra"]:
        line = _line(name, looks, lambda look, name=name: look["extra"].get(name), 0)
        chance = looks[-1]["extra"][name].get("chance")
        ends = [line.points[0][0], line.points[-1][0]]
        level = [Curve("guessing", [(x, chance) for x in ends], (), SERIES - 1)] if chance else []
        rows = [
            (
                f"{look['step']:,}",
                *(f"{look['extra'][name].get(key, 0):.3f}" for key in ("value", "low", "high")),
            )
            for look in looks
        ]
        shown = [line, *level]
        yield f"<div><h3>{escape(name)}</h3>"
        yield figure(
            curves(shown, title=name, unit="tokens"), ["step", "share", "low", "high"], rows, key=_key(shown)
        )
        yield "</div>"
    yield "</div>"


def _mixture(figures: Figures) -> Iterator[str]:
    found = list(figures["mixture"].items())
    whole = sum(count for _, count in found)
    if not whole:
        return
    yield (
        "<p class=soft>Tokens seen so far by source, counted from the documents that each step saw. "
        "<code>share_by_source</code> under <code>[curate.mixture]</code> in lab.toml changes it.</p>"
    )
    yield figure(
        bars(found[:_ROWS], title="Tokens seen by source", whole=whole),
        ["source", "tokens seen", "share"],
        [(name, f"{n:,}", percent(n, whole)) for name, n in found],
    )
    looks = figures["looks"]
    if len(found) < 2 or len(looks) < 2:
        return
    names = [name for name, _ in found]
    before = [{}, *(look["mixture"] for look in looks[:-1])]
    parts = [
        [look["mixture"].get(name, 0) - old.get(name, 0) for name in names]
        for look, old in zip(looks, before, strict=True)
    ]
    series, rows = series_of(names, parts, first=_SOURCE_COLOUR)
    labels = [f"up to step {look['step']:,}" for look in looks]
    yield "<h3>Between validations</h3>"
    yield figure(
        stacked_bars(list(zip(labels, rows, strict=True)), series, title="Tokens between validations"),
        ["steps", *names],
        [(label, *(f"{n:,}" for n in row)) for label, row in zip(labels, parts, strict=True)],
        key=legend(series),
    )


def _samples(figures: Figures) -> Iterator[str]:
    looks = [look for look in figures["looks"] if look["samples"]]
    if not looks:
        return
    yield (
        "<p class=soft>The same beginnings, continued after each validation: greedy (always the likeliest "
        "token) and drawn at temperature 0.7. The latest first.</p>"
    )
    for i, look in enumerate(reversed(looks)):
        cards = "".join(_card(sample, way) for sample in look["samples"] for way in ("greedy", "sampled"))
        opened = " open" if i == 0 else ""
        yield (
            f"<details{opened}><summary>Step {look['step']:,}, {look['tokens']:,} tokens</summary>"
            f"<div class=pair>{cards}</div></details>"
        )


def _card(sample: Mapping[str, str], way: str) -> str:
    tone = " class=kept" if way == "greedy" else ""
    words = {"greedy": "greedy", "sampled": "temperature 0.7"}[way]
    text = f"<mark>{escape(sample['prompt'])}</mark>{escape(sample[way])}"
    return f'<div{tone}><small>{words}</small><p dir="auto">{text}</p></div>'


def _data(figures: Figures) -> Iterator[str]:
    data, parameters = figures["data"], figures["prediction"]["parameters"]["total"]
    epochs = figures["prediction"]["tokens"] / max(data["tokens_per_epoch"], 1)
    yield (
        "<p class=soft>A small corpus is soon known by heart: beyond some four epochs, repeated data teaches "
        "less each time, beyond sixteen hardly anything (Muennighoff et al. 2023). What was learnt by heart "
        "is measured by <code>glaswerk evaluate</code>.</p>"
    )
    rows = [
        ("documents", f"{data['documents']:,}"),
        ("tokens an epoch", f"{data['tokens_per_epoch']:,}"),
        ("epochs planned", f"{epochs:.2f}"),
        ("tokens of the corpus a parameter", f"{data['tokens_per_epoch'] / parameters:.3f}"),
        ("tokens in documents that are there twice", f"{data['duplicate_share']:.2%}"),
        (f"runs of {data['run_length']} tokens that another document has, too", f"{data['shared_runs']:.2%}"),
        ("labels that fit into no row", f"{data['lost_share']:.2%}"),
    ]
    yield table(("", "figure"), rows, numeric=(1,))
