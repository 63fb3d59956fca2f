"""`glaswerk adopt`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing


@click.command("adopt")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name in the lab.  [default: the model's own]")
@click.option("--licence", default="", help="SPDX id.  [default: what the files say]")
@lab_option
@json_option
def command(path: Path, name: str, licence: str, lab_path: Path, as_json: bool) -> None:
    """Take open weights into the lab: a Hugging Face folder or a GGUF file (llama, qwen2, qwen3, gemma3).

    \b
    glaswerk adopt ~/models/SmolLM2-135M-Instruct.Q4_1.gguf --name smollm2
    glaswerk pack --tokenizer smollm2 && glaswerk tune --base smollm2 --lora 16
    """
    from glaswerk.model.adopt import adopt

    with writing(lab_path) as lab:
        made = adopt(lab, path, name=name, licence=licence)
    show(made.tokenizer, as_json, entries=made.tokenizer.stats["vocab_size"])
    show(made.model, as_json, parameters=made.model.stats["parameters"], licence=made.model.config["licence"])
    if not as_json:
        click.echo("what these weights were trained on is unknown: glaswerk rights", err=True)
