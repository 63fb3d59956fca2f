"""The files that are one tokenizer, as they lie in tokenizer and model folders."""

from __future__ import annotations

import shutil
from pathlib import Path

FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Put the tokenizer, and the chat template where there is one, into a model folder."""
    for name in FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
