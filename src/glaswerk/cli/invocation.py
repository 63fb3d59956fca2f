"""The command as typed, and hints that fit it."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

from glaswerk.cli.verbs import GROUPS, VERBS, WITHOUT_LAB

_VERB = "|".join(sorted((verb for verb in VERBS if verb not in WITHOUT_LAB), key=len, reverse=True))
_COMMAND = re.compile(rf"\bglaswerk (?:(?:{'|'.join(GROUPS)}) [a-z]+|(?:{_VERB})(?![\w-]))")


def command_line() -> str:
    """The command as typed, ready to be typed again."""
    return shlex.join(["glaswerk", *sys.argv[1:]])


def typed_without(option: str) -> str:
    """The command as typed, without an option and its value, to which a hint adds another value."""
    words, kept = iter(sys.argv[1:]), ["glaswerk"]
    for word in words:
        if word == option:
            next(words, None)
        elif not word.startswith(f"{option}="):
            kept.append(word)
    return shlex.join(kept)


def with_lab(hint: str, lab: Path | None) -> str:
    """The hint with `--lab` after each verb in it, if the user named the lab by that option.

    >>> with_lab("glaswerk curate", Path("other"))
    'glaswerk curate --lab other'
    """
    if lab is None or "--lab" in hint:
        return hint
    return _COMMAND.sub(lambda found: f"{found[0]} --lab {shlex.quote(str(lab))}", hint)
