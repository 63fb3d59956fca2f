"""`glaswerk chat`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from glaswerk.cli.echo import echo_error
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab
from glaswerk.cli.talk import Talk
from glaswerk.cli.talk_commands import run
from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


@click.command("chat")
@click.argument("question", required=False)
@click.option("--model", default="", help="Model to talk to.  [default: the newest model named chat]")
@click.option(
    "--temperature",
    type=click.FloatRange(0, 2),
    default=0.2,
    show_default=True,
    help="0: always the likeliest token; higher: more varied.",
)
@click.option(
    "--max-tokens", type=click.IntRange(1), default=256, show_default=True, help="Longest answer, in tokens."
)
@click.option("--ground", is_flag=True, help="Answer with quotes of your documents, and what they bear out.")
@click.option("--tools", default="", help="Tools that the model may call: search,calculator,mcp:time.")
@click.option("--sources/--no-sources", default=True, help="Show which training text each answer repeats.")
@lab_option
def command(
    question: str | None,
    model: str,
    temperature: float,
    max_tokens: int,
    ground: bool,
    tools: str,
    sources: bool,
    lab_path: Path,
) -> None:
    """Chat in the terminal, or answer one QUESTION and stop.

    \b
    glaswerk chat
    glaswerk chat "Where does Anna Brook live?" --no-sources
    glaswerk chat --ground --model smollm2
    glaswerk chat --tools search,calculator "What is 17 times 23?"

    In the chat /help lists commands, such as /new, /model, /sources and /save, and Ctrl-D ends it. Answers go
    to standard output, sources to standard error.
    """
    lab = open_lab(lab_path)
    if tools:
        sampling = {"temperature": temperature, "max_tokens": max_tokens}
        _with_tools(lab, model, tools, sampling, question)
        return
    talk = Talk(lab, temperature, max_tokens, sources, ground)
    talk.use(model or "chat")
    if ground:
        talk.grounded()
    if question:
        talk.ask(question)
        return
    while (typed := _read_line()) is not None:
        try:
            if typed.startswith("/"):
                run(talk, typed)
            elif typed.strip():
                talk.ask(typed.strip())
        except GlaswerkError as error:
            echo_error(error.message, error.hint)


def _with_tools(lab: Lab, model: str, tools: str, sampling: dict[str, float], question: str | None) -> None:
    from glaswerk.cli.tool_chat import ToolChat

    names = [name.strip() for name in tools.split(",") if name.strip()]
    chat, messages = ToolChat(lab, model, names, sampling), list[Message]()
    try:
        while (typed := question or _read_line()) is not None:
            if typed.strip() == "/new":
                messages = []
            elif typed.strip():
                messages.append(Message(role="user", content=typed))
                messages.append(Message(role="assistant", content=chat.answer(messages)))
            if question:
                return
    finally:
        chat.close()


def _read_line() -> str | None:
    try:
        return str(input("\033[1myou\033[0m  " if sys.stdin.isatty() else ""))
    except (EOFError, KeyboardInterrupt):
        return None
