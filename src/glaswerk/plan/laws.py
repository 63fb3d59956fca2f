"""Scaling laws: from a size or budget and a corpus to every setting, and the bits per byte to expect.

Fitted on the ladder of runs of 2026-11-23 (`bench/ladder.py`; tables, plots and limits in docs/scaling.md).
Figures that the ladder could not measure come from the literature, with the source at each constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

# Chinchilla's 20 tokens per parameter, with a limit on epochs: beyond about 16 epochs repeated data teaches
# almost nothing (Muennighoff et al. 2023), but facts stated only ten times need several epochs.
TOKENS_PER_PARAMETER = 20
MOST_EPOCHS = 8.0
# The r-th repetition is worth e^(-r / 15.4) of fresh text (Muennighoff et al. 2023).
_WEARS_OFF = 15.4
# The ranges that the loss is fitted to.
MEASURED_PARAMETERS = (315_712, 12_195_456)
MEASURED_TOKENS = (131_072, 1_048_576)
MEASURED_BATCH = 2048
# Learning rate of the matrices by width, interpolated linearly in logarithms. The best rates found: 0.015 at
# 64, 0.010 at 128, 0.008 at 192, 0.004 at 256, 0.002 at 384; 0.002 or less at 512. Below the first width the
# slope is that of the first two (width^-0.7, Bjorck et al. 2024); above the last, where the ladder does not
# reach, width^-1 (Yang et al. 2022).
_RATES = ((128, 0.0105), (192, 0.0079), (384, 0.002))
_BELOW, _ABOVE = 0.7, 1.0
# Learning rate of the embedding, the same at every width of the ladder: 0.03 bits better than a shared rate.
_EMBEDDING_RATE = 0.048
# The rates hold for runs of up to this many tokens. How they fall beyond is a choice, not a measurement: runs
# of up to four times the length show no trend yet, and Bjorck et al. found an exponent of 0.32.
_RATE_UP_TO, _RATE_BY_TOKENS = 524_288, 0.25
# Half the batch was no better on the ladder, and 1.5 times the batch was worse in the town (docs/log.md), so
# the batch is constant up to here. Beyond, the critical batch grows with the square root of the tokens (Zhang
# et al. 2024).
_BATCH_UP_TO, _BATCH_BY_TOKENS = 40e6, 0.5


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss as a law: bits per byte = floor + a / (parameters / 1e6)^alpha + b / (tokens / 1e6)^beta.

    The form is Chinchilla's (Hoffmann et al. 2022).
    """

    floor: float
    a: float
    alpha: float
    b: float
    beta: float

    def bits(self, parameters: float, tokens: float) -> float:
        """Bits per byte of a network of `parameters` after `tokens` tokens, each seen once."""
        size, length = math.pow(parameters / 1e6, -self.alpha), math.pow(tokens / 1e6, -self.beta)
        return self.floor + self.a * size + self.b * length


# Exponents of Besiroglu et al. 2024: the ladder is too short to fit its own.
LOSS = Loss(1.5509, 0.085607, 0.3478, 0.44234, 0.3658)
# The same law fitted without one of the sizes or lengths, and with other exponents, to show the sensitivity.
_VARIANTS = (
    Loss(1.5425, 0.038498, 0.3478, 0.46911, 0.3658),
    Loss(1.5643, 0.085954, 0.3478, 0.4374, 0.3658),
    Loss(1.5902, 0.077623, 0.3478, 0.42333, 0.3658),
    Loss(1.5579, 0.082016, 0.3478, 0.44083, 0.3658),
    Loss(1.5446, 0.10174, 0.3478, 0.43368, 0.3658),
    Loss(1.4886, 0.13662, 0.3478, 0.44989, 0.3658),
    Loss(1.5458, 0.089588, 0.3478, 0.44289, 0.3658),
    Loss(1.5683, 0.068849, 0.3478, 0.44109, 0.3658),
    Loss(1.5926, 0.060431, 0.3478, 0.43264, 0.3658),
    Loss(1.2169, 0.11403, 0.25, 0.74211, 0.25),
    Loss(1.6912, 0.06767, 0.45, 0.32406, 0.45),
)
# Standard deviation of the fifteen points around the law, with twelve degrees of freedom.
_SCATTER = 0.032


@dataclass(frozen=True, slots=True)
class Prediction:
    """Validation bits per byte with an interval; `beyond` says how a run exceeds what was measured."""

    bits: float
    low: float
    high: float
    beyond: tuple[str, ...]


def predicted_bits(parameters: int, tokens: int, *, corpus_tokens: int = 0) -> Prediction:
    """The prediction for the ladder's text: English, a vocabulary of 4,096. Other text differs by a factor.

    The interval spans the law fitted without each size or length and with other exponents, plus twice the
    scatter of the points. It has no confidence level: how often it holds outside the ladder is unknown. If
    `corpus_tokens` (0: as many as are trained on) is smaller than `tokens`, repeated tokens count less.
    """
    fresh = effective_tokens(tokens, corpus_tokens or tokens)
    values = [loss.bits(parameters, fresh) for loss in (LOSS, *_VARIANTS)]
    spread = 2 * _SCATTER
    return Prediction(
        values[0], min(values) - spread, max(values) + spread, _beyond_ladder(parameters, tokens)
    )


def _beyond_ladder(parameters: int, tokens: int) -> tuple[str, ...]:
    return (
        *_beyond("parameters", parameters, MEASURED_PARAMETERS),
        *_beyond("tokens", tokens, MEASURED_TOKENS),
    )


def _beyond(name: str, value: int, measured: tuple[int, int]) -> tuple[str, ...]:
    low, high = measured
    if low <= value <= high:
        return ()
    times = value / high if value > high else low / value
    return (f"{value:,} {name} are {times:.3g} times beyond the ladder's {low:,} to {high:,}",)


def effective_tokens(tokens: int, corpus_tokens: int) -> float:
    """How many fresh tokens `tokens` are worth if the corpus has only `corpus_tokens`."""
    if tokens <= corpus_tokens:
        return tokens
    repeated = tokens / corpus_tokens - 1
    return corpus_tokens * (1 + _WEARS_OFF * (1 - math.exp(-repeated / _WEARS_OFF)))


def wanted_tokens(parameters: int, corpus_tokens: int) -> int:
    """The default length of a run, in tokens."""
    return round(min(TOKENS_PER_PARAMETER * parameters, MOST_EPOCHS * corpus_tokens))


def best_rate(width: int, tokens: int, batch: int) -> float:
    """The learning rate of the matrices: falls with the width and the run's length, rises with the batch."""
    longer = max(1.0, tokens / _RATE_UP_TO)
    # Proportional to the square root of the batch, as for Adam (Malladi et al. 2022); not measured here.
    rate = _rate_at(width) * math.pow(longer, -_RATE_BY_TOKENS) * math.sqrt(batch / MEASURED_BATCH)
    return float(f"{rate:.2g}")


def embedding_ratio(width: int) -> float:
    """The learning rate of the embedding as a multiple of that of the matrices."""
    return round(_EMBEDDING_RATE / _rate_at(min(width, _RATES[-1][0])), 2)


def _rate_at(width: int) -> float:
    (first, highest), (last, lowest) = _RATES[0], _RATES[-1]
    if width <= first:
        return highest * math.pow(width / first, -_BELOW)
    if width >= last:
        return lowest * math.pow(width / last, -_ABOVE)
    (left, high), (right, low) = next(pair for pair in pairwise(_RATES) if width <= pair[1][0])
    return high * math.pow(low / high, math.log(width / left) / math.log(right / left))


def batch_tokens(tokens: int) -> int:
    """Tokens per step for a run of `tokens` tokens."""
    wanted = MEASURED_BATCH * math.pow(max(1.0, tokens / _BATCH_UP_TO), _BATCH_BY_TOKENS)
    return 1024 * round(wanted / 1024)
