"""`glaswerk adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, licence_option
from glaswerk.cli.session import next_step, open_lab, print_json, show_all, writing
from glaswerk.core.errors import GlaswerkError

if TYPE_CHECKING:
    from glaswerk.model.adopt import Adopted
    from glaswerk.model.hub_name import HubModel


@click.command("adopt")
@click.argument("path", type=click.Path(), metavar="PATH|hf:ORG/NAME")
@click.option("--name", default="", help="Name in the lab.  [default: from the files]")
@licence_option(required=False, help="SPDX id.  [default: the licence in the files]")
@click.option("--dry-run", is_flag=True, help="hf: print commit, files and sizes, and download nothing.")
@lab_option
@json_option
def command(path: str, name: str, licence: str, dry_run: bool, lab_path: Path, as_json: bool) -> None:
    """Import open weights with their tokenizer: from a hub, a Hugging Face folder or a GGUF file.

    \b
    glaswerk adopt hf:HuggingFaceTB/SmolLM2-135M-Instruct --name smollm2
    glaswerk adopt hf:HuggingFaceTB/SmolLM2-135M-Instruct@main --dry-run
    glaswerk adopt ~/models/SmolLM2-135M-Instruct.Q4_1.gguf --name smollm2
    glaswerk adopt ~/models/Qwen3-0.6B --licence Apache-2.0

    From a hub come safetensors and the texts beside them, pinned to a commit; Ctrl-C keeps what is there, and
    the same command goes on. HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are obeyed.

    Families: the text models of llama, mistral, qwen, gemma, phi, olmo, granite, gpt2, gpt-oss and more; a
    folder of another one is refused with the complete list. To train the model on your texts: glaswerk pack
    --tokenizer smollm2, then glaswerk train --base smollm2; on your dialogues: glaswerk tune --base smollm2.
    """
    from glaswerk.model.hub_name import HubModel

    hub = HubModel.parse(path)
    if dry_run:
        _plan(lab_path, path, hub, name, as_json)
        return
    with writing(lab_path) as lab:
        if hub is not None:
            from glaswerk.model.hub_adopt import adopt_from_hub

            made = adopt_from_hub(lab, hub, name=name, licence=licence)
        else:
            from glaswerk.model.adopt import adopt

            made = adopt(lab, Path(path), name=name, licence=licence)
    _show(made, as_json)


def _plan(lab_path: Path, path: str, hub: HubModel | None, name: str, as_json: bool) -> None:
    from glaswerk.model.hub_adopt import plan_adoption

    if hub is None:
        raise GlaswerkError(
            f"--dry-run is for models of a hub, found {path!r:.200}",
            hint="glaswerk adopt hf:ORG/NAME --dry-run",
        )
    planned = plan_adoption(open_lab(lab_path), hub, name=name)
    if as_json:
        print_json(planned)
        return
    commit, licence = planned["commit"], planned["licence"] or "not stated in its card"
    echo(f"hf:{hub.repo}@{commit}  {planned['bytes'] / 1e6:,.1f} MB  licence {licence}")
    for file in planned["files"]:
        echo(f"  {file['bytes']:>16,}  {file['name']}")
    if planned["gated"]:
        echo("its owner gives the files out only to those who accepted its terms", err=True)


def _show(made: Adopted, as_json: bool) -> None:
    stats, config = made.model.stats, made.model.config
    figures = {"parameters": stats["parameters"], "licence": config["licence"]}
    if files := config["licence_files"]:
        figures["terms"] = ", ".join(files)
    if origin := config.get("hub"):
        figures["from"] = f"hf:{origin['repository']}@{origin['commit']}"
    show_all(
        [(made.tokenizer, {"entries": made.tokenizer.stats["vocab_size"]}), (made.model, figures)], as_json
    )
    if not as_json:
        echo("what these weights were trained on is unknown", err=True)
        next_step(f"glaswerk pack --tokenizer {made.tokenizer.name}")
