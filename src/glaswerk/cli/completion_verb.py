"""`glaswerk completion`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from glaswerk.cli.echo import echo, echo_text
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic

SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_GLASWERK_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@click.option("--install", is_flag=True, help="Write the script to the shell's own folder for completions.")
@click.pass_context
def command(context: click.Context, shell: str | None, install: bool) -> None:
    """Completion of verbs, options and file names. SHELL is by default the one in $SHELL.

    \b
    glaswerk completion --install
    glaswerk completion bash > glaswerk.bash && source glaswerk.bash

    --install writes ~/.local/share/bash-completion/completions/glaswerk for bash (which needs the package
    bash-completion), ~/.config/fish/completions/glaswerk.fish for fish, ~/.zfunc/_glaswerk for zsh.
    """
    shell = shell or _own_shell()
    script = _script(shell, context.find_root().command)
    if not install:
        echo_text(script, nl=False)
        return
    place = place_of(shell)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(place, script)
    echo(f"completion for {shell} written to {place}")
    if shell == "zsh":
        echo("next: add to ~/.zshrc: fpath+=~/.zfunc; autoload -Uz compinit; compinit", err=True)
    echo("next: open a new terminal", err=True)


def place_of(shell: str) -> Path:
    """Where a shell looks for a user's completion scripts (XDG folders for bash and fish)."""
    home = Path.home()
    if shell == "zsh":
        return Path(os.environ.get("ZDOTDIR") or home) / ".zfunc" / "_glaswerk"
    if shell == "fish":
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        return config / "fish" / "completions" / "glaswerk.fish"
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "bash-completion" / "completions" / "glaswerk"


def _own_shell() -> str:
    name = Path(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise GlaswerkError(
            f"expected bash, zsh or fish in $SHELL, found {name!r}", hint="glaswerk completion bash"
        )
    return name


def _script(shell: str, cli: click.Command) -> str:
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, "click completes each of SHELLS"
    script = found.source_template % found(cli, {}, "glaswerk", _VARIABLE).source_vars()
    return script.lstrip("\n")
