"""Preferences: a prompt with a chosen and a rejected answer, from the shapes of public data sets.

Rows with `chosen` and `rejected` (trl's explicit and implicit prompts, Anthropic's hh strings, ShareGPT and
Alpaca prompts), with scored `completions` (UltraFeedback), or trees of ranked replies (Open-Assistant).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.chats import AUTHORS, from_sharegpt, message_of, plain_text
from glaswerk.data.dialogues.records import read_records
from glaswerk.data.documents.fields import Defaults, IngestCounts, rights_of, who_and_when
from glaswerk.data.documents.wrong_command import refuse_unstated_posts
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.language import tidy_code
from glaswerk.data.references import derived_from

_HINT = (
    'write one pair per line: {"prompt": "…", "chosen": "…", "rejected": "…"}; '
    "or skip broken rows with --tolerant"
)
# Anthropic's hh-rlhf: https://github.com/anthropics/hh-rlhf
_SPEAKER = re.compile(r"(?:\A|\n\n)(Human|Assistant):")
_PROMPTS = ("prompt", "instruction", "question", "conversations")


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two endings of a conversation; either may still include the prompt that both share."""

    prompt: list[Any]
    chosen: list[Any]
    rejected: list[Any]
    id: str = ""
    lang: str = ""


def read_preferences(
    file: InputFile, defaults: Defaults, counts: IngestCounts, *, tolerant: bool = False
) -> Iterator[Document]:
    """Documents of kind "preference": one per row, or one per turn with ranked replies of a tree.

    The last of `messages` is the chosen answer; `rejected` is the other answer to the same messages. Of
    several answers, the best is paired with the worst. Pairs that teach nothing are counted, by reason. Rows
    may have an author, a time, and `derived_from`, the ids of what they were made from. Raises GlaswerkError
    naming file and row for another shape; with `tolerant`, it is counted.
    """
    for number, where, row in read_records(file, counts, tolerant=tolerant):
        counts.rows += 1
        refuse_unstated_posts(row, where, stated=defaults.stated)
        try:
            parents, rights = derived_from(row, where), rights_of(row, where, defaults)
            found = [(pair, _answered(pair, where, counts)) for pair in _pairs(row, where, counts)]
        except GlaswerkError as error:
            if not tolerant:
                raise GlaswerkError(error.message, hint=_HINT) from error
            counts.left_out["broken_record"] += 1
            continue
        for pair, turns in found:
            if turns is not None:
                identifier = f"{defaults.source}:{pair.id or f'{file.name}#{number}'}"
                document = _document(rights, identifier, turns, pair.lang, defaults)
                author, created_at = who_and_when(row, AUTHORS, counts)
                yield replace(
                    document,
                    derived_from=parents,
                    author=author or defaults.author,
                    created_at=created_at,
                )


def _document(
    rights: Rights, identifier: str, turns: Sequence[Message], lang: str, defaults: Defaults
) -> Document:
    *messages, rejected = turns
    return Document(
        id=identifier,
        source=defaults.source,
        text=plain_text(messages, [rejected]),
        rights=rights,
        lang=tidy_code(lang),
        kind="preference",
        messages=tuple(messages),
        rejected=(rejected,),
    )


def _answered(pair: _Pair, where: str, counts: IngestCounts) -> list[Message] | None:
    """Prompt, chosen answer and rejected answer; None, counted, if the pair teaches nothing."""
    shared = _shared(pair.chosen, pair.rejected)
    # Zephyr's sets give the prompt and repeat it in both conversations.
    repeated = not pair.prompt or _key(pair.prompt[-1]) in [_key(turn) for turn in shared]
    prompt = shared if repeated else [*pair.prompt, *shared]
    chosen, rejected = pair.chosen[len(shared) :], pair.rejected[len(shared) :]
    if not chosen and not rejected:
        counts.left_out["equal_answers"] += 1
        return None
    if any(_is_blank(turns[-1]) for turns in (chosen, rejected) if turns):
        counts.left_out["empty_answer"] += 1
        return None
    turns = [message_of(turn, where) for turn in (*prompt, *chosen, *rejected)]
    if len(chosen) != 1 or len(rejected) != 1 or any(turn["role"] != "assistant" for turn in turns[-2:]):
        counts.left_out["different_prompts"] += 1
        return None
    if all(turn["role"] != "user" for turn in turns[:-2]):
        raise GlaswerkError(f"expected a prompt of the user in {where}, found none")
    return turns


def _shared(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """The turns that both start with, ignoring spaces around the text."""
    together = takewhile(lambda pair: _key(pair[0]) == _key(pair[1]), zip(first, second, strict=False))
    return [turn for turn, _ in together]


def _key(turn: Any) -> Any:
    if isinstance(turn, dict) and isinstance(turn.get("content"), str):
        return turn.get("role"), turn["content"].strip()
    return turn


def _is_blank(turn: Any) -> bool:
    return isinstance(turn, dict) and isinstance(turn.get("content"), str) and not turn["content"].strip()


def _pairs(row: Mapping[str, Any], where: str, counts: IngestCounts) -> Iterator[_Pair]:
    prompt = row.get("prompt")
    if isinstance(prompt, dict) and isinstance(prompt.get("replies"), list):
        yield from _from_tree(prompt, where, counts)
    elif isinstance(row.get("completions"), list):
        yield from _from_scores(row, where, counts)
    else:
        yield _from_two(row, where)


def _from_two(row: Mapping[str, Any], where: str) -> _Pair:
    prompt = _prompt(row, where)
    chosen, rejected = (_turns(row.get(name), "assistant", name, where) for name in ("chosen", "rejected"))
    if not prompt and len(chosen) == len(rejected) == 1:
        raise GlaswerkError(f"expected a prompt in {where}, found only answers ({', '.join(row)})")
    return _Pair(prompt, chosen, rejected, _text(row.get("id")) or _text(row.get("prompt_id")))


def _from_scores(row: Mapping[str, Any], where: str, counts: IngestCounts) -> Iterator[_Pair]:
    """The completion with the highest `overall_score` paired with the one with the lowest."""
    scored = _ranked(row["completions"], lambda answer: answer.get("overall_score"))
    if not scored:
        counts.left_out["no_ranking"] += 1
        return
    worst, best = (_turns(answer.get("response"), "assistant", "response", where) for answer in scored)
    yield _Pair(_prompt(row, where), best, worst, _text(row.get("id")) or _text(row.get("prompt_id")))


def _from_tree(prompt: dict[str, Any], where: str, counts: IngestCounts) -> Iterator[_Pair]:
    """A pair for each user turn that has replies of different rank; 0 is the best rank."""
    found = False
    waiting: list[tuple[dict[str, Any], list[Any]]] = [(prompt, [])]
    while waiting:
        node, before = waiting.pop()
        path = [*before, from_sharegpt({"from": node.get("role"), "value": node.get("text")})]
        replies = _replies(node, counts)
        waiting += [(reply, path) for reply in reversed(replies)]
        ranked = _ranked(replies, lambda reply: reply.get("rank"))
        if ranked and path[-1]["role"] == "user":
            best, worst = (_turns(reply.get("text"), "assistant", "text", where) for reply in ranked)
            found = True
            yield _Pair(path, best, worst, _text(node.get("message_id")), _text(node.get("lang")))
    if not found:
        counts.left_out["no_ranking"] += 1


def _replies(node: Mapping[str, Any], counts: IngestCounts) -> list[dict[str, Any]]:
    """Replies that are neither deleted nor rejected in review (mostly as spam)."""
    given = node.get("replies")
    replies = [reply for reply in given if isinstance(reply, dict)] if isinstance(given, list) else []
    good = [r for r in replies if not r.get("deleted") and r.get("review_result") is not False]
    counts.left_out["withdrawn_reply"] += len(replies) - len(good)
    return good


def _ranked(answers: Sequence[Any], score: Callable[[Mapping[str, Any]], Any]) -> list[Mapping[str, Any]]:
    """The answers with the lowest and the highest score; none if no two scores differ."""
    scored = [(score(answer), answer) for answer in answers if isinstance(answer, dict)]
    scored = [(s, answer) for s, answer in scored if _is_number(s)]
    if len({s for s, _ in scored}) < 2:
        return []
    return [choose(scored, key=lambda pair: pair[0])[1] for choose in (min, max)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _prompt(row: Mapping[str, Any], where: str) -> list[Any]:
    """The turns before the answers; empty if the answers include them."""
    name = next((name for name in _PROMPTS if row.get(name) is not None), "")
    turns = _turns(row[name], "user", name, where) if name else []
    given, system = row.get("input"), row.get("system")
    if name == "instruction" and turns and isinstance(given, str) and given.strip():
        turns = [{"role": "user", "content": f"{row[name]}\n\n{given}"}]
    if isinstance(system, str) and system.strip():
        turns = [{"role": "system", "content": system}, *turns]
    return turns


def _turns(value: Any, role: str, name: str, where: str) -> list[Any]:
    """Turns from a string (one turn, or a conversation in hh's format), a turn or a list of turns."""
    if isinstance(value, str):
        return _from_hh(value) if _SPEAKER.match(value) else [{"role": role, "content": value}]
    if isinstance(value, dict):
        return [from_sharegpt(value)]
    if isinstance(value, list) and value:
        return [from_sharegpt(turn) for turn in value]
    raise GlaswerkError(f"expected text or turns as {name!r} in {where}, found {type(value).__name__}")


def _from_hh(text: str) -> list[Any]:
    r"""The turns of "\n\nHuman: … \n\nAssistant: …"; a prompt may end in a bare "Assistant:"."""
    _, *parts = _SPEAKER.split(text)
    roles = ["user" if speaker == "Human" else "assistant" for speaker in parts[::2]]
    contents = [words.strip() for words in parts[1::2]]
    return [{"role": role, "content": words} for role, words in zip(roles, contents, strict=True)]


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value)
