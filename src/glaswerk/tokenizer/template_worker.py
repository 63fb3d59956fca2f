"""Chat templates as a program: requests on standard input, texts on standard output, with limited memory.

A template is a program that came with someone's weights: it may loop forever or ask for all memory. This
process may do so; `template_renderer.py`, which starts it, ends it in time. It needs Jinja and nothing else
of the package, so it starts quickly.

A request is one line of JSON: the template's source, a date, the most characters of a text, the most
seconds, and the variables of each text. The answer is one line of pairs: the first says whether the template
parses, each other one is a text, as [text, null] or [null, why the template refused].
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

try:
    import resource
except ImportError:  # Windows: only the time is limited, by the process that asks
    resource = None  # type: ignore[assignment]

# Python with Jinja takes 60 MB of address space, the longest dialogues a few.
_MEMORY = 512 << 20
# Unicode noncharacters that mark where a generation block begins and ends.
OPEN, CLOSE = "\ufdd0", "\ufdd1"


class _Generation(Extension):
    """`{% generation %}` … `{% endgeneration %}` encloses what the assistant writes, as in transformers."""

    tags = {"generation"}  # noqa: RUF012 -- Jinja reads this class attribute

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_mark"), [], [], body).set_lineno(line)

    def _mark(self, caller: Any) -> str:
        return f"{OPEN}{caller()}{CLOSE}"


def _environment(date: str) -> ImmutableSandboxedEnvironment:
    """Jinja configured as `transformers` does for chat templates, except that the clock shows `date`."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = datetime.fromisoformat(date).strftime
    return environment


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


@lru_cache(maxsize=8)
def _template(source: str, date: str) -> jinja2.Template:
    return _environment(date).from_string(source)


def _render(source: str, date: str, longest: int, variables: Mapping[str, Any]) -> str:
    parts, size = [], 0
    for part in _template(source, date).generate(**variables):
        size += len(part)
        if size > longest:
            raise jinja2.TemplateError(f"it wrote more than {longest:,} characters")
        parts.append(part)
    return "".join(parts)


def _answer(source: str, date: str, longest: int, variables: Mapping[str, Any]) -> list[str | None]:
    try:
        return [_render(source, date, longest, variables), None]
    except Exception as error:  # noqa: BLE001 -- whatever a template raises, memory and depth too, is its refusal
        return [None, f"{type(error).__name__}: {error}"[:300]]


def _parsed(source: str, date: str) -> list[str | None]:
    try:
        _template(source, date)
    except Exception as error:  # noqa: BLE001 -- as above
        return [None, f"{type(error).__name__}: {error}"[:300]]
    return ["", None]


def _limit_memory() -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _limit_time(seconds: float) -> None:
    """From now on. The process that asks ends this one in time; this is for when it was ended itself."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def _main() -> None:
    _limit_memory()
    for line in sys.stdin:
        source, date, longest, seconds, texts = json.loads(line)
        _limit_time(seconds)
        # Parsed first: every request fails for a template that does not parse, even one for no text.
        first = _parsed(source, date)
        answers = [_answer(source, date, longest, variables) for variables in texts]
        sys.stdout.write(json.dumps([first, *answers]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
