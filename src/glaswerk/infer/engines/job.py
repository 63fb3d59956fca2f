"""What an engine is given and what it gives back: a job of token ids in, emissions of tokens out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from glaswerk.infer.sampling import Sampling

# Who asked, from the widest to the narrowest, such as (key, request).
Owner = tuple[str, ...]
Finish = Literal["stop", "length", "cancelled", "error"]


@dataclass(frozen=True, slots=True)
class Token:
    """A generated token.

    `log_probability` (natural, under the unchanged distribution of the model) and `top`, the likeliest tokens
    with theirs, are filled if the job asked for them.
    """

    id: int
    log_probability: float | None = None
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Emission:
    """What one step of an engine adds to a job: its new tokens; at the end, why it ended.

    The token that ended a job ("stop") is not among the tokens of its text, but counts as generated.
    `cached`: tokens of the prompt that were taken from the prefix cache.
    """

    tokens: tuple[Token, ...]
    finish: Finish | None = None
    error: Exception | None = None
    cached: int = 0

    def then(self, later: Emission) -> Emission:
        """Both in one; neither has an error."""
        return Emission(self.tokens + later.tokens, later.finish, cached=later.cached)


class Grammar(Protocol):
    """Restricts an answer; one object per answer. It raises nothing: `error` is why an answer had to end."""

    @property
    def error(self) -> Exception | None:
        """Why the answer must end here, or None."""

    def allowed(self) -> Any:
        """Boolean tensor (vocabulary,): the tokens that may come next."""

    def accept(self, token: int) -> bool:
        """Add a token; false once the answer is complete and no other token may follow."""


@dataclass(frozen=True, slots=True)
class Job:
    """A prompt to continue.

    prompt: token ids, at least one. max_tokens: at most so many new ones. ends: ids that end the answer.
    top: None for no log-probabilities, else how many of the likeliest tokens to name beside the chosen one.
    logit_bias: added to the logits of these ids. adapter: a name of `Adapters`, "" for none. owner: those who
    ask share the places of an engine evenly.
    """

    prompt: Sequence[int]
    max_tokens: int
    sampling: Sampling
    ends: frozenset[int] = frozenset()
    top: int | None = None
    logit_bias: tuple[tuple[int, float], ...] = ()
    grammar: Grammar | None = None
    adapter: str = ""
    owner: Owner = ()
    listen: Callable[[Emission], None] = field(default=lambda _: None)


class Ticket(Protocol):
    """A submitted job."""

    def cancel(self) -> None:
        """End the job before its next step; its listener hears "cancelled". Safe from any thread."""


class TokenEngine(Protocol):
    """An engine over token ids. `submit` is safe from any thread; listeners run in the engine's thread.

    `abilities`: what it can do of "logprobs", "logit_bias", "grammar", "seed", "penalties".
    """

    name: str
    abilities: frozenset[str]

    def submit(self, job: Job) -> Ticket:
        """Queue a job."""

    def close(self) -> None:
        """End all jobs as cancelled and give the memory back."""
