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
    def adjusts(self) -> bool:
        """Whether `adjusted` changes anything."""
        job, sampling = self.job, self.job.sampling
        penalties = (sampling.repetition_penalty != 1, sampling.frequency_penalty, sampling.presence_penalty)
        return any(penalties) or bool(job.logit_bias) or job.grammar is not None

    def adjusted(self, logits: Tensor) -> Tensor:
        """Logits, (vocabulary,), after penalties, biases and grammar."""
        job, sampling = self.job, self.job.sampling
        if sampling.repetition_penalty != 1:
            logits = penalised(logits, [*job.prompt, *self.answer], sampling.repetition_penalty)
        if self.answer and (sampling.frequency_penalty or sampling.presence_penalty):
            logits = counted(logits, self.answer, sampling)
        if job.logit_bias:
            ids, values = zip(*job.logit_bias, strict=True)
            logits = logits.index_add(0, torch.tensor(ids), torch.tensor(values, dtype=logits.dtype))
        if job.grammar is not None:
            logits = logits.masked_fill(~job.grammar.allowed(), -torch.inf)
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
    if not any(row.adjusts for row in rows):
        return logits
    return torch.stack([row.adjusted(own) for row, own in zip(rows, logits, strict=True)])


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
