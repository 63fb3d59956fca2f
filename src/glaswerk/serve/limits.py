"""What one server takes on at most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`running` answers are generated at once, `waiting` more may queue; beyond that the answer is 429."""

    body_bytes: int = 2_000_000
    # The tokenizer's regex engine gives up with a panic on a run of a million blanks (tiktoken 0.14).
    prompt_characters: int = 900_000
    trace_characters: int = 20_000
    # Of what was said before an answer, the last so many decide which documents have to do with it.
    context_characters: int = 20_000
    running: int = 4
    waiting: int = 64
    # Answers that can be traced afterwards; a full context of text each is some tens of kilobytes.
    answers: int = 256
    # An answer without max_tokens ends here; a model that never stops must not run to its full context.
    default_max_tokens: int = 512


DEFAULT_LIMITS = Limits()
