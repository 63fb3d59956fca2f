"""Renders chat templates in a process of their own, which is ended if it takes too long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError

# A template takes 0.1 ms for a short dialogue. The limits are for hostile ones, on a busy machine.
_SECONDS = 10.0
_CHARACTERS_PER_SECOND = 100_000
# A text may be so much longer than its dialogue: tools as JSON, escaped, with a system turn before.
_GROWTH, _FREE = 8, 1 << 20
# Run by path, because -I hides PYTHONPATH: the program needs nothing else from the package.
_PROGRAM = "import runpy; runpy.run_path({path!r}, run_name='__main__')"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text, or None and why the template refused to write it."""

    text: str | None
    refusal: str = ""


def render(source: str, date: str, texts: Sequence[Mapping[str, Any]]) -> list[Rendered]:
    """One text for each of these sets of variables. `date`: ISO, what the template's clock shows.

    Raises GlaswerkError if the template does not parse, does not end in time or takes too much memory.
    """
    first, *found = _worker().ask(source, date, texts)
    if first[1] is not None:
        raise GlaswerkError(
            f"the chat template does not parse: {first[1]}",
            hint="correct chat_template.jinja, then run glaswerk adopt again",
        )
    return [Rendered(text, refusal or "") for text, refusal in found]


class _Worker:
    """The process, started when it is first needed, and again after it was ended. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, source: str, date: str, texts: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        request = json.dumps(list(texts))
        longest = _GROWTH * len(request) + _FREE
        seconds = _SECONDS + len(request) / _CHARACTERS_PER_SECOND
        line = f"[{json.dumps(source)}, {json.dumps(date)}, {longest}, {seconds}, {request}]\n"
        with self._lock:
            answer = self._exchange(line, seconds)
        found: list[list[Any]] = json.loads(answer)
        return found

    def _exchange(self, line: str, seconds: float) -> str:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(seconds, process.kill)
        watch.daemon = True
        watch.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:  # it ended while it was being asked
            answer = ""
        finally:
            watch.cancel()
        if not answer.endswith("\n"):
            self._process = None
            _stop(process)
            raise GlaswerkError(
                f"the model's chat template did not end within {seconds:.0f} seconds or took too much memory",
                hint="correct chat_template.jinja, then run glaswerk adopt again",
            )
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            path = str(Path(__file__).with_name("template_worker.py"))
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM.format(path=path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
            weakref.finalize(self, _stop, self._process)
        return self._process


def _stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # a request that was not sent completely
                continue


# One worker for each process: a forked one must not read the answers of its parent.
_WORKERS: dict[int, _Worker] = {}


def _worker() -> _Worker:
    return _WORKERS.setdefault(os.getpid(), _Worker())
