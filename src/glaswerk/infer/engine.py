"""The exact text engine: any Hugging Face causal language model in torch, for chat and for scoring."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines.adapters import Adapters
from glaswerk.infer.engines.batcher import Batcher
from glaswerk.infer.engines.job import Emission, Job
from glaswerk.infer.engines.network import Network, batches, network_of
from glaswerk.infer.prefix_tree import PrefixTree, scores_trees
from glaswerk.infer.sampling import Sampling
from glaswerk.model.text_network import load
from glaswerk.tokenizer import Tokenizer

# Logits held at once, as rows × tokens × vocabulary: 64 × 256 × 4,096 in fp32 is 256 MB.
_LOGIT_BUDGET = 64 * 256 * 4096


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a streamed answer. `finish_reason` is "stop" or "length" on the last piece, else None."""

    text: str
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Score:
    """How likely a continuation is.

    `log_probability`: natural logarithm, summed over its `tokens`; `bytes`: its length in UTF-8; `greedy`:
    whether every token is the likeliest one.
    """

    log_probability: float
    tokens: int
    bytes: int
    greedy: bool


class Engine:
    """A loaded model. Safe for several threads: concurrent streams share nothing but the weights.

    `sampling`: how the model's folder says to draw tokens.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Tokenizer,
        sampling: Sampling | None = None,
        *,
        adapters: Adapters | None = None,
        adapter: str = "",
    ) -> None:
        """adapter: one of `adapters`, which are those of `model`."""
        self.model, self._adapters, self._adapter = model, adapters or Adapters(model), adapter
        self.tokenizer = tokenizer
        self.sampling = sampling or Sampling()
        self.context = int(model.config.max_position_embeddings)
        self.parameters = int(sum(p.numel() for p in model.parameters()))
        self._together: bool | None = None
        self._branching: bool | None = None
        self._trial = threading.Lock()
        self._ends = frozenset({tokenizer.end_id, tokenizer.turn_end_id, tokenizer.turn_id})

    @classmethod
    def load(cls, folder: Path) -> Engine:
        """Load a model folder. Raises GlaswerkError if it has no loadable model or tokenizer."""
        engine = cls(load(folder), Tokenizer.load(folder), Sampling.of(folder))
        # The first forward pass sets up kernels and caches; do it before the first user waits for it.
        Batcher(engine._network()).run([engine.job([engine.tokenizer.end_id], Sampling(0.0), 2)])
        return engine

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Prompt ids of a dialogue. Raises GlaswerkError if they leave no room for an answer."""
        ids = self.tokenizer.render_chat(messages, prompt=True)
        if len(ids) >= self.context:
            raise GlaswerkError(
                f"the prompt has {len(ids)} tokens; this model's context is {self.context}",
                hint="shorten the messages or start a new conversation",
            )
        return ids

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 256,
        temperature: float | None = None,
        top_p: float | None = None,
        stop: Sequence[str] = (),
        seed: int | None = None,
        top_k: int | None = None,
        min_p: float | None = None,
        repetition_penalty: float | None = None,
    ) -> Iterator[Delta]:
        """Yield the answer piece by piece; closing the iterator stops the generation.

        stop: strings that end the answer and are not part of it. seed: makes sampling reproducible. Every
        setting that is None is the model's own (`self.sampling`).
        """
        sampling = self.sampling.changed(
            temperature=temperature,
            top_p=top_p,
            seed=seed,
            top_k=top_k,
            min_p=min_p,
            repetition_penalty=repetition_penalty,
        )
        prompt = self.prompt(messages)
        emissions: list[Emission] = []
        text, batcher = self.text(stop), Batcher(self._network())
        running = batcher.add(self.job(prompt, sampling, max_tokens, listen=emissions.append))
        while text.finish is None:
            batcher.step()
            for emission in emissions:
                piece = text.feed(emission)
                if piece and text.finish is None:
                    yield Delta(piece, None, len(prompt), text.tokens)
            emissions.clear()
        running.cancel()
        yield Delta(piece, text.finish, len(prompt), text.tokens)

    def job(self, prompt: Sequence[int], sampling: Sampling, max_tokens: int, **more: Any) -> Job:
        """What to ask of an engine over this model: up to `max_tokens` after a prompt, within its context."""
        room = max(1, min(max_tokens, self.context - len(prompt)))
        return Job(prompt, room, sampling, ends=self._ends, adapter=self._adapter, **more)

    def applied(self) -> AbstractContextManager[None]:
        """Around passes of `model` itself: applies this engine's adapter, if it has one."""
        return self._adapters.applied([self._adapter])

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end an answer."""
        return self._ends

    def text(self, stop: Sequence[str] = (), *, within: bool = False) -> AnswerText:
        """A decoder of one answer's tokens. within: the answer continues a text."""
        return AnswerText(self.tokenizer, self._ends, stop, within=within)

    def _network(self) -> Network:
        """Of one call alone: calls from several threads share the weights and nothing else."""
        with self._trial:
            if self._together is None:
                self._together = batches(self.model, self.tokenizer.vocab_size)
        size = self.tokenizer.vocab_size
        return network_of(self.model, size, together=self._together, adapters=self._adapters)

    def answer_many(self, conversations: Sequence[Sequence[Message]], *, max_tokens: int = 48) -> list[str]:
        """Greedy answers, in order: those that `stream` gives at temperature 0."""
        return self._greedy([self.prompt(messages) for messages in conversations], max_tokens)

    def continue_many(self, texts: Sequence[str], *, max_tokens: int = 48) -> list[str]:
        """Greedy continuations of plain texts, in order; of a long text only its end is read."""
        start, room = [self.tokenizer.start_id], max(1, self.context - max_tokens - 1)
        return self._greedy([start + self.tokenizer.encode(text)[-room:] for text in texts], max_tokens)

    def _greedy(self, prompts: Sequence[Sequence[int]], max_tokens: int) -> list[str]:
        greedy = self.sampling.changed(temperature=0.0)
        found: list[list[Emission]] = [[] for _ in prompts]
        jobs = [
            self.job(prompt, greedy, max_tokens, listen=emissions.append)
            for prompt, emissions in zip(prompts, found, strict=True)
        ]
        Batcher(self._network()).run(jobs)
        return [self.text().whole(emissions) for emissions in found]

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Score]:
        """Score each (context, continuation) of plain text; the context "" is the start of a document.

        A token that spans the border belongs to the continuation: it begins where the tokens of the whole
        text first differ from those of the context alone.
        """
        start = [self.tokenizer.start_id]
        rows = []
        for context, continuation in pairs:
            head = self.tokenizer.encode(context)
            whole = self.tokenizer.encode(context + continuation)
            same = zip(head, whole, strict=False)
            shared = next((i for i, (a, b) in enumerate(same) if a != b), min(len(head), len(whole)))
            rows.append((start + whole, len(whole) - shared, len(continuation.encode())))
        return self._score(rows)

    def span_scores(self, rows: Sequence[tuple[Sequence[int], int]]) -> list[Score]:
        """Score the last `count` tokens of each row (ids, count).

        `greedy` is then true if greedy decoding would produce exactly these tokens.
        """
        counts = [(list(ids), own) for ids, own in rows]
        sizes = [len(self.tokenizer.decode_bytes(ids[-own:])) for ids, own in counts]
        return self._score([(*row, size) for row, size in zip(counts, sizes, strict=True)])

    def chat_log_likelihoods(self, pairs: Sequence[tuple[Sequence[Message], str]]) -> list[Score]:
        """Score each (dialogue, answer): the answer as the assistant's next turn."""
        rows = []
        for messages, answer in pairs:
            ids, own = self._answered(messages, answer)
            rows.append((ids, own, len(answer.encode())))
        return self._score(rows)

    def _answered(self, messages: Sequence[Message], answer: str) -> tuple[list[int], int]:
        """Ids of a dialogue up to the end of the answer, and how many are the answer's.

        A tokenizer that puts a space before every text would put one before an answer by itself, where the
        template may have none; so it is encoded where the template writes it.
        """
        if self.tokenizer.prefixes:
            turn = Message(role="assistant", content=answer)
            found = self.tokenizer.encode_dialogue([*messages, turn], prompt=False)
            end = max((at for at, own in enumerate(found.mask, 1) if own), default=0)
            start = max((at for at, own in enumerate(found.mask[:end], 1) if not own), default=0)
            while end > start and found.ids[end - 1] in self.tokenizer.special_ids:
                end -= 1
            if not found.unfound and end > start:
                return found.ids[:end], end - start
        own = self.tokenizer.encode(answer)
        return self.prompt(messages) + own, len(own)

    def _score(self, rows: Sequence[tuple[list[int], int, int]]) -> list[Score]:
        # A prediction depends on at most the last `context` tokens before it.
        cut = [ids[-(self.context + 1) :] for ids, _, _ in rows]
        if (tree := self._tree()) is not None:
            return self._grown(tree, cut, rows)
        scores: list[Score | None] = [None] * len(rows)
        for part in self._batches([len(ids) for ids in cut]):
            values, tops = self._row_scores([cut[i] for i in part])
            for i, value, top in zip(part, values, tops, strict=True):
                count = min(rows[i][1], len(value))
                own = slice(len(value) - count, None)
                scores[i] = Score(float(value[own].sum()), count, rows[i][2], bool(top[own].all()))
        return [score for score in scores if score is not None]

    def _tree(self) -> PrefixTree | None:
        """Of one call alone, as it holds keys and values."""
        with self._trial:
            if self._branching is None:
                self._branching = scores_trees(self.model, self.tokenizer.vocab_size)
        return PrefixTree(self.model, self.tokenizer.vocab_size) if self._branching else None

    def _grown(
        self, tree: PrefixTree, cut: Sequence[list[int]], rows: Sequence[tuple[list[int], int, int]]
    ) -> list[Score]:
        counts = [min(count, len(ids) - 1) for ids, (_, count, _) in zip(cut, rows, strict=True)]
        with self.applied():
            found = tree.score(list(zip(cut, counts, strict=True)))
        return [
            Score(float(branch.values.sum()), count, size, bool(branch.tops.all()))
            for branch, count, (_, _, size) in zip(found, counts, rows, strict=True)
        ]

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        order = sorted(range(len(lengths)), key=lambda i: lengths[i])
        part: list[int] = []
        for i in order:
            if part and (len(part) + 1) * lengths[i] * self.tokenizer.vocab_size > _LOGIT_BUDGET:
                yield part
                part = []
            part.append(i)
        if part:
            yield part

    @torch.inference_mode()
    def _row_scores(
        self, rows: Sequence[list[int]]
    ) -> tuple[list[np.ndarray[Any, np.dtype[np.float64]]], list[np.ndarray[Any, np.dtype[np.bool_]]]]:
        """For each row: log-probability of every token but the first, and whether it was the likeliest."""
        longest = max(len(ids) for ids in rows)
        padded = torch.full((len(rows), longest), self.tokenizer.end_id)
        for i, ids in enumerate(rows):
            padded[i, : len(ids)] = torch.tensor(ids)
        with self.applied():
            logits = self.model(input_ids=padded[:, :-1], use_cache=False).logits.float()
        values = logits.log_softmax(-1).gather(2, padded[:, 1:, None])[..., 0].double().numpy()
        tops = (logits.argmax(-1) == padded[:, 1:]).numpy()
        ends = [len(ids) - 1 for ids in rows]
        return [v[:n] for v, n in zip(values, ends, strict=True)], [
            t[:n] for t, n in zip(tops, ends, strict=True)
        ]

    def token_log_probabilities(self, tokens: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Log-probability of every token of a stream given the tokens before it; 0 for the first token.

        Windows of one context length advance by half a context, so that every token but the first few is
        predicted from at least half a context.
        """
        ids = [int(t) for t in tokens]
        result = np.zeros(len(ids))
        stride = max(1, self.context // 2)
        windows = [(start, ids[start : start + self.context + 1]) for start in range(0, len(ids), stride)]
        windows = [(start, row) for start, row in windows if len(row) > 1]
        for part in self._batches([len(row) for _, row in windows]):
            values, _ = self._row_scores([windows[i][1] for i in part])
            for i, value in zip(part, values, strict=True):
                start = windows[i][0]
                fresh = 0 if start == 0 else stride
                result[start + 1 + fresh : start + 1 + len(value)] = value[fresh:]
        return result
