"""`glaswerk serve`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.forgotten_warning import warn_of_forgotten
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab


@click.command("serve")
@click.option(
    "--model",
    "models",
    multiple=True,
    help="Model to serve; repeat for several.  [default: the newest chat model]",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; any but loopback is open to others.",
)
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
@lab_option
def command(models: tuple[str, ...], host: str, port: int, open_browser: bool, lab_path: Path) -> None:
    """Serve the OpenAI-compatible API (/v1) and the chat page (/).

    \b
    glaswerk serve --open
    glaswerk serve --model chat --model base --port 8080
    """
    from glaswerk.serve import serve
    from glaswerk.serve.offers.offer import offers_of

    lab = open_lab(lab_path)
    for offer in offers_of(lab, models):
        if found := offer.artifact():
            warn_of_forgotten(lab, found)
    serve(lab, model=models, host=host, port=port, open_browser=open_browser)
