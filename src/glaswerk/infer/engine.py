"""The exact text engine: any Hugging Face causal language model in torch, for chat and for scoring."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache, PreTrainedModel

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.sampling import Sampling, penalised, sample_token
from glaswerk.infer.stop_strings import StopFilter
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
        self, model: PreTrainedModel, tokenizer: Tokenizer, sampling: Sampling | None = None
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.sampling = sampling or Sampling()
        self.context = int(model.config.max_position_embeddings)
        self.parameters = int(sum(p.numel() for p in model.parameters()))
        self._ends = frozenset({tokenizer.end_id, tokenizer.turn_end_id, tokenizer.turn_id})

    @classmethod
    def load(cls, folder: Path) -> Engine:
        """Load a model folder. Raises GlaswerkError if it has no loadable model or tokenizer."""
        engine = cls(load(folder), Tokenizer.load(folder), Sampling.of(folder))
        # The first forward pass sets up kernels and caches; do it before the first user waits for it.
        for _ in engine._tokens([engine.tokenizer.end_id], 2, Sampling(0.0)):
            pass
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
        room = min(max_tokens, self.context - len(prompt))
        utf8, stops = codecs.getincrementaldecoder("utf-8")("replace"), StopFilter(stop)
        count, reason = 0, "length"
        for token in self._tokens(prompt, room, sampling):
            count += 1
            if token in self._ends:
                reason = "stop"
                break
            text = stops.feed(utf8.decode(self._piece(token, first=count == 1)))
            if text:
                yield Delta(text, None, len(prompt), count)
            if stops.hit:
                reason = "stop"
                break
        # The decoder may still hold the first bytes of a character: half a character is no text.
        yield Delta("" if stops.hit else stops.rest(), reason, len(prompt), count)

    def _piece(self, token: int, *, first: bool) -> bytes:
        """The bytes of a token of an answer; of the first, without the space that begins every text."""
        found = self.tokenizer.decode_bytes([token])
        return found.removeprefix(b" ") if first and self.tokenizer.prefixes else found

    def _tokens(self, prompt: list[int], room: int, sampling: Sampling) -> Iterator[int]:
        cache = DynamicCache(config=self.model.config)
        generator = None
        if sampling.seed is not None:
            generator = torch.Generator().manual_seed(sampling.seed)
        ids, before = torch.tensor([prompt]), list(prompt)
        for _ in range(room):
            # Entered anew at each step: a generator must not leave the mode active in its caller.
            with torch.inference_mode():
                logits = self.model(
                    input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1
                ).logits
                token = sample_token(logits[0, -1, : self.tokenizer.vocab_size], sampling, generator, before)
            yield token
            before.append(token)
            ids = torch.tensor([[token]])

    @torch.inference_mode()
    def answer_many(self, conversations: Sequence[Sequence[Message]], *, max_tokens: int = 48) -> list[str]:
        """Greedy answers, in order: those that `stream` gives at temperature 0.

        Batches have prompts of equal length, as padding would alter answers.
        """
        prompts = [self.prompt(messages) for messages in conversations]
        by_length: dict[int, list[int]] = {}
        for i, ids in enumerate(prompts):
            by_length.setdefault(len(ids), []).append(i)
        answers = [""] * len(prompts)
        for rows in by_length.values():
            for start in range(0, len(rows), 64):
                part = rows[start : start + 64]
                for i, ids in zip(part, self._greedy([prompts[i] for i in part], max_tokens), strict=True):
                    answers[i] = self._text(ids)
        return answers

    def _greedy(self, prompts: Sequence[list[int]], max_tokens: int) -> list[list[int]]:
        """The likeliest tokens after each of these prompts of equal length, each at least up to its end."""
        cache = DynamicCache(config=self.model.config)
        penalty, answers = self.sampling.repetition_penalty, [list[int]() for _ in prompts]
        ids, going = torch.tensor(prompts), set(range(len(prompts)))
        for _ in range(min(max_tokens, self.context - len(prompts[0]))):
            logits = self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
            scores = logits[:, -1, : self.tokenizer.vocab_size]
            if penalty != 1:
                seen = [[*prompt, *answer] for prompt, answer in zip(prompts, answers, strict=True)]
                scores = torch.stack(
                    [penalised(row, ids, penalty) for row, ids in zip(scores, seen, strict=True)]
                )
            tokens = scores.argmax(-1).tolist()
            for answer, token in zip(answers, tokens, strict=True):
                answer.append(token)
            going -= {row for row, token in enumerate(tokens) if token in self._ends}
            if not going:
                break
            ids = torch.tensor(tokens)[:, None]
        return answers

    def _text(self, ids: list[int]) -> str:
        end = next((i for i, token in enumerate(ids) if token in self._ends), len(ids))
        # As in `stream`: the first bytes of a character that was cut are no text.
        pieces = b"".join(self._piece(token, first=not at) for at, token in enumerate(ids[:end]))
        return codecs.getincrementaldecoder("utf-8")("replace").decode(pieces)

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
        scores: list[Score | None] = [None] * len(rows)
        # A prediction depends on at most the last `context` tokens before it.
        cut = [ids[-(self.context + 1) :] for ids, _, _ in rows]
        for part in self._batches([len(ids) for ids in cut]):
            values, tops = self._row_scores([cut[i] for i in part])
            for i, value, top in zip(part, values, tops, strict=True):
                count = min(rows[i][1], len(value))
                own = slice(len(value) - count, None)
                scores[i] = Score(float(value[own].sum()), count, rows[i][2], bool(top[own].all()))
        return [score for score in scores if score is not None]

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
