"""`glaswerk verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.model_folders import folder_of, is_folder, signature_beside
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import short
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.lineage.verify import Checked


@click.command("verify")
@click.argument("thing", required=False)
@click.option("--all", "everything", is_flag=True, help="Check everything in the lab.")
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also check the signature of a model against this key.",
)
@click.option(
    "--signature",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the signature.  [default: next to the model]",
)
@lab_option
@json_option
def command(
    thing: str | None,
    everything: bool,
    public_key: Path | None,
    signature: Path | None,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Check that THING and everything it was made from are still what was recorded, byte for byte.

    \b
    glaswerk verify chat
    glaswerk verify --all --json | jq '.artifacts[] | select(.faults != [])'
    glaswerk verify chat --public-key release.key.pub
    glaswerk verify ./release --public-key release.key.pub --signature release.sig

    Every file is compared with its manifest, and every manifest with the ledger. THING is an artifact, named
    as for `glaswerk lineage`, or a traced answer, whose model and index are checked. The exit code is 1 if
    anything does not match. With --public-key, THING may also be a folder outside any lab (./FOLDER), of
    which only the signature is checked.
    """
    if (thing is None) != everything:
        found_words = "both" if everything else "neither"
        raise GlaswerkError(f"expected a THING or --all, found {found_words}", hint="glaswerk verify --all")
    if everything and public_key is not None:
        raise GlaswerkError("expected one model with --public-key, found --all", hint="glaswerk verify MODEL")
    if signature is not None and public_key is None:
        raise GlaswerkError("expected --public-key with --signature, found none", hint="--public-key KEY.pub")
    if thing is not None and is_folder(thing):
        if public_key is None:
            raise GlaswerkError(
                f"{thing} is a folder, of which only the signature can be checked",
                hint="--public-key KEY.pub",
            )
        found, folder = list["Checked"](), folder_of(lab_path, thing)
    else:
        found, folder = _checked(open_lab(lab_path), thing)
    refusal = _refusal(folder, signature, public_key)
    if as_json:
        signed = None if public_key is None else refusal is None
        said = {"artifacts": [asdict(one) for one in found], "signature_holds": signed}
        print_json(said)
    else:
        _print(found)
        if public_key is not None and refusal is None:
            echo(f"the signature of {folder.name} holds")
    _fail(found, refusal)


def _checked(lab: Lab, thing: str | None) -> tuple[list[Checked], Path]:
    """The result for a thing and everything upstream of it, or for the complete lab; and its folder."""
    from glaswerk.core.progress import progress_bar
    from glaswerk.lab.answer_records import read_answer
    from glaswerk.lineage.graph import KINDS, resolve
    from glaswerk.lineage.verify import Register, check, everything, size, targets

    register = Register.read(lab)
    graph, folder = register.graph(), lab.root
    if thing is None:
        nodes = everything(register)
    elif (answer := read_answer(lab, thing.strip())) is not None:
        graph = graph.with_answer(answer, dict.fromkeys(answer.documents, ()))
        folder /= targets(register, [graph.nodes[answer.model]])[0].path
        nodes = targets(register, [made for made in graph.upstream(answer.id) if made.kind in KINDS])
    else:
        root = resolve(graph, thing)
        folder /= targets(register, [root])[0].path
        nodes = targets(register, graph.upstream(root.id))
    with progress_bar("checking bytes", size(register, nodes)) as bar:
        return [check(register, node, lambda read: bar.advance_bytes(read, read)) for node in nodes], folder


def _refusal(folder: Path, signature: Path | None, public_key: Path | None) -> GlaswerkError | None:
    """Why a signature does not hold; None if it does, or if none is to be checked."""
    from glaswerk.lineage.signing import check_signature

    if public_key is None:
        return None
    try:
        check_signature(folder, signature or signature_beside(folder), public_key)
    except GlaswerkError as error:
        return error
    return None


def _fail(found: list[Checked], refusal: GlaswerkError | None) -> None:
    wrong = [one for one in found if one.faults]
    if wrong:
        listed = ", ".join(f"{one.kind} {one.name}" for one in wrong)
        more = f"; {refusal.message}" if refusal else ""
        raise GlaswerkError(
            f"{len(wrong)} of {len(found)} artifacts do not match: {listed}{more}",
            hint="restore the files from a copy, or move the folder aside with mv and make it again",
        )
    if refusal:
        raise refusal


def _print(found: list[Checked]) -> None:
    if not found:
        return
    width = max(len(f"{one.kind} {one.name}") for one in found)
    for one in found:
        about = f"{f'{one.kind} {one.name}':{width}}  {short(one.id)}"
        read = f"{one.files:,} files, {one.bytes:,} bytes" if one.files else ""
        words = "rebuilt since: gone" if one.state == "rebuilt" else one.state
        echo("  ".join(filter(None, (about, words, read, *one.notes))))
        for fault in one.faults:
            echo(f"  {fault}")
    matching = sum(one.state == "matches" for one in found)
    echo(f"{matching} of {len(found)} match")
