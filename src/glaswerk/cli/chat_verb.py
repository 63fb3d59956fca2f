"""`glaswerk chat`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.echo import echo, echo_error, echo_text
from glaswerk.cli.forgotten_warning import warn_of_forgotten
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab
from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError

if TYPE_CHECKING:
    from glaswerk.cli.grounded_chat import GroundedChat
    from glaswerk.infer import Engine
    from glaswerk.lab import Lab
    from glaswerk.trace import Tracer
    from glaswerk.trace.novelty import Baseline


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

    In the chat /new starts a new conversation, and Ctrl-D ends it. Answers go to standard output, sources to
    standard error.
    """
    from glaswerk.infer import Engine
    from glaswerk.trace import Tracer
    from glaswerk.trace.novelty import Baseline

    lab = open_lab(lab_path)
    if tools:
        sampling = {"temperature": temperature, "max_tokens": max_tokens}
        _with_tools(lab, model, tools, sampling, question)
        return
    chosen = lab.latest("model", model or "chat")
    if chosen is None:
        there = ", ".join(made.name for made in lab.all("model")) or "none"
        raise GlaswerkError(
            f"the lab has no model named {model or 'chat'!r} (there: {there})", hint="glaswerk tune"
        )
    warn_of_forgotten(lab, chosen)
    grounded = _grounded(lab) if ground else None
    index = next((t for t in lab.all("trace") if t.inputs["shards"] == chosen.inputs.get("shards")), None)
    engine, shown = Engine.load(chosen.path), None
    if sources and index:
        tracer = Tracer.open(lab, index)
        shown = _Sources(tracer, Baseline.of(lab, index, tracer))
    messages: list[Message] = []
    while True:
        typed = question or _read_line()
        if typed is None:
            return
        if typed.strip() == "/new":
            messages = []
            continue
        if typed.strip():
            messages = [*messages, Message(role="user", content=typed)]
            if grounded:
                grounded.answer(engine, [m["content"] for m in messages])
            else:
                messages = _turn(engine, shown, messages, temperature, max_tokens)
        if question:
            return


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


@dataclass(frozen=True, slots=True)
class _Sources:
    """The sources below each answer, on standard error."""

    tracer: Tracer
    baseline: Baseline

    def show(self, answer: str, before: Sequence[Message]) -> None:
        context = "\n".join(message["content"] for message in before)
        found = self.tracer.trace(answer, context=context, documents=1)
        for span in found.spans:
            # There may be a match but no document that may be shown.
            match = next(iter(span.documents), None)
            who = ", ".join(filter(None, (match.author, match.created_at[:10]))) if match else ""
            known = f", e.g. {who}" if who else ""
            echo(f"  “{' '.join(span.text.split())}” {span.count} ×{known}", err=True, dim=True)
        echo(f"  {self.baseline.judge(self.tracer, answer, found)}", err=True, dim=True)


def _grounded(lab: Lab) -> GroundedChat:
    from glaswerk.cli.grounded_chat import GroundedChat
    from glaswerk.retrieve import Retriever, find_passages
    from glaswerk.serve.offers.ground_settings import GroundSettings

    corpus = GroundSettings.of(lab).corpus
    passages = find_passages(lab, corpus)
    if passages is None:
        raise GlaswerkError(f"the corpus {corpus} has no passages to quote", hint="glaswerk index")
    return GroundedChat(Retriever.open(lab, passages))


def _read_line() -> str | None:
    try:
        return str(input("\033[1myou\033[0m  " if sys.stdin.isatty() else ""))
    except (EOFError, KeyboardInterrupt):
        return None


def _turn(
    engine: Engine, sources: _Sources | None, messages: list[Message], temperature: float, max_tokens: int
) -> list[Message]:
    answer = ""
    try:
        for delta in engine.stream(messages, temperature=temperature, max_tokens=max_tokens):
            echo_text(delta.text, nl=False)
            answer += delta.text
    except GlaswerkError as error:
        echo_error(error.message, error.hint)
        return messages[:-1]
    except KeyboardInterrupt:
        echo_text(" [stopped]", nl=False)
    echo()
    if sources:
        sources.show(answer, messages)
    return [*messages, Message(role="assistant", content=answer)]
