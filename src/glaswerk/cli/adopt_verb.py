"""`glaswerk adopt`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, licence_option
from glaswerk.cli.session import next_step, show_all, writing


@click.command("adopt")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name in the lab.  [default: from the files]")
@licence_option(required=False, help="SPDX id.  [default: the licence in the files]")
@lab_option
@json_option
def command(path: Path, name: str, licence: str, lab_path: Path, as_json: bool) -> None:
    """Import open weights with their tokenizer: a Hugging Face folder or a GGUF file.

    \b
    glaswerk adopt ~/models/SmolLM2-135M-Instruct.Q4_1.gguf --name smollm2
    glaswerk adopt ~/models/Qwen3-0.6B --licence Apache-2.0

    Families: the text models of llama, mistral, qwen, gemma, phi, olmo, granite, gpt2, gpt-oss and more; a
    folder of another one is refused with the complete list. To tune the model: glaswerk pack --tokenizer
    smollm2, then glaswerk tune --base smollm2 --lora 16.
    """
    from glaswerk.model.adopt import adopt

    with writing(lab_path) as lab:
        made = adopt(lab, path, name=name, licence=licence)
    stats, config = made.model.stats, made.model.config
    figures = {"parameters": stats["parameters"], "licence": config["licence"]}
    if files := config["licence_files"]:
        figures["terms"] = ", ".join(files)
    show_all(
        [(made.tokenizer, {"entries": made.tokenizer.stats["vocab_size"]}), (made.model, figures)], as_json
    )
    if not as_json:
        echo("what these weights were trained on is unknown", err=True)
        next_step(f"glaswerk pack --tokenizer {made.tokenizer.name}")
