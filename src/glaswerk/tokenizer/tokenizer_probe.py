"""Tries a stranger's tokenizer on texts that make its patterns slow, in a process with limits.

Split rules and normalisers in `tokenizer.json` are regular expressions and replacements: some take
exponential time on a run of one letter, or multiply a text at every step. Run as a program, this file reads a
`tokenizer.json` from standard input and encodes the texts.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

# A sound tokenizer takes 0.1 s for all texts; the largest file, of 33 MB, is read in 3 s.
_CPU_SECONDS = 20
_MEMORY = 4 << 30
# Unicode normalisation makes at most 18 characters of one, and each has up to four bytes.
_GROWTH = 128
_LENGTHS = (40, 3000)
_PROGRAM = "import runpy; runpy.run_path({path!r}, run_name='__main__')"


def fault_of(content: bytes) -> str:
    """Why the tokenizer `content` does not encode short texts within the limits; "" if it does.

    A file that is no tokenizer passes: loading it says what is wrong.
    """
    command = [sys.executable, "-I", "-c", _PROGRAM.format(path=__file__)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return "short texts took too long"
    if not done.returncode:
        return ""
    words = done.stdout.decode("utf-8", "replace").strip()[:200]
    return words or "short texts took too much time or memory"


def _texts(data: Any) -> Iterator[str]:
    """Runs of every letter that a pattern or replacement names, and of one of each class, with an odd end."""
    named = "".join(sorted(set("".join(_strings(data)))))[:64]
    letters = dict.fromkeys([*"aA1 \n.-'é中\u0301", *named])
    for length in _LENGTHS:
        for letter in letters:
            yield letter * length + "\u0001"
    for pair in ("a ", "aB", "a1", "a'", " \n", ".a"):
        yield pair * _LENGTHS[-1] + "\u0001"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key in ("normalizer", "pre_tokenizer", "pattern", "Regex", "String", "content"):
            yield from _strings(value.get(key))
        for key in ("pretokenizers", "normalizers"):
            yield from _strings(value.get(key))
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        yield re.sub(r"\\[A-Za-z](\{[^}]*\})?", "", value)


def _main() -> int:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    except ImportError:  # Windows: the timeout has to do
        pass
    from tokenizers import Tokenizer

    content = sys.stdin.buffer.read()
    try:
        data = json.loads(content)
        tokenizer = Tokenizer.from_str(content.decode())
    except Exception:  # noqa: BLE001 -- the library raises nothing narrower; loading says what is wrong
        return 0
    for text in _texts({key: data.get(key) for key in ("normalizer", "pre_tokenizer")}):
        try:
            found = tokenizer.encode(text, add_special_tokens=False)
        except BaseException as error:  # noqa: BLE001 -- a panic of the library is no Exception
            sys.stdout.write(f"{type(error).__name__}: {error}")
            return 3
        if len(found.ids) > _GROWTH * len(text):
            sys.stdout.write(f"{len(found.ids):,} tokens of {len(text):,} characters")
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(_main())
