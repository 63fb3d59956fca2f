"""`glaswerk sign`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.model_folders import folder_of, signature_beside
from glaswerk.cli.options import lab_option
from glaswerk.core.errors import GlaswerkError


@click.command("sign")
@click.argument("model", required=False)
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The private key, a PEM file."
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the signature.  [default: next to the model]",
)
@click.option(
    "--new-key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a new private key here, and its public key to PATH.pub.",
)
@lab_option
def command(
    model: str | None, key: Path | None, to: Path | None, new_key: Path | None, lab_path: Path
) -> None:
    """Sign MODEL, or any folder, with a local key (OpenSSF Model Signing, ECDSA P-256).

    \b
    glaswerk sign --new-key release.key
    glaswerk sign chat --key release.key
    glaswerk sign ./release --key release.key --to release.sig

    MODEL is a model of the lab, or a path that begins with / or ./ or ../. The signature is checked offline,
    wherever the folder is, by `glaswerk verify MODEL --public-key KEY.pub`.
    """
    from glaswerk.lineage import signing

    if new_key is not None and model is None and key is None:
        public = signing.new_key(new_key)
        echo(f"private key {new_key} (keep it to yourself), public key {public} (give it away)")
        return
    if model is None or key is None or new_key is not None:
        raise GlaswerkError(
            "expected a MODEL and --key, or only --new-key", hint="glaswerk sign --new-key release.key"
        )
    folder = folder_of(lab_path, model)
    signature = to or signature_beside(folder)
    signing.sign(folder, key, signature)
    echo(f"signature {os.path.relpath(signature)}")
