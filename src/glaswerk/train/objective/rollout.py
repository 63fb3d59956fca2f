"""Group-relative policy optimisation: batches of the model's own completions, their advantages, the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.next_commands import aside
from glaswerk.tokenizer import Tokenizer
from glaswerk.train.batches.batches import IGNORED, Batch, Span
from glaswerk.train.machine.precision import autocast
from glaswerk.train.objective.decoding import complete, draws
from glaswerk.train.objective.likelihood import label_log_probabilities, rows_of
from glaswerk.train.objective.rewards import Rewards

# As in trl: the advantages of a group with nearly equal rewards must not explode.
_SPREAD = 1e-4
_FORWARD_ROWS = 32


@dataclass(frozen=True, slots=True)
class RolloutBatch(Batch):
    """Rows of a prompt and one completion of it; labels count on the completions, padding is on the right.

    fp32. Per row: `advantages`, `rewards`, `weights` (1 / rows of the whole batch, so that weighted sums over
    parts are means). Per label, (rows, length): log-probabilities under the weights that sampled (`old`) and
    under the reference model (`reference`, as `old` where there is none).
    """

    advantages: Tensor
    rewards: Tensor
    weights: Tensor
    old: Tensor
    reference: Tensor


def advantages_of(rewards: Tensor) -> Tensor:
    """Rewards, (prompts, completions), minus the mean of their row, in standard deviations of their row.

    Shao et al. 2024, "DeepSeekMath", section 4.1.2. All zero for a group with equal rewards.
    """
    centred = rewards - rewards.mean(1, keepdim=True)
    return centred / (rewards.std(1, keepdim=True) + _SPREAD)


@dataclass(frozen=True, slots=True)
class GrpoObjective:
    """Clipped policy gradient, averaged over tokens, with a penalty of `kl` on leaving the reference.

    The average over all tokens of a step, not first within a completion, as in DAPO (Yu et al. 2025) and
    trl's default: long wrong answers cost as much a token as short ones.
    """

    clip: float
    kl: float

    def __call__(
        self, model: PreTrainedModel, batch: Batch, total: int
    ) -> tuple[Mapping[str, Tensor], Tensor]:
        assert isinstance(batch, RolloutBatch)
        counted = batch.labels != IGNORED
        policy = label_log_probabilities(model, batch)
        advantages = batch.advantages[rows_of(batch.labels)]
        losses, figures = grpo_losses(
            policy, batch.old[counted], batch.reference[counted], advantages, clip=self.clip, kl=self.kl
        )
        loss = losses.sum() / total
        report = {"loss": loss.detach()} | {name: value.sum() / total for name, value in figures.items()}
        return report | _rewarded(batch), loss


def grpo_losses(
    policy: Tensor, old: Tensor, reference: Tensor, advantages: Tensor, *, clip: float, kl: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of every token, (tokens,), and figures to report, without gradient.

    Log-probabilities under the weights in training, those that sampled, and the reference model; the
    divergence is that of Schulman 2020, "Approximating KL Divergence" (k3), times the ratio: the tokens
    were drawn from other weights than those it is about (as trl's `use_bias_correction_kl`, its default).
    """
    ratio = torch.exp(policy - old)
    held = ratio.clamp(1 - clip, 1 + clip)
    losses = -torch.minimum(ratio * advantages, held * advantages)
    outside = torch.where(advantages < 0, ratio < 1 - clip, (ratio > 1 + clip) & (advantages > 0))
    away = reference - policy
    divergence = ratio * (torch.exp(away) - away - 1)
    figures = {"clipped": outside.float()}
    if kl:
        losses = losses + kl * divergence
        figures["divergence"] = divergence.detach()
    return losses, figures


def _rewarded(batch: RolloutBatch) -> dict[str, Tensor]:
    """Means over completions. `flat`: the share that teaches nothing, as its group has equal rewards."""
    lengths = (batch.labels != IGNORED).sum(1)
    figures = {
        "reward": batch.rewards,
        "full_reward": batch.rewards == 1,
        "flat": batch.advantages == 0,
        "completion_tokens": lengths,
    }
    return {name: (value * batch.weights).sum() for name, value in figures.items()}


@dataclass(frozen=True, slots=True)
class RolloutConfig:
    """A rollout has `prompts` prompts with `samples` completions each, of at most `max_tokens` tokens, and
    serves `updates` steps; `seed` decides prompts and completions."""

    prompts: int
    samples: int
    max_tokens: int
    updates: int
    seed: int


class RolloutSampler:
    """Completions of the model as it is now: unlike those of other samplers, its batches depend on weights.

    Each rollout serves `updates` steps and is kept in `folder`, because a run that resumes between two of
    them no longer has the weights that sampled it. At its first step it is drawn again, the same from
    (seed, step).
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Tokenizer,
        rewards: Rewards,
        config: RolloutConfig,
        folder: Path,
        *,
        precision: str,
        reference: PreTrainedModel | None = None,
    ) -> None:
        self._model, self._tokenizer, self._rewards, self._config = model, tokenizer, rewards, config
        self._folder, self._precision, self._reference = folder, precision, reference
        self._ends = {tokenizer.end_id, tokenizer.turn_id, tokenizer.turn_end_id}
        self.steps_per_epoch = rewards.size / config.prompts * config.updates
        folder.mkdir(parents=True, exist_ok=True)

    def batch(self, step: int) -> RolloutBatch:
        """The rollout of a step: drawn at its first step, read from `folder` at the later ones.

        Raises GlaswerkError if that file cannot be read.
        """
        number, update = divmod(step, self._config.updates)
        path = self._folder / f"{number}.safetensors"
        if update:
            return _read(path)
        batch = self._roll_out(number)
        if self._config.updates > 1:
            write_atomic(path, to_bytes({f.name: getattr(batch, f.name) for f in fields(batch)}))
        return batch

    def spans(self, step: int) -> list[Span]:
        """The documents that supplied the prompts of a step."""
        number = step // self._config.updates
        prompts = self._rewards.prompts(number, self._config.prompts, self._config.seed)
        return self._rewards.spans(prompts)

    def _roll_out(self, number: int) -> RolloutBatch:
        config = self._config
        prompts = self._rewards.prompts(number, config.prompts, config.seed)
        ids = [render(self._tokenizer, prompt) for prompt in prompts]
        chance = [
            draws(config.seed, number, place, config.samples, config.max_tokens)
            for place in range(len(prompts))
        ]
        training = self._model.training
        self._model.eval()
        with autocast(self._precision, self._model.device):
            found = complete(self._model, ids, chance, ends=self._ends, vocab_size=self._tokenizer.vocab_size)
            rewards = torch.tensor(
                [
                    [self._rewards.reward(prompt, self._text(completion)) for completion in group]
                    for prompt, group in zip(prompts, found, strict=True)
                ]
            )
            batch = _padded(ids, found, rewards, self._tokenizer.end_id)
            batch = self._scored(batch)
        self._model.train(training)
        return batch

    def _text(self, completion: Sequence[int]) -> str:
        return self._tokenizer.decode([token for token in completion if token not in self._ends])

    def _scored(self, batch: RolloutBatch) -> RolloutBatch:
        """With the log-probabilities of the weights that sampled, and of the reference."""
        old = _scores(self._model, batch)
        reference = old if self._reference is None else _scores(self._reference, batch)
        values = {field.name: getattr(batch, field.name) for field in fields(batch)}
        return RolloutBatch(**values | {"old": old, "reference": reference.clone()})


def render(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """The token ids of a question, as a chat prompt."""
    return tokenizer.render_chat([Message(role="user", content=prompt)], prompt=True)


def _padded(
    prompts: Sequence[list[int]], found: Sequence[Sequence[list[int]]], rewards: Tensor, pad: int
) -> RolloutBatch:
    rows = [(ids, completion) for ids, group in zip(prompts, found, strict=True) for completion in group]
    sizes = torch.tensor([len(prompt) + len(completion) - 1 for prompt, completion in rows])
    shape = (len(rows), int(sizes.max()))
    inputs, labels = torch.full(shape, pad), torch.full(shape, IGNORED)
    for row, (prompt, completion) in enumerate(rows):
        ids = torch.tensor(prompt + completion)
        inputs[row, : len(ids) - 1] = ids[:-1]
        labels[row, len(prompt) - 1 : len(ids) - 1] = ids[len(prompt) :]
    positions, nothing = torch.arange(shape[1]).repeat(shape[0], 1), torch.zeros(shape)
    weights = torch.full((len(rows),), 1 / len(rows))
    return RolloutBatch(
        inputs,
        labels,
        positions,
        sizes,
        advantages_of(rewards).flatten(),
        rewards.flatten(),
        weights,
        nothing,
        nothing,
    )


@torch.no_grad()
def _scores(model: PreTrainedModel, batch: RolloutBatch) -> Tensor:
    """Log-probability of every label that counts at its place, 0 elsewhere, (rows, length)."""
    values = torch.zeros(batch.labels.shape)
    device = next(model.parameters()).device
    parts = [label_log_probabilities(model, part.to(device)).cpu() for part in batch.micro(_FORWARD_ROWS)]
    values[batch.labels != IGNORED] = torch.cat(parts)
    return values


def _read(path: Path) -> RolloutBatch:
    try:
        return RolloutBatch(**load_file(path))
    except (OSError, TypeError, SafetensorError) as error:
        raise GlaswerkError(
            f"the rollout {path}, from which an interrupted run must resume, cannot be read: {error}",
            hint=aside(path.parent.parent, "run the same command again: it starts that run over"),
        ) from error
