"""Questions with choices, and problems with equations, as dialogues of a question and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

_QUESTION = ("question", "query", "sQuestion", "original_text")
_CHOICES = ("choices", "options")
_ANSWER = ("gold", "answer", "correct", "label")
_SOLUTION = ("lSolutions", "ans")
_EQUATION = ("lEquations", "equation")
_LETTERED = re.compile(r"\(?[A-Z][).:] ?")


def turns_of_question(row: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """A turn of the user and one of the assistant; None if the row is not such a question.

    With choices (a list, and the right one by position, letter or text) the user sees them lettered, and the
    answer is the right one with its letter, after the `rationale` if there is one. For a problem with an
    equation (MAWPS, MultiArith) the answer is the equation, then the solution.
    """
    asked = _first(row, _QUESTION, str)
    if asked is None or not asked.strip():
        return None
    choices = _first(row, _CHOICES, list)
    answer = _chosen(row, choices) if choices else _solved(row)
    if answer is None:
        return None
    shown = [asked.strip(), *_lettered(choices)] if choices else [asked.strip()]
    return [{"role": "user", "content": "\n".join(shown)}, {"role": "assistant", "content": answer}]


def _first(row: Mapping[str, Any], keys: Sequence[str], kind: type) -> Any:
    return next((row[key] for key in keys if key in row and isinstance(row[key], kind)), None)


def _lettered(choices: Sequence[Any]) -> list[str]:
    texts = [str(choice).strip() for choice in choices]
    if all(_LETTERED.match(text) for text in texts):
        return texts
    return [f"{letter}) {text}" for letter, text in zip(ascii_uppercase, texts, strict=False)]


def _chosen(row: Mapping[str, Any], choices: Sequence[Any]) -> str | None:
    if not 1 < len(choices) <= len(ascii_uppercase):
        return None
    shown = _lettered(choices)
    place = next((p for key in _ANSWER if (p := _place(row.get(key), choices)) is not None), None)
    if place is None:
        return None
    reason = row.get("rationale")
    return f"{reason.strip()}\n{shown[place]}" if isinstance(reason, str) and reason.strip() else shown[place]


def _place(answer: Any, choices: Sequence[Any]) -> int | None:
    """The index of the right choice, from 0; None if it is not one of them."""
    if isinstance(answer, bool) or not isinstance(answer, int | str):
        return None
    if isinstance(answer, str):
        if answer in choices:
            return choices.index(answer)
        letter = answer.strip().upper()
        answer = ascii_uppercase.find(letter) if len(letter) == 1 and letter.isalpha() else -1
    return answer if 0 <= answer < len(choices) else None


def _solved(row: Mapping[str, Any]) -> str | None:
    solution, equation = (_only(_first(row, keys, object)) for keys in (_SOLUTION, _EQUATION))
    return f"{equation}\n{solution}" if solution and equation else None


def _only(value: Any) -> str:
    """A number or text, or the first of a list of them; whole numbers without a decimal point."""
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
