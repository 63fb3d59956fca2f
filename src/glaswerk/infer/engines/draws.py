"""Draw the next token of every row of a batch, each by its own setting and its own seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from glaswerk.infer.engines.job import Job, Token
from glaswerk.infer.sampling import counted, kept_probabilities, penalised


@dataclass(eq=False, slots=True)
class Draws:
    """The draws of one job: its random numbers and what it has written.

    A seed gives the same random numbers whatever else runs beside the job.
    """

    job: Job
    answer: list[int] = field(default_factory=list)
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.job.sampling.seed)

    @property
    def penalises(self) -> bool:
        """Whether `penalised` changes anything."""
        sampling = self.job.sampling
        return bool(
            sampling.repetition_penalty != 1 or sampling.frequency_penalty or sampling.presence_penalty
        )

    def penalised(self, logits: Tensor) -> Tensor:
        """Logits, (vocabulary,), after the penalties for what was written."""
        job, sampling = self.job, self.job.sampling
        if sampling.repetition_penalty != 1:
            logits = penalised(logits, [*job.prompt, *self.answer], sampling.repetition_penalty)
        if self.answer and (sampling.frequency_penalty or sampling.presence_penalty):
            logits = counted(logits, self.answer, sampling)
        return logits


def draw(logits: Tensor, rows: Sequence[Draws]) -> list[Token]:
    """The next token of each row; logits: (rows, vocabulary), fp32."""
    adjusted = _adjusted(logits, rows)
    chosen = adjusted.argmax(-1).tolist()
    plain = [i for i, row in enumerate(rows) if not (row.job.sampling.greedy or row.job.sampling.filters)]
    if plain:
        for i, token in zip(plain, _plain(adjusted[plain], [rows[i] for i in plain]), strict=True):
            chosen[i] = token
    for i, row in enumerate(rows):
        if row.job.sampling.filters and not row.job.sampling.greedy:
            chosen[i] = _pick(kept_probabilities(adjusted[i], row.job.sampling)[None], [row])[0]
    return _tokens(logits, chosen, rows)


def _adjusted(logits: Tensor, rows: Sequence[Draws]) -> Tensor:
    """After penalties, biases and grammars, in this order; `logits` stay as they are."""
    adjusted = logits
    for i, row in enumerate(rows):
        if row.penalises:
            adjusted = logits.clone() if adjusted is logits else adjusted
            adjusted[i] = row.penalised(logits[i])
    adjusted = _biased(adjusted, rows)
    for i, row in enumerate(rows):
        if row.job.grammar is not None:
            adjusted = logits.clone() if adjusted is logits else adjusted
            adjusted[i].masked_fill_(~row.job.grammar.allowed(), -torch.inf)
    return adjusted


def _biased(logits: Tensor, rows: Sequence[Draws]) -> Tensor:
    """One sum for all rows: a step must not cost more for each that has a bias."""
    found = [(i, token, value) for i, row in enumerate(rows) for token, value in row.job.logit_bias]
    if not found:
        return logits
    places, tokens, values = zip(*found, strict=True)
    at = (torch.tensor(places), torch.tensor(tokens))
    return logits.index_put(at, torch.tensor(values, dtype=logits.dtype), accumulate=True)


def _plain(logits: Tensor, rows: Sequence[Draws]) -> list[int]:
    heat = torch.tensor([row.job.sampling.temperature for row in rows])[:, None]
    return _pick(torch.softmax(logits / heat, -1), rows)


def _pick(probabilities: Tensor, rows: Sequence[Draws]) -> list[int]:
    """One index a row by inversion: where the running sum passes the row's next random number."""
    sums = probabilities.cumsum(-1, dtype=torch.float64)
    at = torch.tensor([row.random.random() for row in rows], dtype=torch.float64)[:, None] * sums[:, -1:]
    found = torch.searchsorted(sums, at, right=True)[:, 0]
    return [int(i) for i in found.clamp(max=probabilities.shape[-1] - 1)]


def _tokens(logits: Tensor, chosen: Sequence[int], rows: Sequence[Draws]) -> list[Token]:
    """With log-probabilities for the rows that want them, under the model's own distribution."""
    wanted = [i for i, row in enumerate(rows) if row.job.top is not None]
    if not wanted:
        return [Token(token) for token in chosen]
    values = dict(zip(wanted, logits[wanted].log_softmax(-1), strict=True))
    return [_token(values.get(i), token, rows[i].job.top or 0) for i, token in enumerate(chosen)]


def _token(values: Tensor | None, token: int, count: int) -> Token:
    if values is None:
        return Token(token)
    best = values.topk(min(count, len(values))) if count else None
    top = tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True)) if best else ()
    return Token(token, float(values[token]), top)
