"""`glaswerk help`."""

from __future__ import annotations

import click

from glaswerk.cli.echo import echo_text
from glaswerk.cli.groups import Words, misspelt


@click.command("help")
@click.argument("words", nargs=-1, metavar="[VERB [WORD]]")
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a VERB, or the list of all verbs.

    \b
    glaswerk help train
    glaswerk help add posts
    """
    shown = context.find_root()
    for word in words:
        if not isinstance(shown.command, click.Group):
            raise click.UsageError(f"expected nothing after `{shown.command_path}`, found {word!r}", shown)
        found = shown.command.get_command(shown, word)
        if found is None:
            assert isinstance(shown.command, Words)
            raise misspelt(shown.command, shown, word)
        shown = click.Context(found, info_name=word, parent=shown)
    echo_text(shown.get_help())
