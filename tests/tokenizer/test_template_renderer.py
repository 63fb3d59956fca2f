"""A chat template is someone else's program: it ends, in bounded memory, and its faults are ours to word."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.template_renderer import Rendered, render

DATE = "2026-01-01"
ENDLESS = "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = i %}{% endfor %}{% endfor %}"


def refusal(source: str) -> str:
    (found,) = render(source, DATE, [{"messages": []}])
    assert found.text is None
    return found.refusal


def test_texts_come_back_in_order_and_one_that_fails_does_not_stop_the_others() -> None:
    found = render("{{ 1 // n }}{{ s }}", DATE, [{"n": 1, "s": "\ud83e ä"}, {"n": 0}, {"n": 2, "s": "🦆"}])
    assert [text.text for text in found] == ["1\ud83e ä", None, "0🦆"]
    assert "ZeroDivisionError" in found[1].refusal


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ 'a' * 10**10 }}", "MemoryError"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "RecursionError"),
        ("{% for i in range(99999) %}{{ 'a' * 999 }}{% endfor %}", "characters"),
        ("{{ range(10**9) | list }}", "OverflowError"),
        ("{{ ''.__class__ }}{{ cycler.__init__.__globals__ }}", "SecurityError"),
        ("{{ messages.append(1) }}", "SecurityError"),
        ("{{ strftime_now(1) }}", "TypeError"),
    ],
)
def test_a_template_that_takes_too_much_refuses_and_the_next_one_is_rendered(source: str, words: str) -> None:
    assert words in refusal(source)
    assert render("{{ 1 }}", DATE, [{}]) == [Rendered("1")]


@pytest.mark.parametrize(
    "source", ["{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{% for %}", "{{ x | nothing }}"]
)
def test_a_template_that_cannot_be_parsed_is_an_error_whatever_it_is_asked(source: str) -> None:
    with pytest.raises(GlaswerkError, match="does not parse"):
        render(source, DATE, [])


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        ENDLESS,
        "{{ (9 ** 99999999) % 7 }}",
        "{{ ('a' * 40 + '!') | replace('a', 'a' * 9999) | length }}" + ENDLESS,
    ],
)
def test_a_template_that_does_not_end_is_ended(source: str) -> None:
    with pytest.raises(GlaswerkError, match="did not end within"):
        render(source, DATE, [{}])
    assert render("{{ 1 }}", DATE, [{}]) == [Rendered("1")]


def test_several_threads_get_their_own_answers() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda n: render("{{ n }}", DATE, [{"n": n}])[0].text, range(200))
    assert list(found) == [str(n) for n in range(200)]


def test_a_forked_process_renders_by_itself() -> None:
    program = (
        "import os; from glaswerk.tokenizer.template_renderer import render\n"
        f"assert render('a', {DATE!r}, [{{}}])[0].text == 'a'\n"
        "pid = os.fork()\n"
        f"found = render('{{{{ n }}}}', {DATE!r}, [{{'n': pid}}])[0].text\n"
        "assert found == str(pid)\n"
        "assert pid == 0 or os.waitpid(pid, 0)[1] == 0\n"
    )
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    assert (
        subprocess.run([sys.executable, "-c", program], env=environment, timeout=120, check=False).returncode
        == 0
    )
