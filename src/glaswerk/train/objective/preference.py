"""Direct preference optimisation: batches of pairs, the reference's log-probabilities, and the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.core.files import write_atomic
from glaswerk.core.progress import progress_bar
from glaswerk.core.statistics import wilson
from glaswerk.tokenizer.preference_pairs import CHOSEN, REJECTED, Pairs
from glaswerk.train.batches.batches import IGNORED, Batch, Span, Visits
from glaswerk.train.objective.likelihood import label_log_probabilities, rows_of

Ids = np.ndarray[Any, np.dtype[np.int64]]
SIDES = (CHOSEN, REJECTED)
# Pairs per file of the cache: a kill loses one file, a few seconds' work.
_PART = 256
_FORWARD_TOKENS = 16_384
# Batches that are sorted by length together: little padding, and still different batches each epoch.
_WINDOW = 16


@dataclass(frozen=True, slots=True)
class PairBatch(Batch):
    """`pairs` rows of chosen answers, then as many of the rejected ones in the same order.

    Labels count only on the answers; padding is on the right. `reference`: fp32, (rows,), log-probability
    of each answer under the reference model. A pair counts as one in `counted`.
    """

    reference: Tensor

    @property
    def pairs(self) -> int:
        """The number of pairs: half of the rows."""
        return len(self.inputs) // 2

    def counted(self) -> int:
        """The number of pairs, over which the loss is averaged."""
        return self.pairs

    def micro(self, rows: int) -> Iterator[Self]:
        """Micro-batches of at most `rows` rows, but at least one pair."""
        step = max(1, rows // 2)
        for start in range(0, self.pairs, step):
            yield self._rows(slice(start, start + step))

    def _rows(self, chosen: slice) -> Self:
        """Both rows of the chosen pairs: a pair is never split."""
        numbers = torch.arange(self.pairs)[chosen]
        both = torch.cat([numbers, numbers + self.pairs]).to(self.inputs.device)
        return type(self)(*(getattr(self, field.name)[both] for field in fields(self)))


def pair_batch(pairs: Pairs, chosen: Sequence[int], pad: int, reference: Tensor | None = None) -> PairBatch:
    """The batch of these pairs, padded with `pad`; `reference`: (all pairs, 2), zeros if None."""
    rows = [pairs.sequence(pair, side) for side in SIDES for pair in chosen]
    sizes = torch.tensor([len(ids) - 1 for ids, _ in rows])
    shape = (len(rows), int(sizes.max()))
    inputs = torch.full(shape, pad)
    labels = torch.full(shape, IGNORED)
    for row, (ids, answer) in enumerate(rows):
        tokens = torch.from_numpy(ids)
        inputs[row, : len(ids) - 1] = tokens[:-1]
        labels[row, answer - 1 : len(ids) - 1] = tokens[answer:]
    # Attention is causal: padding after a sequence changes nothing in it, so no mask is needed.
    positions = torch.arange(shape[1]).expand(shape)
    values = torch.zeros(len(rows)) if reference is None else reference[list(chosen)].T.flatten()
    return PairBatch(inputs, labels, positions, sizes, values)


class PairSampler:
    """`count` pairs of similar length per step; every pair once per epoch, in a new order each time."""

    def __init__(self, pairs: Pairs, reference: Tensor, *, count: int, seed: int, pad: int) -> None:
        self.pairs, self.count, self.seed = pairs, min(count, len(pairs)), seed
        self._reference, self._pad, self._lengths = reference, pad, pairs.lengths
        self.steps_per_epoch: float = -(-len(pairs) // self.count)
        self.documents: Sequence[str] = pairs.documents

    def batch(self, step: int) -> PairBatch:
        """The pairs of a step, with their reference log-probabilities."""
        return pair_batch(self.pairs, self._chosen(step), self._pad, self._reference)

    def spans(self, step: int) -> list[Span]:
        """Both answers of each pair of a step, the chosen ones first."""
        return [
            Span(self.pairs.split, self.pairs.documents[pair], *self.pairs.span(pair, side))
            for side in SIDES
            for pair in self._chosen(step)
        ]

    def visits(self, steps: int) -> Iterator[Visits]:
        """Epoch after epoch, what the first `steps` steps saw; both answers of a pair are one piece."""
        sides = [[self.pairs.span(pair, side) for side in SIDES] for pair in range(len(self.pairs))]
        tokens = np.array([sum(end - start for start, end in spans) for spans in sides], np.int64)
        for epoch in range(-(-steps // int(self.steps_per_epoch))):
            before = epoch * int(self.steps_per_epoch)
            batches = self._epoch(epoch)[: steps - before]
            pairs = np.concatenate([np.array(batch, np.int64) for batch in batches])
            step = np.repeat(np.arange(len(batches)) + before, [len(batch) for batch in batches])
            yield Visits(pairs, step, tokens[pairs])

    def _chosen(self, step: int) -> list[int]:
        epoch, index = divmod(step, int(self.steps_per_epoch))
        return self._epoch(epoch)[index]

    @lru_cache(maxsize=2)  # noqa: B019 -- one sampler lives as long as its run
    def _epoch(self, epoch: int) -> list[list[int]]:
        chance = np.random.default_rng([self.seed, epoch])
        order = chance.permutation(len(self.pairs))
        batches: list[list[int]] = []
        for start in range(0, len(order), _WINDOW * self.count):
            window = order[start : start + _WINDOW * self.count]
            window = window[np.argsort(self._lengths[window], kind="stable")]
            batches += [window[i : i + self.count].tolist() for i in range(0, len(window), self.count)]
        return [batches[i] for i in chance.permutation(len(batches))]


def answer_log_probabilities(model: PreTrainedModel, batch: Batch) -> Tensor:
    """The summed log-probability of the labels of each row, fp32, shape (rows,)."""
    values = label_log_probabilities(model, batch)
    return values.new_zeros(len(batch.labels)).index_add(0, rows_of(batch.labels), values)


def dpo_losses(policy: Tensor, reference: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Loss of every pair, (pairs,), and the rewards of both sides, (2, pairs), without gradient.

    `policy`, `reference`: log-probabilities of the chosen answers, then of the rejected ones, (2 pairs,).
    A reward is beta times the log-ratio of an answer's probability under policy and reference.
    Rafailov et al. 2023, "Direct Preference Optimization", equation 7.
    """
    rewards = (beta * (policy - reference)).view(2, -1)
    return -F.logsigmoid(rewards[CHOSEN] - rewards[REJECTED]), rewards.detach()


@dataclass(frozen=True, slots=True)
class DpoObjective:
    """The loss, and figures to report: rewards, their margin, how often the chosen answer's is higher."""

    beta: float

    def __call__(
        self, model: PreTrainedModel, batch: Batch, total: int
    ) -> tuple[Mapping[str, Tensor], Tensor]:
        assert isinstance(batch, PairBatch)
        policy = answer_log_probabilities(model, batch)
        losses, rewards = dpo_losses(policy, batch.reference, self.beta)
        loss = losses.sum() / total
        margins = rewards[CHOSEN] - rewards[REJECTED]
        figures = {
            "reward_chosen": rewards[CHOSEN],
            "reward_rejected": rewards[REJECTED],
            "reward_margin": margins,
            "reward_accuracy": (margins > 0).float(),
        }
        return {"loss": loss.detach()} | {name: value.sum() / total for name, value in figures.items()}, loss


def reference_log_probabilities(model: PreTrainedModel, pairs: Pairs, folder: Path, pad: int) -> Tensor:
    """Log-probabilities of all answers under `model`, fp32, (pairs, 2).

    They are cached in `folder`, which belongs to this model and these pairs, in files of 256 pairs each.
    Files that exist are read, so an interrupted run resumes where it was.
    """
    parts = []
    with progress_bar("reference", len(pairs)) as bar:
        for start in range(0, len(pairs), _PART):
            numbers = range(start, min(start + _PART, len(pairs)))
            path = folder / f"{pairs.split}-{start}.safetensors"
            values = _kept(path, len(numbers))
            if values is None:
                values = pair_log_probabilities(model, pairs, numbers, pad)
                write_atomic(path, to_bytes({"log_probabilities": values}))
            parts.append(values)
            bar.advance(len(numbers))
    return torch.cat(parts)


def _kept(path: Path, count: int) -> Tensor | None:
    """The values in a file of the cache; None if it is missing, damaged or of other pairs."""
    try:
        values = load_file(path)["log_probabilities"]
    except (OSError, KeyError, SafetensorError):
        return None
    return values if values.shape == (count, 2) else None


@torch.no_grad()
def pair_log_probabilities(model: PreTrainedModel, pairs: Pairs, numbers: Sequence[int], pad: int) -> Tensor:
    """Log-probabilities of both answers of the pairs with these numbers, fp32, (numbers, 2)."""
    values = torch.empty(len(numbers), 2)
    lengths = pairs.lengths[list(numbers)]
    order = np.argsort(-lengths, kind="stable").tolist()
    while order:
        # The first is the longest: the rest of the group is padded to it.
        count = max(1, _FORWARD_TOKENS // (2 * int(lengths[order[0]])))
        group, order = order[:count], order[count:]
        batch = pair_batch(pairs, [numbers[i] for i in group], pad)
        device = next(model.parameters()).device
        values[group] = answer_log_probabilities(model, batch.to(device)).view(2, -1).T.cpu()
    return values


class HeldOut:
    """Pairs that are not trained on, and how well a policy ranks their answers."""

    def __init__(self, pairs: Pairs, reference: Tensor, *, beta: float, pad: int) -> None:
        self._pairs, self._reference, self._beta, self._pad = pairs, reference, beta, pad

    def validate(self, model: PreTrainedModel) -> dict[str, Any]:
        """Accuracy and mean margin of the rewards on the first 256 pairs: a quick look during a run."""
        count = min(len(self._pairs), _PART)
        if not count:
            return {}
        margins = self._margins(pair_log_probabilities(model, self._pairs, range(count), self._pad))
        return {
            "held_out_accuracy": float((margins > 0).float().mean()),
            "held_out_margin": float(margins.mean()),
        }

    def figures(self, model: PreTrainedModel) -> dict[str, Any]:
        """The figures for the manifest, on all held-out pairs.

        `likelier_before`, `likelier_after`: how often the chosen answer has a higher probability than the
        rejected one, under the reference and under the policy.
        """
        count = len(self._pairs)
        if not count:
            return {"pairs": 0}
        policy = pair_log_probabilities(model, self._pairs, range(count), self._pad)
        margins = self._margins(policy)
        return {
            "pairs": count,
            "reward_margin": float(margins.mean()),
            "reward_accuracy": _share(margins > 0),
            "likelier_before": _share(self._reference[:, CHOSEN] > self._reference[:, REJECTED]),
            "likelier_after": _share(policy[:, CHOSEN] > policy[:, REJECTED]),
        }

    def _margins(self, policy: Tensor) -> Tensor:
        rewards = self._beta * (policy - self._reference[: len(policy)])
        return rewards[:, CHOSEN] - rewards[:, REJECTED]


def _share(hits: Tensor) -> dict[str, float]:
    found = wilson(int(hits.sum()), len(hits))
    return {"value": found.value, "low": found.low, "high": found.high}
