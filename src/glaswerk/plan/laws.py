"""The dial's laws: from a size or a budget and a corpus to every setting, and the bits that it will reach.

Fitted on the ladder of 2026-11-23 (`bench/ladder.py`; tables, plots and limits in docs/scaling.md). What the
ladder could not measure is taken over from where it was, and says so at its constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.shape import DEPTHS, Shape, at_depth, shape_for

# Chinchilla's 20 tokens a parameter, but no document more often than this: beyond some 16 epochs
# repeated data teaches almost nothing (Muennighoff et al. 2023); facts stated ten times need several.
TOKENS_PER_PARAMETER = 20
MOST_EPOCHS = 8.0
# Repetition wears off: the r-th epoch is worth e^(-r / 15.4) of fresh text (Muennighoff et al. 2023).
_WEARS_OFF = 15.4
# What the ladder spans.
MEASURED_PARAMETERS = (315_712, 12_195_456)
MEASURED_TOKENS = (131_072, 524_288)
MEASURED_BATCH = 2048
# The matrices' best learning rate at a width of 128 for the ladder's runs, and how it falls with the width.
_RATE_AT_128, _RATE_BY_WIDTH = 0.01, 0.5
# The embedding's, the same at every width.
_EMBEDDING_RATE = 0.048
# Not seen within the ladder, whose runs differ by a factor of four; taken over from Bjorck et al. 2024.
_RATE_BY_TOKENS = 0.32
# Half the batch was no better on the ladder, one and a half were worse in the town (docs/log.md): so a step
# stays as it is up to here; then the batch that costs no tokens grows with their root (Zhang et al. 2024).
_BATCH_UP_TO, _BATCH_BY_TOKENS = 40e6, 0.5


@dataclass(frozen=True, slots=True)
class Loss:
    """bits per byte = floor + a / (parameters / 1e6)^alpha + b / (tokens / 1e6)^beta.

    The form is Chinchilla's (Hoffmann et al. 2022).
    """

    floor: float
    a: float
    alpha: float
    b: float
    beta: float

    def bits(self, parameters: float, tokens: float) -> float:
        """Bits per byte of `parameters` in all after `tokens` tokens seen once."""
        size, length = math.pow(parameters / 1e6, -self.alpha), math.pow(tokens / 1e6, -self.beta)
        return self.floor + self.a * size + self.b * length


LOSS = Loss(0.33, 0.18, 0.2, 1.59, 0.125)
# The same law without one of the sizes or one of the lengths: how much it hangs on each.
_LEFT_OUT = (Loss(1.5567, 0.027918, 0.575, 0.56303, 0.275), Loss(0.44014, 0, 0.1, 1.6453, 0.125))
# Standard deviation of the points around the law.
_SCATTER = 0.02


@dataclass(frozen=True, slots=True)
class Prediction:
    """Validation bits per byte; `beyond` says in words in what a run lies outside what was measured."""

    bits: float
    low: float
    high: float
    beyond: tuple[str, ...]


def predicted_bits(parameters: int, tokens: int, *, corpus_tokens: int = 0) -> Prediction:
    """What the ladder's text, English with a vocabulary of 4,096, would give; other text differs by a factor.

    The interval is where the law lies when any one size or length is left out of its fit, and twice the
    points' scatter on top: inside the ladder about 19 of 20, outside it a lower bound of what is unknown.
    `corpus_tokens` (0: as many as are trained on): where it is smaller, tokens come again and count less.
    """
    fresh = effective_tokens(tokens, corpus_tokens or tokens)
    values = [loss.bits(parameters, fresh) for loss in (LOSS, *_LEFT_OUT)]
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
    """How many fresh tokens `tokens` of a corpus are worth that holds `corpus_tokens`."""
    if tokens <= corpus_tokens:
        return tokens
    repeated = tokens / corpus_tokens - 1
    return corpus_tokens * (1 + _WEARS_OFF * (1 - math.exp(-repeated / _WEARS_OFF)))


@dataclass(frozen=True, slots=True)
class Dial:
    """Every setting of a run. `rate` is the matrices' learning rate; the embedding's is a multiple of it.

    `beyond` says in words in what the run lies outside what was measured.
    """

    shape: Shape
    tokens: int
    batch_tokens: int
    rate: float
    embedding_ratio: float
    beyond: tuple[str, ...]

    @property
    def flops(self) -> float:
        """Six operations a parameter and token; attention's part is small at short contexts and left out."""
        return 6.0 * self.shape.parameters * self.tokens


def dial(parameters: int, *, corpus_tokens: int, vocab_size: int, context: int) -> Dial:
    """The settings for about `parameters` parameters on a corpus of `corpus_tokens` training tokens.

    Raises GlaswerkError where there is nothing to train on.
    """
    if corpus_tokens <= 0:
        raise GlaswerkError("the corpus has no tokens to train on", hint="glaswerk add docs FILE")
    return _settings(shape_for(parameters, vocab_size, context), corpus_tokens)


def dial_for(flops: float, *, corpus_tokens: int, vocab_size: int, context: int) -> Dial:
    """The settings of the largest network whose run takes at most `flops` floating-point operations.

    Raises GlaswerkError where not even the smallest network's does, or there is nothing to train on.
    """
    smallest = dial(0, corpus_tokens=corpus_tokens, vocab_size=vocab_size, context=context)
    if smallest.flops > flops:
        raise GlaswerkError(
            f"the smallest network takes {smallest.flops:.3g} operations, more than the budget's {flops:.3g}",
            hint="a larger --budget",
        )
    sized = (_settings(at_depth(depth, vocab_size, context), corpus_tokens) for depth in DEPTHS)
    return max((each for each in sized if each.flops <= flops), key=lambda each: each.flops)


def _settings(shape: Shape, corpus_tokens: int) -> Dial:
    tokens = round(min(TOKENS_PER_PARAMETER * shape.parameters, MOST_EPOCHS * corpus_tokens))
    batch = batch_tokens(tokens)
    rate = best_rate(shape.width, tokens, batch)
    ratio = round(_EMBEDDING_RATE / _rate_at(shape.width), 2)
    return Dial(shape, tokens, batch, rate, ratio, _beyond_ladder(shape.parameters, tokens))


def best_rate(width: int, tokens: int, batch: int) -> float:
    """The matrices' learning rate: falls with the width and the length of the run, rises with the batch."""
    longer = max(1.0, tokens / MEASURED_TOKENS[1])
    # With the root of the batch, as for Adam (Malladi et al. 2022); not measured here.
    rate = _rate_at(width) * math.pow(longer, -_RATE_BY_TOKENS) * math.sqrt(batch / MEASURED_BATCH)
    return float(f"{rate:.2g}")


def _rate_at(width: int) -> float:
    return _RATE_AT_128 * math.pow(width / 128, -_RATE_BY_WIDTH)


def batch_tokens(tokens: int) -> int:
    """Tokens a step for a run of `tokens`."""
    wanted = MEASURED_BATCH * math.pow(max(1.0, tokens / _BATCH_UP_TO), _BATCH_BY_TOKENS)
    return 1024 * round(wanted / 1024)
