"""Limits of one server: sizes and times of requests, numbers of concurrent and remembered answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to `running` answers are generated at once and `waiting` more queue; further requests get 429."""

    body_bytes: int = 2_000_000
    # The tokenizer's regex engine panics on a run of a million spaces (tiktoken 0.14).
    prompt_characters: int = 900_000
    trace_characters: int = 20_000
    # Of the conversation before an answer, this much is used to rank its source documents.
    context_characters: int = 20_000
    running: int = 64
    waiting: int = 256
    # Threads that trace answers and read documents.
    threads: int = 4
    # Answers that can be traced later; each has up to a full context of text, some tens of kilobytes.
    answers: int = 256
    # Without max_tokens an answer ends here, so that a model that never stops does not fill its context.
    default_max_tokens: int = 512
    # Seconds for the whole head of a request, for its whole body (2 MB at 33 kB/s), and without a read by a
    # client that has an answer to read; a connection without a request is closed after `idle_seconds`.
    head_seconds: float = 10
    body_seconds: float = 60
    write_seconds: float = 60
    idle_seconds: int = 5
    # WebSockets of one key at once; seconds that one lasts, and without a message of its client.
    sockets: int = 256
    socket_seconds: float = 3600
    socket_idle_seconds: float = 900
    # Seconds that a request waits for its model to be loaded, and between two looks for new releases.
    load_seconds: float = 120
    release_seconds: float = 2


DEFAULT_LIMITS = Limits()
