"""`glaswerk mcp`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab

if TYPE_CHECKING:
    from starlette.applications import Starlette


@click.command("mcp")
@click.option("--model", default="", help="Model that answers `ask`.  [default: the newest chat model]")
@lab_option
def command(model: str, lab_path: Path) -> None:
    """The lab as an MCP server on standard input and output: search, trace, why and ask.

    \b
    glaswerk mcp --lab ~/lab
    claude mcp add lab -- glaswerk mcp --lab ~/lab

    A program such as Claude or an editor starts it. `glaswerk serve` has the same at /mcp over HTTP. A lab
    with keys of the API takes one from the environment: GLASWERK_API_KEY.
    """
    import asyncio

    from glaswerk.core.extras import load_extra

    lab = open_lab(lab_path)
    load_extra("mcp", "mcp", "MCP servers")
    from glaswerk.serve.as_mcp.stdio import run_stdio

    def app_of() -> Starlette:
        from glaswerk.serve import create_app

        return create_app(lab, model)

    key = os.environ.get("GLASWERK_API_KEY", "")
    asyncio.run(run_stdio(app_of, {"authorization": f"Bearer {key}"} if key else {}))
