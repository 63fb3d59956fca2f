"""`glaswerk sign`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from glaswerk.cli.options import lab_option
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


@click.command("sign")
@click.argument("model", required=False)
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The private key, a PEM file."
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The signature.  [default: beside the model]",
)
@click.option(
    "--new-key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a new private key here, and the public one beside it as PATH.pub.",
)
@lab_option
def command(
    model: str | None, key: Path | None, to: Path | None, new_key: Path | None, lab_path: Path
) -> None:
    """Sign a MODEL of the lab, or any folder, with a local key (OpenSSF Model Signing, ECDSA P-256).

    `glaswerk verify MODEL --public-key KEY.pub` checks it, offline, wherever the folder is.

    \b
    glaswerk sign --new-key release.key
    glaswerk sign chat --key release.key
    glaswerk sign ./release --key release.key --to release.sig
    """
    from glaswerk.lineage import signing

    if new_key is not None and model is None and key is None:
        public = signing.new_key(new_key)
        click.echo(f"private key {new_key} (keep it to yourself), public key {public} (give it away)")
        return
    if model is None or key is None or new_key is not None:
        raise GlaswerkError(
            "expected a MODEL and --key, or --new-key alone", hint="glaswerk sign --new-key release.key"
        )
    folder = folder_of(lab_path, model)
    signature = to or beside(folder)
    signing.sign(folder, key, signature)
    click.echo(f"signature {os.path.relpath(signature)}")


def folder_of(lab_path: Path, thing: str) -> Path:
    """The folder that a user names by a path with a slash at its beginning or after dots, or as a model.

    A model of the lab must be what the ledger says.
    """
    if is_folder(thing):
        if not Path(thing).is_dir():
            raise GlaswerkError(f"expected a folder, found none at {thing}")
        return Path(thing)
    from glaswerk.lineage.graph import resolve
    from glaswerk.lineage.verify import Register, check, targets

    register = Register.read(Lab.open(lab_path))
    node = resolve(register.graph(), thing)
    if node.kind != "model":
        raise GlaswerkError(f"expected a model, found the {node.kind} {node.name}", hint="glaswerk status")
    (place, *_) = targets(register, [node])
    found = check(register, place, lambda read: None)
    if found.state != "matches":
        words = "; ".join(found.faults) or "another was made in its place"
        raise GlaswerkError(f"model {node.name} is not signed: {words}", hint=f"glaswerk verify {thing}")
    return register.root / place.path


def is_folder(thing: str) -> bool:
    return thing.startswith(("/", "./", "../")) or thing in (".", "..")


def beside(folder: Path) -> Path:
    """Where the signature of a folder lies by default."""
    from glaswerk.lineage.signing import SUFFIX

    return folder.resolve().with_name(folder.resolve().name + SUFFIX)
