"""The group of all verbs, and the one place where errors become words and exit codes."""

from __future__ import annotations

import errno
import importlib
import shlex
import sqlite3
import sys

import click

import glaswerk
from glaswerk.core.errors import GlaswerkError

# verb → one line for `--help`, so that listing the verbs imports none of them.
VERBS = {
    "init": "Make a lab in a folder.",
    "status": "What the lab holds, what is stale, what it cost.",
    "log": "The commands that ran in the lab.",
    "town": "Write the made-up town: archives, gazette, pictures, chats, answer key.",
    "add": "Add posts, documents or chats to the lab.",
    "curate": "Filter, deduplicate, mask and split all sources into a corpus.",
    "diff": "What differs between two corpora.",
    "explain": "What a reason means, and how to change it.",
    "lineage": "What a thing was made from, and what was made from it.",
    "verify": "Whether a thing and all that it was made from are still what they were.",
    "attest": "How a model came about, as an in-toto statement with SLSA provenance.",
    "sign": "Sign a model with a local key.",
    "why": "The whole history of a document: sources, decisions, tokens, models.",
    "rights": "Licence, origin and audience of everything in the lab.",
    "forget": "Mark a document, an author or a source to be forgotten; say what it reaches.",
    "what-if": "What it would take to be without an author, a document or a source; carry it out.",
    "retrain": "Retrain a model without documents that were forgotten.",
    "rebuild": "Make corpora, shards and index anew, without what was forgotten; purge the sources.",
    "tokenizer": "Train the tokenizer on the corpus.",
    "pack": "Encode the corpus into shards with the span of every document.",
    "adopt": "Take open weights into the lab: a Hugging Face folder or a GGUF file.",
    "plan": "What a training run will take: memory, time, price, energy.",
    "train": "Pretrain a model on the shards.",
    "tune": "Tune a model on the chats.",
    "reproduce": "Make a model again in a new lab and compare every digest.",
    "export": "Write a model as one GGUF file.",
    "release": "Write a model with the papers about it: AI Act summary, model card, BOM.",
    "index": "Index the shards for tracing.",
    "trace": "Where a text occurs verbatim in the training data.",
    "count": "How often a phrase stands in the training data.",
    "search": "The training documents that hold a phrase.",
    "evaluate": "Measure compression, truth and political lean; write the trust report.",
    "chat": "Chat with a model in the terminal.",
    "serve": "Serve the OpenAI-compatible API and the chat page.",
    "demo": "The whole path on the made-up town, then the chat page.",
}


def _module(verb: str) -> str:
    return f"{verb.replace('-', '_')}_verb"


class Verbs(click.Group):
    """Imports `glaswerk.cli.<verb>_verb` only when that verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"glaswerk.cli.{_module(cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(glaswerk.__version__, prog_name="glaswerk")
def cli() -> None:
    """From your own content to your own chat, every answer traced to its sources.

    \b
    glaswerk demo                                   the whole path on a made-up town
    glaswerk init my-lab && cd my-lab
    glaswerk add posts archive.zip --licence own
    glaswerk curate && glaswerk tokenizer && glaswerk pack
    glaswerk train --size 2M && glaswerk tune && glaswerk index
    glaswerk serve
    """


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 a mistake to mend, 2 wrong usage, 130 interrupted."""
    try:
        code = cli.main(prog_name="glaswerk", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except GlaswerkError as error:
        fail(error.message, error.hint)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"\nstopped; run it again to go on: {command_line()}", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except MemoryError:
        fail("the machine's memory is used up", "take a smaller --size, --context or batch")
    except Exception as error:
        if not _is_system(error):
            raise
        _fail_system(error)


def fail(message: str, hint: str | None = None) -> None:
    """Print an error, and its hint on a line of its own, and exit with 1."""
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)
    sys.exit(1)


def command_line() -> str:
    """The command as typed, to be typed again."""
    return shlex.join(["glaswerk", *sys.argv[1:]])


def _is_system(error: Exception) -> bool:
    """The system's refusals; libraries in Rust wrap them in exceptions of their own."""
    return isinstance(error, (OSError, sqlite3.OperationalError)) or _is_full(error)


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    words = ("No space left on device", "os error 28", "database or disk is full", "disk I/O error")
    return any(word in str(error) for word in words)


def _fail_system(error: Exception) -> None:
    if _is_full(error):
        fail(f"the disk is full: {error}", f"free some space and run it again: {command_line()}")
    if isinstance(error, PermissionError):
        fail(f"no permission: {error}", "check who owns the lab's folder")
    fail(f"the system refused: {error}", f"then run it again: {command_line()}")
