"""Too little data for a network, said before time is spent: by `curate`, `plan` and `train`, in one place."""

from __future__ import annotations

from collections.abc import Iterator

from glaswerk.plan.laws import TOKENS_PER_PARAMETER

# The demo has one token for every two parameters, passes over them five times and answers well; with a tenth
# of a token a network of the ladder repeats its text word for word long before it says anything new.
LEAST_PER_PARAMETER = 0.1
# Beyond about 16 epochs repeated data teaches almost nothing (Muennighoff et al. 2023).
MOST_REPEATS = 16.0
# The size that `train` takes by default, and what English text has at its vocabularies: docs/scaling.md.
DEFAULT_PARAMETERS, BYTES_PER_TOKEN = 2_000_000, 4


def data_warnings(parameters: int, tokens: int, epochs: float, step_tokens: int) -> list[str]:
    """Why `tokens` of training text are too few, each with its figures; empty if they suffice.

    step_tokens: tokens of one training step. epochs: passes over the text that are planned.
    """
    return list(_warnings(parameters, tokens, epochs, step_tokens))


def corpus_warnings(size: int) -> list[str]:
    """`data_warnings` for `size` bytes of training text and the default network, before there are tokens."""
    tokens = size // BYTES_PER_TOKEN
    if tokens >= LEAST_PER_PARAMETER * DEFAULT_PARAMETERS:
        return []
    return [
        f"{size:,} bytes of training text are about {tokens:,} tokens: too few for the default network of "
        f"{DEFAULT_PARAMETERS:,} parameters, which needs {LEAST_PER_PARAMETER * DEFAULT_PARAMETERS:,.0f} or "
        "more; add content, train a smaller --size, or adopt open weights and tune them"
    ]


def _warnings(parameters: int, tokens: int, epochs: float, step_tokens: int) -> Iterator[str]:
    if tokens < step_tokens:
        yield (
            f"{tokens:,} tokens of training text are fewer than the {step_tokens:,} of one step: every step "
            "sees all of it; add content"
        )
    if tokens < LEAST_PER_PARAMETER * parameters:
        fits = max(1, round(tokens / LEAST_PER_PARAMETER))
        yield (
            f"{tokens:,} tokens of training text are {tokens / parameters:.2g} for each of "
            f"{parameters:,} parameters, where {TOKENS_PER_PARAMETER} are best and {LEAST_PER_PARAMETER} the "
            f"least: the model will repeat its text word for word; add content, or train --size {fits}"
        )
    if epochs > MOST_REPEATS:
        yield (
            f"{epochs:,.0f} passes over the training text are planned: beyond {MOST_REPEATS:.0f} they teach "
            "almost nothing new; use fewer --epochs or add content"
        )
