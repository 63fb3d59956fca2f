"""`ls`, `show` and `rm` of one kind of artifact: the groups `source`, `corpus` and `model` are made here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.groups import Words
from glaswerk.cli.invocation import command_line
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, open_lab, print_json, writing
from glaswerk.cli.tables import columns, size_words
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import short
from glaswerk.lab import Lab
from glaswerk.lab.artifact import Artifact, ArtifactKind
from glaswerk.lab.status import Entry, entries

if TYPE_CHECKING:
    from glaswerk.lineage.removal import Going, Removal

# Values of a list in the settings that `show` prints.
_LONG = 8


@dataclass(frozen=True)
class Noun:
    """A kind of artifact on the command line.

    `facts` gives the columns of `ls` that only this kind has, by their heads; `example` is a name for the
    help; `made_by` is the command that makes the first one.
    """

    kind: ArtifactKind
    plural: str
    example: str
    made_by: str
    facts: Callable[[Artifact], Mapping[str, str]]


def noun_group(noun: Noun) -> click.Group:
    """The group of a noun, with its three commands."""
    group = Words(noun.kind, help=_GROUP_HELP.format(**_words(noun)))
    for command in (_ls(noun), _show(noun), _rm(noun)):
        group.add_command(command)
    return group


_GROUP_HELP = """List, show and remove {plural} of the lab.

\b
glaswerk {kind} ls
glaswerk {kind} show {example}
glaswerk {kind} rm {example} --dry-run
"""
_LS_HELP = """List the {plural}, the oldest first: name, id, size, when it was made, and whether it is stale.

\b
glaswerk {kind} ls
glaswerk {kind} ls --json | jq -r '.[].name'
"""
_SHOW_HELP = """Show one {kind}: figures, settings, what it was made from and what depends on it.

\b
glaswerk {kind} show {example}
glaswerk {kind} show {example} --json

NAME is the name of a {kind}, its id, or at least four digits of the id.
"""
_RM_HELP = """Remove {plural} from the lab, with all of their files.

\b
glaswerk {kind} rm {example} --dry-run
glaswerk {kind} rm {example} --yes
glaswerk {kind} rm {example} --with-dependents --yes

It is refused while other artifacts depend on a {kind}; --with-dependents removes those as well, last made
first. The run folder of a model goes with it. The ledger keeps the history: `glaswerk lineage` shows what
was removed as gone. To make models unlearn content, use `glaswerk forget` and `glaswerk rebuild` instead.
"""


def _words(noun: Noun) -> dict[str, str]:
    return {"kind": noun.kind, "plural": noun.plural, "example": noun.example}


def _ls(noun: Noun) -> click.Command:
    @click.command("ls", help=_LS_HELP.format(**_words(noun)))
    @lab_option
    @json_option
    def command(lab_path: Path, as_json: bool) -> None:
        found = [entry for entry in entries(open_lab(lab_path)) if entry.artifact.kind == noun.kind]
        if as_json:
            print_json([entry_fields(entry) for entry in found])
        elif found:
            for line in _table(found, noun):
                echo(line)
        else:
            echo(f"the lab has no {noun.kind} yet", err=True)
            next_step(noun.made_by)

    return command


def _table(found: list[Entry], noun: Noun) -> list[str]:
    facts = [noun.facts(entry.artifact) for entry in found]
    head = ["name", "id", "size", *facts[0], "made", "state"]
    rows = [
        [
            entry.artifact.name,
            short(entry.artifact.id),
            size_words(entry.artifact.bytes),
            *fact.values(),
            entry.artifact.finished_at[:16].replace("T", " "),
            f"stale: {entry.stale}" if entry.stale else "ok",
        ]
        for entry, fact in zip(found, facts, strict=True)
    ]
    return list(columns(head, rows, right={2}))


def entry_fields(entry: Entry) -> dict[str, Any]:
    """An artifact and its state as JSON: see `cli.json_fields`."""
    made = entry.artifact
    return {
        "kind": made.kind,
        "name": made.name,
        "id": made.id,
        "digest": made.digest,
        "stale": entry.stale,
        "bytes": made.bytes,
        "seconds": made.seconds,
        "cpu_seconds": made.cpu_seconds,
        "finished_at": made.finished_at,
        "stats": dict(made.stats),
    }


def _show(noun: Noun) -> click.Command:
    @click.command("show", help=_SHOW_HELP.format(**_words(noun)))
    @click.argument("name")
    @lab_option
    @json_option
    def command(name: str, lab_path: Path, as_json: bool) -> None:
        made, fields = _detail_fields(open_lab(lab_path), noun.kind, name)
        if as_json:
            print_json(fields)
            return
        for line in _detail(fields, noun.facts(made)):
            echo(line)

    return command


def _detail_fields(lab: Lab, kind: ArtifactKind, name: str) -> tuple[Artifact, dict[str, Any]]:
    from glaswerk.lineage.graph import whole_graph
    from glaswerk.lineage.removal import dependents, named

    made, graph = named(lab, kind, name), whole_graph(lab)
    node = graph.nodes[made.id]
    inputs = [(edge.role, graph.nodes[edge.parent]) for edge in graph.near(made.id, "up")]
    (entry,) = [entry for entry in entries(lab) if entry.artifact == made]
    return made, {
        **entry_fields(entry),
        "path": os.path.relpath(made.path, lab.root),
        "recipe": node.recipe,
        "command": node.command,
        "config": dict(made.config),
        "inputs": [
            {"role": role, "id": one.id, "kind": one.kind, "name": one.name, "state": one.state}
            for role, one in inputs
        ],
        "dependents": [
            {"id": one.id, "kind": one.kind, "name": one.name} for one in dependents(lab, [made], graph)
        ],
    }


def _detail(fields: Mapping[str, Any], facts: Mapping[str, str]) -> list[str]:
    rows = [
        ("id", fields["id"]),
        ("digest", fields["digest"]),
        ("folder", fields["path"]),
        ("size", size_words(fields["bytes"])),
        *facts.items(),
        ("made", f"{fields['finished_at'][:19].replace('T', ' ')}, in {fields['seconds']:,.1f} s"),
        ("recipe", fields["recipe"] or "not recorded"),
        ("command", fields["command"] or "not recorded"),
        ("state", f"stale: {fields['stale']}" if fields["stale"] else "ok"),
        *(("made from", f"{i['role']}: {i['kind']} {i['name']}, {i['state']}") for i in fields["inputs"]),
        *(("needed by", f"{one['kind']} {one['name']}") for one in fields["dependents"]),
        ("settings", json.dumps(_abbreviated(fields["config"]), ensure_ascii=False)),
    ]
    return [f"{fields['kind']} {fields['name']}", *(f"  {name:10} {value}" for name, value in rows)]


def _abbreviated(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the length of each long list instead of the list."""
    return {
        key: f"{len(value):,} values" if isinstance(value, list) and len(value) > _LONG else value
        for key, value in config.items()
    }


def _rm(noun: Noun) -> click.Command:
    @click.command("rm", help=_RM_HELP.format(**_words(noun)))
    @click.argument("names", nargs=-1, required=True, metavar="NAME...")
    @click.option("--with-dependents", is_flag=True, help="Also remove everything that was made from it.")
    @click.option("--dry-run", is_flag=True, help="List what would be removed, and stop.")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @lab_option
    @json_option
    def command(
        names: tuple[str, ...],
        with_dependents: bool,
        dry_run: bool,
        yes: bool,
        lab_path: Path,
        as_json: bool,
    ) -> None:
        from glaswerk.lineage.removal import named, plan_removal, remove

        lab = open_lab(lab_path)
        planned = plan_removal(
            lab, [named(lab, noun.kind, name) for name in names], with_dependents=with_dependents
        )
        if not dry_run:
            _confirm(planned, yes)
            with writing(lab_path) as held:
                chosen = [named(held, noun.kind, name) for name in names]
                again = plan_removal(held, chosen, with_dependents=with_dependents)
                if again.ids() != planned.ids():
                    raise GlaswerkError(
                        "expected the lab as it was before the question, found it changed",
                        hint=command_line(),
                    )
                remove(held, again)
        _print_removal(planned, dry_run, as_json)

    return command


def _confirm(planned: Removal, yes: bool) -> None:
    """Ask on a terminal. Raises GlaswerkError where nobody can answer, click.Abort for a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise GlaswerkError(
            f"expected --yes to remove {_counted(planned)}, found no terminal to ask on",
            hint=f"{command_line()} --yes",
        )
    for one in planned.going:
        echo(f"  {_line(one)}", err=True)
    click.confirm(f"Remove {_counted(planned)}?", abort=True, err=True)


def _print_removal(planned: Removal, dry_run: bool, as_json: bool) -> None:
    if as_json:
        removed = [
            {"kind": one.artifact.kind, "name": one.artifact.name, "id": one.artifact.id, "bytes": one.bytes}
            for one in planned.going
        ]
        print_json({"removed": removed, "bytes": planned.bytes, "dry_run": dry_run})
        return
    for one in planned.going:
        echo(f"{'would remove' if dry_run else 'removed'} {_line(one)}")
    echo(f"{_counted(planned)} {'would be ' if dry_run else ''}freed")


def _line(one: Going) -> str:
    run = ", with its run folder" if one.run_folder else ""
    return f"{one.artifact.kind} {one.artifact.name}  {short(one.artifact.id)}  {size_words(one.bytes)}{run}"


def _counted(planned: Removal) -> str:
    count = len(planned.going)
    return f"{count} artifact{'' if count == 1 else 's'}, {size_words(planned.bytes)}"
