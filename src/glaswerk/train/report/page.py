"""The report of a run as a page: curves, prediction and result, mixture, samples, limits of the data.

This file computes; `page.html.jinja` beside it holds the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from glaswerk.core.pages.curves import Curve, curves
from glaswerk.core.pages.kit import Card, Figure, Table, figure, render
from glaswerk.core.pages.plots import SERIES, Series, bars, percent, series_of, stacked_bars

Figures = Mapping[str, Any]
SECTIONS = {
    "prediction": "Prediction and result",
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
# The colour of the source with the most tokens, the same in every plot; colour 0 is all sources together.
_SOURCE_COLOUR = 1
_CURVES = (
    ("loss", "Loss of the training batches", "nats per token", False),
    ("rate", "Learning rate", "of the matrices", True),
    ("norm", "Gradient norm", "before clipping", True),
    ("tokens_per_second", "Tokens per second", "of the training steps alone", True),
    ("utilisation", "Model FLOPs utilisation (MFU)", "share of the peak", True),
)


def render_report(figures: Figures) -> str:
    """The complete page of a run's report.json."""
    parts = {
        "training": list(_training(figures)),
        "validation": _validation(figures),
        "extra": list(_extra(figures)),
        "mixture": _mixture(figures),
        "samples": _samples(figures),
    }
    there = {name: title for name, title in SECTIONS.items() if parts.get(name, True)}
    return render(
        "glaswerk.train.report",
        "page.html.jinja",
        title=f"Training run: {figures['name']}",
        sections=there,
        cards=list(_cards(figures)),
        state=_state(figures),
        done=f"{figures['done']:,}",
        steps=f"{figures['steps']:,}",
        finished=bool(figures["result"]),
        predicted=figures["prediction"],
        law=figures["prediction"]["bits_per_byte"],
        comparison=_comparison(figures),
        data=_data(figures),
        **parts,
    )


def _state(figures: Figures) -> str:
    if not figures["result"]:
        return f"running: {percent(figures['done'], figures['steps'])}"
    if figures["result"].get("stopped_at"):
        return "stopped early: the loss on held-out text kept rising"
    return "finished"


def _cards(figures: Figures) -> Iterator[Card]:
    curve = figures["curve"]
    if figures["looks"]:
        found = figures["looks"][-1]["validation"]["all"]
        yield Card("bits per byte, held out", f"{found['value']:.3f}", _interval(found))
    if curve:
        yield Card("loss", f"{curve[-1]['loss']:.3f}", f"nats per token; {curve[0]['loss']:.3f} at first")
        rate = curve[-1]["tokens_per_second"]
        yield Card("tokens per second", f"{rate:,.0f}", f"MFU {_utilisation(figures, rate):.1%}")
    seen = figures["tokens_seen"]
    epochs = seen / max(figures["data"]["tokens_per_epoch"], 1)
    yield Card("tokens seen", f"{seen:,}", f"{epochs:.2f} times the corpus")
    parameters = figures["prediction"]["parameters"]["total"]
    yield Card("parameters", f"{parameters:,}", f"{seen / parameters:.2f} tokens per parameter")


def _interval(found: Figures) -> str:
    return f"{found['low']:.3f} to {found['high']:.3f}" if "low" in found else "too few documents for a range"


def _utilisation(figures: Figures, rate: float) -> float:
    """Model FLOPs utilisation at `rate` tokens per second."""
    predicted = figures["prediction"]
    return float(rate * predicted["flops"]["per_token"] / (predicted["peak_flops"] * predicted["devices"]))


def _comparison(figures: Figures) -> Table:
    rows = [_compared(*row) for row in _quantities(figures, figures["prediction"], figures["result"] or {})]
    head = ("quantity", "predicted", "result", "ratio")
    return Table(head, rows, numeric=(1, 2, 3), label=SECTIONS["prediction"])


def _quantities(
    figures: Figures, predicted: Figures, result: Figures
) -> Iterator[tuple[str, float | None, float | None, str]]:
    """(name, predicted, result, format) of everything that is predicted."""
    rate = result.get("tokens_per_second")
    yield "parameters", predicted["parameters"]["total"], result.get("parameters"), ",.0f"
    yield "tokens", predicted["tokens"], result.get("tokens"), ",.0f"
    yield "tokens per second, whole run", predicted["tokens_per_second"], rate, ",.0f"
    yield "seconds", predicted["seconds"], result.get("train_seconds"), ",.0f"
    mfu = _utilisation(figures, rate) if rate else None
    yield "model FLOPs utilisation", predicted["utilisation"], mfu, ".1%"
    memory = next(iter(predicted["memory"].values()))["total"] / 1e6
    yield "memory, MB", memory, result.get("peak_megabytes"), ",.0f"
    yield "energy, kWh", predicted["kilowatt_hours"], None, ".3g"
    look = figures["looks"][-1]["validation"]["all"]["value"] if result and figures["looks"] else None
    yield "bits per byte, held out", predicted["bits_per_byte"]["bits"], look, ".3f"


def _compared(name: str, predicted: float | None, result: float | None, form: str) -> tuple[str, ...]:
    ratio = f"{result / predicted:.2f}" if predicted and result else ""
    words = [format(value, form) if value is not None else "not known" for value in (predicted, result)]
    return name, words[0], words[1], ratio


def _training(figures: Figures) -> Iterator[tuple[str, Figure]]:
    points = [
        {**point, "utilisation": _utilisation(figures, point["tokens_per_second"])}
        for point in figures["curve"]
    ]
    if len(points) < 2:
        return
    chosen = points[:: max(1, len(points) // _ROWS)]
    for name, title, words, from_zero in _CURVES:
        line = Curve(title, [(point["tokens"], point[name]) for point in points])
        yield (
            title,
            figure(
                curves([line], title=title, unit="tokens", from_zero=from_zero),
                ["step", "tokens", name.replace("_", " ")],
                [(f"{row['step']:,}", f"{row['tokens']:,}", f"{row[name]:.4g}") for row in chosen],
                caption=f"{words.capitalize()}.",
            ),
        )


def _validation(figures: Figures) -> dict[str, Figure | None]:
    looks = figures["looks"]
    if not looks:
        return {}
    line = _line("all", looks, lambda look: look["validation"]["all"], 0)
    everything = figure(
        curves([line], title="Bits per byte on held-out text", unit="tokens"),
        ["step", "bits per byte", "low", "high", "documents"],
        [(f"{look['step']:,}", *_cells(look["validation"]["all"])) for look in looks],
    )
    return {"all": everything, "sources": _by_source(figures)}


def _by_source(figures: Figures) -> Figure | None:
    looks, last = figures["looks"], figures["looks"][-1]["validation"]["sources"]
    names = sorted(last, key=lambda name: -figures["mixture"].get(name, 0))
    if len(names) < 2:
        return None
    shown = [
        _line(name, looks, _source_picker(name), i + _SOURCE_COLOUR) for i, name in enumerate(names[:_LINES])
    ]
    return figure(
        curves(shown, title="Bits per byte by source", unit="tokens"),
        ["source", "bits per byte", "low", "high", "documents"],
        [(name, *_cells(last[name])) for name in names],
        caption="The table has the last validation.",
        series=_series(shown),
    )


def _source_picker(name: str) -> Callable[[Figures], Figures | None]:
    return lambda look: look["validation"]["sources"].get(name)


def _line(
    name: str, looks: Sequence[Figures], pick: Callable[[Figures], Figures | None], colour: int
) -> Curve:
    """A figure with its interval, over the validations that have it."""
    found = [(look["tokens"], picked) for look in looks if (picked := pick(look))]
    points = [(tokens, one["value"]) for tokens, one in found]
    band = [(tokens, one["low"], one["high"]) for tokens, one in found if "low" in one]
    return Curve(name, points, band, colour)


def _series(shown: Sequence[Curve]) -> list[Series]:
    return [Series(curve.name, curve.colour) for curve in shown]


def _cells(found: Figures) -> tuple[str, ...]:
    edges = [f"{found[name]:.4f}" if name in found else "–" for name in ("low", "high")]
    return f"{found['value']:.4f}", *edges, f"{found['documents']:,}"


def _extra(figures: Figures) -> Iterator[tuple[str, Figure]]:
    """Shares that the run was asked to measure at every validation, each with its chance level."""
    looks = [look for look in figures["looks"] if look["extra"]]
    for name in looks[-1]["extra"] if looks else ():
        yield name, _share(name, looks)


def _share(name: str, looks: Sequence[Figures]) -> Figure:
    line = _line(name, looks, lambda look: look["extra"].get(name), 0)
    chance = looks[-1]["extra"][name].get("chance")
    ends = [line.points[0][0], line.points[-1][0]]
    shown = [line, Curve("guessing", [(x, chance) for x in ends], (), SERIES - 1)] if chance else [line]
    cells = [[look["extra"][name].get(key, 0) for key in ("value", "low", "high")] for look in looks]
    rows = [(f"{look['step']:,}", *(f"{x:.3f}" for x in row)) for look, row in zip(looks, cells, strict=True)]
    plot = curves(shown, title=name, unit="tokens")
    return figure(plot, ["step", "share", "low", "high"], rows, series=_series(shown))


def _mixture(figures: Figures) -> dict[str, Figure | None]:
    found = list(figures["mixture"].items())
    whole = sum(count for _, count in found)
    if not whole:
        return {}
    everything = figure(
        bars(found[:_ROWS], title="Tokens seen by source", whole=whole),
        ["source", "tokens seen", "share"],
        [(name, f"{n:,}", percent(n, whole)) for name, n in found],
    )
    return {"all": everything, "between": _between(figures["looks"], [name for name, _ in found])}


def _between(looks: Sequence[Figures], names: Sequence[str]) -> Figure | None:
    """Tokens by source from each validation to the next."""
    if len(names) < 2 or len(looks) < 2:
        return None
    before = [{}, *(look["mixture"] for look in looks[:-1])]
    parts = [
        [look["mixture"].get(name, 0) - old.get(name, 0) for name in names]
        for look, old in zip(looks, before, strict=True)
    ]
    series, rows = series_of(names, parts, first=_SOURCE_COLOUR)
    labels = [f"up to step {look['step']:,}" for look in looks]
    return figure(
        stacked_bars(list(zip(labels, rows, strict=True)), series, title="Tokens between validations"),
        ["steps", *names],
        [(label, *(f"{n:,}" for n in row)) for label, row in zip(labels, parts, strict=True)],
        series=series,
    )


def _samples(figures: Figures) -> list[dict[str, Any]]:
    """The samples of each validation, the latest first."""
    return [
        {"step": f"{look['step']:,}", "tokens": f"{look['tokens']:,}", "samples": look["samples"]}
        for look in reversed(figures["looks"])
        if look["samples"]
    ]


def _data(figures: Figures) -> Table:
    data, parameters = figures["data"], figures["prediction"]["parameters"]["total"]
    epochs = figures["prediction"]["tokens"] / max(data["tokens_per_epoch"], 1)
    rows = [
        ("documents", f"{data['documents']:,}"),
        ("tokens per epoch", f"{data['tokens_per_epoch']:,}"),
        ("epochs planned", f"{epochs:.2f}"),
        ("corpus tokens per parameter", f"{data['tokens_per_epoch'] / parameters:.3f}"),
        ("tokens in documents that occur twice", f"{data['duplicate_share']:.2%}"),
        (f"runs of {data['run_length']} tokens that another document shares", f"{data['shared_runs']:.2%}"),
        ("labels that fit into no row", f"{data['lost_share']:.2%}"),
    ]
    return Table(("quantity", "figure"), rows, numeric=(1,), label=SECTIONS["data"])
