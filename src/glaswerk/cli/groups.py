"""Groups of commands: sections, aliases, suggestions for typing errors, examples before prose."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.invocation import with_lab
from glaswerk.cli.verbs import ALIASES, MORE, SECTIONS, VERBS, module_of
from glaswerk.core.errors import GlaswerkError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# The key in a context's `meta` of the folder that the user gave with --lab.
LAB_GIVEN = "glaswerk.lab"
_EXAMPLES = "\b\n"


class MisspeltCommand(click.UsageError):
    """A word that is no command; `hint` has the nearest ones."""

    def __init__(self, message: str, hint: str, context: click.Context) -> None:
        super().__init__(message, context)
        self.hint = hint


class Words(click.Group):
    """A verb with words below it: `add posts`, `model ls`."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{"no_args_is_help": False, **settings})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its examples before its prose; None if there is none."""
        found = super().get_command(ctx, cmd_name)
        return examples_first(found) if found else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click's; raises MisspeltCommand with the nearest names for a word that is none."""
        word = args[0]
        if not ctx.resilient_parsing and self.get_command(ctx, word) is None and not word.startswith("-"):
            raise misspelt(self, ctx, word)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Like click's; raises MisspeltCommand if nothing was typed after the group's name."""
        if not (args or ctx.resilient_parsing or self.no_args_is_help):
            expected = expected_words(self.list_commands(ctx))
            raise MisspeltCommand(
                f"expected {expected} after `{ctx.command_path}`, found nothing", help_of(ctx), ctx
            )
        return super().parse_args(ctx, args)


class Verbs(Words):
    """All verbs. A verb's module is imported when that verb is called, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the help; no aliases."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the verb, which may be given by an alias."""
        verb = ALIASES.get(cmd_name, cmd_name)
        if verb not in VERBS:
            return None
        command: click.Command = importlib.import_module(module_of(verb)).command
        return _with_aliases(examples_first(command), verb)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; the hint of an error repeats --lab if it was given."""
        try:
            return super().invoke(ctx)
        except GlaswerkError as error:
            error.hint = with_lab(error.hint, ctx.meta.get(LAB_GIVEN)) if error.hint else None
            raise

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs that begin so, with their lines; none is imported."""
        from click.shell_completion import CompletionItem

        verbs = [
            CompletionItem(verb, help=line) for verb, line in VERBS.items() if verb.startswith(incomplete)
        ]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The page of `glaswerk --help`: under 60 lines of 80 columns."""
        tagline, examples = inspect.cleandoc(self.help or "").split(f"\n\n{_EXAMPLES}")
        formatter.write(f"Usage: glaswerk [-h] [-V] VERB ...\n\n{tagline}\n")
        for example in examples.splitlines():
            formatter.write(f"  {example}\n")
        width = max(map(len, VERBS))
        for section, verbs in SECTIONS.items():
            formatter.write(f"\n{section}\n")
            for verb, line in verbs.items():
                formatter.write(f"  {verb:{width}} {line}\n")
        formatter.write("\n" + textwrap.fill(f"More: {', '.join(MORE)}", 80) + "\n")
        formatter.write("`help VERB` has examples, `completion --install` sets up your shell.\n")


def examples_first(command: click.Command) -> click.Command:
    """Move the examples in a command's help (its first block after \\b) before the prose."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    examples = [one for one in paragraphs if one.startswith(_EXAMPLES)]
    if not examples or paragraphs[0] is examples[0]:
        return command
    prose = [one for one in paragraphs if one is not examples[0]]
    command.short_help = command.short_help or " ".join(prose[0].split()).removesuffix(".")
    command.help = "\n\n".join([examples[0], *prose])
    return command


def _with_aliases(command: click.Command, verb: str) -> click.Command:
    names = ", ".join(f"`glaswerk {alias}`" for alias, meant in ALIASES.items() if meant == verb)
    if names and names not in (command.help or ""):
        command.help = f"{command.help}\n\nAlso called {names}."
    return command


def misspelt(group: Words, context: click.Context, word: str) -> MisspeltCommand:
    """The error for a word that is no command of the group."""
    known = group.list_commands(context)
    near = nearest(word, [*known, *ALIASES] if isinstance(group, Verbs) else known)
    question = f"did you mean {' or '.join(f'`{name}`' for name in near)}? " if near else ""
    after = (
        "a verb" if isinstance(group, Verbs) else f"{expected_words(known)} after `{context.command_path}`"
    )
    return MisspeltCommand(
        f"expected {after}, found {word[:80]!r}",
        f"{question}`{help_of(context)}` lists all",
        context,
    )


def expected_words(known: Sequence[str]) -> str:
    """ "ls, show or rm"."""
    return " or ".join(filter(None, (", ".join(known[:-1]), known[-1])))


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three names that a user may have meant, the most likely one first."""
    return get_close_matches(word.casefold(), list(known), n=3, cutoff=0.6)


def help_of(context: click.Context) -> str:
    """The command that shows the help of a context's command."""
    program, *path = context.command_path.split(" ")
    return " ".join([program, "help", *path])
