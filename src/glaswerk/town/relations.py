"""A relation: the kinds of sentence that state it, ask for it and answer it."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.town.grammar import lines


@dataclass(frozen=True)
class Relation:
    """Language data of one relation.

    `{N}` is the subject's name and may take an apposition; `{name}` is the bare name; `{v}` the value,
    `{a_v}` the value with its article. `heldout` phrasings are for evaluation and occur nowhere else.
    """

    name: str
    subject_kind: str
    statements: tuple[str, ...]
    first_person: tuple[str, ...]
    asks: tuple[str, ...]
    questions: tuple[str, ...]
    follow_ups: tuple[str, ...]
    heldout: tuple[str, ...]
    answers: tuple[str, ...]
    apposition: str


def relation(
    name: str,
    subject_kind: str,
    *,
    statements: str,
    asks: str,
    questions: str,
    follow_ups: str,
    heldout: str,
    answers: str,
    first_person: str = "",
    apposition: str = "",
) -> Relation:
    """A `Relation` from text blocks with one template a line."""
    return Relation(
        name,
        subject_kind,
        lines(statements),
        lines(first_person),
        lines(asks),
        lines(questions),
        lines(follow_ups),
        lines(heldout),
        lines(answers),
        apposition,
    )
