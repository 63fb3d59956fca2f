"""The commands of `glaswerk chat`: lines that begin with a slash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glaswerk.cli.echo import echo
from glaswerk.cli.talk import Talk
from glaswerk.core.errors import GlaswerkError

Command = Callable[[Talk, str], None]


def run(talk: Talk, line: str) -> None:
    """Run a command. Raises GlaswerkError for an unknown one and for a wrong value."""
    name, _, value = line.strip().partition(" ")
    found = COMMANDS.get(name)
    if found is None:
        raise GlaswerkError(
            f"expected a command, found {name[:40]}", hint="/help, or begin the line with a space"
        )
    found[1](talk, value.strip())


def _help(_: Talk, __: str) -> None:
    wide = max(map(len, COMMANDS)) + 2
    for name, (words, _command) in COMMANDS.items():
        echo(f"{name:<{wide}}{words}", err=True)


def _new(talk: Talk, _: str) -> None:
    talk.messages.clear()


def _again(talk: Talk, _: str) -> None:
    talk.again()


def _undo(talk: Talk, _: str) -> None:
    talk.undo()


def _model(talk: Talk, value: str) -> None:
    if value:
        talk.use(value)
    names = sorted({made.name for made in talk.lab.all("model")})
    for name in names:
        mark = "*" if talk.model and name == talk.model.name else " "
        echo(f"{mark} {name}", err=True)


def _sources(talk: Talk, value: str) -> None:
    if value:
        talk.sources = _flag("/sources", value)
        return
    talk.show_sources()


def _ground(talk: Talk, value: str) -> None:
    on = _flag("/ground", value)
    if on:
        talk.grounded()
    talk.ground = on


def _system(talk: Talk, value: str) -> None:
    talk.system = value


def _temperature(talk: Talk, value: str) -> None:
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 2:
        raise GlaswerkError(f"expected a number from 0 to 2, found {value[:40]!r}", hint="/temperature 0.2")
    talk.temperature = found


def _save(talk: Talk, value: str) -> None:
    if not value:
        raise GlaswerkError("expected a file to write, found none", hint="/save chat.md")
    names = {"user": "You", "assistant": talk.model.name if talk.model else "Model"}
    parts = [f"## {names[message['role']]}\n\n{message['content']}\n" for message in talk.messages]
    file = Path(value).expanduser()
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write("\n".join(parts))
    except FileExistsError as error:
        raise GlaswerkError(f"expected a new file, found {file}", hint="/save another-name.md") from error
    except OSError as error:
        raise GlaswerkError(f"cannot write {file}: {error.strerror}", hint="/save chat.md") from error
    echo(f"{file}  {len(talk.messages)} messages", err=True)


def _flag(name: str, value: str) -> bool:
    if value not in ("on", "off"):
        raise GlaswerkError(f"expected on or off, found {value[:40]!r}", hint=f"{name} on")
    return value == "on"


COMMANDS: dict[str, tuple[str, Command]] = {
    "/help": ("this list; Ctrl-D ends the chat, Ctrl-C stops an answer", _help),
    "/new": ("begin a new conversation", _new),
    "/again": ("answer the last question again", _again),
    "/undo": ("forget the last question and its answer", _undo),
    "/model": ("list models; /model NAME talks to another one", _model),
    "/sources": ("sources of the last answer; /sources on or off shows them always or never", _sources),
    "/ground": ("/ground on answers with quotes of your documents", _ground),
    "/system": ("/system TEXT is sent before every question; without TEXT none is", _system),
    "/temperature": ("/temperature 0.7: higher is more varied", _temperature),
    "/save": ("/save FILE writes the conversation as Markdown to a new file", _save),
}
