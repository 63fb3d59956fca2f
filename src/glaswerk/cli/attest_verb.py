"""`glaswerk attest`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from glaswerk.cli.echo import echo, echo_text
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.terminal import visible_json


@click.command("attest")
@click.argument("model")
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), help="File to write.  [default: standard output]"
)
@lab_option
def command(model: str, to: Path | None, lab_path: Path) -> None:
    """Write how MODEL was made, as an in-toto statement with SLSA provenance: JSON that others can check.

    \b
    glaswerk attest chat
    glaswerk attest chat --to chat.intoto.json

    The statement has the SHA-256 of each of the model's files, its settings and everything it was made from.
    A model whose files are not what the ledger recorded is refused.
    """
    from glaswerk.core.progress import progress_bar
    from glaswerk.lineage.attestation import attest
    from glaswerk.lineage.graph import resolve
    from glaswerk.lineage.verify import Register, size, targets

    register = Register.read(open_lab(lab_path))
    node = resolve(register.graph(), model)
    if node.kind != "model":
        raise GlaswerkError(f"expected a model, found the {node.kind} {node.name}", hint="glaswerk model ls")
    with progress_bar("checking bytes", size(register, targets(register, [node]))) as bar:
        statement = attest(register, node, lambda read: bar.advance_bytes(read, read))
    text = json.dumps(statement, indent=2, ensure_ascii=False) + "\n"
    if to is None:
        echo_text(visible_json(text), nl=False)
    else:
        write_atomic(to, text)
        predicate = statement["predicate"]["buildDefinition"]
        dependencies = len(predicate["resolvedDependencies"])
        echo(f"{to}: {len(statement['subject'])} files, {dependencies} dependencies")
