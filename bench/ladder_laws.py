"""Fit laws to the ladder's points: best learning rate by width, and bits by parameters and tokens."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glaswerk.plan.laws import Loss

Row = dict[str, Any]
EMBEDDING_RATE = 0.048
# Of larger networks no good rate was found, so that their bits say nothing of their size.
LARGEST = 20_000_000
USUAL = {
    "batch": 2048,
    "decay": 0.3,
    "embedding": 1.0,
    "weight_decay": 0.01,
    "seed": 0,
}
# (of parameters, of tokens) from Besiroglu et al. 2024, who fitted Chinchilla's runs again: the ladder is too
# short for its own. The two others say how much hangs on it.
EXPONENTS = (0.3478, 0.3658)
OTHER_EXPONENTS = ((0.25, 0.25), (0.45, 0.45))


def shared(rows: Iterable[Row]) -> list[Row]:
    """The rows whose embedding has the matrices' rate and that differ in size, rate and tokens only."""
    return [row for row in rows if all(row[name] == value for name, value in USUAL.items())]


def chosen(rows: Iterable[Row]) -> list[Row]:
    """As `shared`, but with the embedding at `EMBEDDING_RATE`: what the laws are fitted to."""
    return [
        row
        for row in rows
        if math.isclose(row["rate"] * row["embedding"], EMBEDDING_RATE)
        and all(row[name] == value for name, value in USUAL.items() if name != "embedding")
    ]


@dataclass(frozen=True)
class Best:
    """The best learning rate of one width and number of tokens, the middle of the parabola.

    `low` and `high` are its 5th and 95th percentile where every point moves by the noise of seeds; `bound`
    says "at least" or "at most" where the best measured rate is the last one on its side.
    """

    width: int
    parameters: int
    tokens: int
    rate: float
    low: float
    high: float
    bits: float
    bound: str = ""


def best_rates(rows: Sequence[Row], noise: float) -> list[Best]:
    """For every size and length at which two rates or more were measured."""
    groups: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["layers"], row["wanted"]].append(row)
    found = [_best(sorted(group, key=lambda row: row["rate"]), noise) for group in groups.values()]
    return sorted((best for best in found if best), key=lambda best: (best.tokens, best.parameters))


def _best(group: Sequence[Row], noise: float) -> Best | None:
    if len(group) < 2:
        return None
    rates, bits = [row["rate"] for row in group], np.array([row["bits"] for row in group])
    middle = int(bits.argmin())
    first = group[0]
    known = 64 * first["layers"], first["parameters"], first["wanted"]
    if middle in (0, len(group) - 1):
        bound = "at most" if middle == 0 else "at least"
        rate = rates[middle]
        return Best(*known, rate, rate, rate, float(bits[middle]), bound)
    chosen = slice(middle - 1, middle + 2)
    logs = np.log2(rates[chosen])
    chance = np.random.default_rng(0)
    tried = [
        vertex(logs, bits[chosen] + chance.normal(0, noise, 3), limits=(logs[0], logs[-1]))
        for _ in range(999)
    ]
    low, high = np.percentile(tried, [5, 95])
    at = vertex(logs, bits[chosen], limits=(logs[0], logs[-1]))
    return Best(*known, 2**at, float(2**low), float(2**high), float(bits[middle]))


def vertex(x: np.ndarray, y: np.ndarray, limits: tuple[float, float]) -> float:
    """Where the parabola through three points is lowest, or the lower end where it opens downwards."""
    a, b, _ = np.polyfit(x, y, 2)
    if a <= 0:
        return float(x[y.argmin()])
    return float(np.clip(-b / (2 * a), *limits))


def power(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(k, c) of y = c · x^k, by least squares on logarithms."""
    k, c = statistics.linear_regression(*zip(*((math.log(x), math.log(y)) for x, y in points), strict=True))
    return k, math.exp(c)


Point = tuple[int, int, float]


def lowest(rows: Iterable[Row]) -> list[Point]:
    """(parameters, tokens, bits) of the best rate measured for every size and length."""
    best: dict[tuple[int, int], float] = {}
    for row in rows:
        key = row["parameters"], row["tokens"]
        best[key] = min(best.get(key, math.inf), row["bits"])
    return [(n, d, bits) for (n, d), bits in sorted(best.items())]


def fit_loss(points: Sequence[Point], exponents: tuple[float, float] = EXPONENTS) -> Loss:
    """E + A / (N / 1e6)^a + B / (D / 1e6)^b with the least squared error; E, A and B are not negative."""
    n, d, bits = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    a, b = exponents
    columns = np.stack([np.ones_like(n), (n / 1e6) ** -a, (d / 1e6) ** -b], axis=1)
    floor, size, length = _not_negative(columns, bits)
    return Loss(float(floor), float(size), a, float(length), b)


def _not_negative(columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Least squares with factors of 0 or more: the best of those over all subsets of columns."""
    best, error = np.zeros(columns.shape[1]), math.inf
    for chosen in itertools.product((True, False), repeat=columns.shape[1]):
        if not any(chosen):
            continue
        part = columns[:, list(chosen)]
        factors = np.linalg.lstsq(part, wanted, rcond=None)[0]
        rest = float(((part @ factors - wanted) ** 2).sum())
        if (factors >= 0).all() and rest < error:
            best, error = np.zeros(columns.shape[1]), rest
            best[list(chosen)] = factors
    return best


def variants(points: Sequence[Point]) -> Iterator[tuple[str, Loss, float]]:
    """(what, the fit, its worst error in bits): without each size or length, and with other exponents.

    The error is that of the points left out, or of all.
    """
    for axis, name in enumerate(("parameters", "tokens")):
        values = sorted({point[axis] for point in points})
        for value in values if len(values) > 2 else ():
            rest = [point for point in points if point[axis] != value]
            loss = fit_loss(rest)
            missed = [point for point in points if point[axis] == value]
            yield f"without {value:,} {name}", loss, _worst(loss, missed)
    for exponents in OTHER_EXPONENTS:
        loss = fit_loss(points, exponents)
        yield f"exponents {exponents[0]:g} and {exponents[1]:g}", loss, _worst(loss, points)


def _worst(loss: Loss, points: Sequence[Point]) -> float:
    return max((loss.bits(n, d) - bits for n, d, bits in points), key=abs)


def noise_of(rows: Sequence[Row]) -> float:
    """Standard deviation of one point over seeds, from the pairs that differ in their seed alone."""
    pairs = [
        (row["bits"], other["bits"])
        for row, other in itertools.combinations(rows, 2)
        if row["seed"] != other["seed"]
        and all(row[name] == other[name] for name in (*USUAL, "layers", "rate", "wanted") if name != "seed")
    ]
    return math.sqrt(statistics.fmean((a - b) ** 2 / 2 for a, b in pairs))


def side_by_side(rows: Sequence[Row]) -> Iterator[tuple[Row, str, Row]]:
    """(usual row, what differs, row that differs in it alone) for every setting tried beside the usual."""
    for row in rows:
        changed = [name for name, value in USUAL.items() if row[name] != value]
        for other in shared(rows):
            same = all(row[name] == other[name] for name in ("layers", "rate", "wanted"))
            if same and len(changed) == 1:
                yield other, f"{changed[0]} {row[changed[0]]}", row


def report(rows: Sequence[Row]) -> str:
    """Everything that docs/scaling.md and `glaswerk.plan.laws` take from the points, as Markdown."""
    noise = noise_of(rows)
    points = lowest(row for row in chosen(rows) if row["parameters"] <= LARGEST)
    parts = [f"noise of a seed: {noise:.4f} bits"]
    for family in (shared(rows), chosen(rows)):
        parts += ["", "| parameters | tokens | rate | bits |", "|---|---|---|---|", *_rates(family)]
        parts += ["", "| parameters | tokens | best rate | interval | bits |", "|---|---|---|---|---|"]
        for best in best_rates(family, noise):
            span = best.bound or f"{best.low:.4f} to {best.high:.4f}"
            parts.append(
                f"| {best.parameters:,} | {best.tokens:,} | {best.rate:.4f} | {span} | {best.bits:.4f} |"
            )
    parts += ["", "| parameters | tokens | changed | rate | usual | changed |", "|---|---|---|---|---|---|"]
    for row, change, other in side_by_side(rows):
        parts.append(
            f"| {row['parameters']:,} | {row['tokens']:,} | {change} | {row['rate']:g} "
            f"| {row['bits']:.4f} | {other['bits']:.4f} |"
        )
    return "\n".join([*parts, *_law(points)])


def _law(points: Sequence[Point]) -> Iterator[str]:
    loss = fit_loss(points)
    yield from (
        "",
        f"LOSS = {_literal(loss)}",
        "",
        "| parameters | tokens | bits | law |",
        "|---|---|---|---|",
    )
    yield from (f"| {n:,} | {d:,} | {bits:.4f} | {loss.bits(n, d):.4f} |" for n, d, bits in points)
    scatter = math.sqrt(statistics.fmean((loss.bits(n, d) - bits) ** 2 for n, d, bits in points))
    yield from ("", f"scatter {scatter:.4f}", "", "| fitted | worst error, bits | law |", "|---|---|---|")
    yield from (f"| {what} | {error:+.4f} | {_literal(other)} |" for what, other, error in variants(points))


def _rates(rows: Sequence[Row]) -> Iterator[str]:
    for row in sorted(rows, key=lambda row: (row["parameters"], row["tokens"], row["rate"])):
        yield f"| {row['parameters']:,} | {row['tokens']:,} | {row['rate']:g} | {row['bits']:.4f} |"


def _literal(loss: Loss) -> str:
    return (
        f"Loss({', '.join(f'{value:.5g}' for value in (loss.floor, loss.a, loss.alpha, loss.b, loss.beta))})"
    )
