"""`glaswerk serve`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.forgotten_warning import warn_of_forgotten
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab


@click.command("serve")
@click.option("--model", default="", help="Model to serve.  [default: the newest chat model]")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; any but loopback is open to others.",
)
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
@lab_option
def command(model: str, host: str, port: int, open_browser: bool, lab_path: Path) -> None:
    """Serve the OpenAI-compatible API (/v1) and the chat page (/).

    \b
    glaswerk serve --open
    glaswerk serve --model chat --port 8080
    """
    from glaswerk.serve import serve
    from glaswerk.serve.chosen_model import choose_model

    lab = open_lab(lab_path)
    warn_of_forgotten(lab, choose_model(lab, model))
    serve(lab, model=model, host=host, port=port, open_browser=open_browser)
