"""The files that make up a tokenizer, in tokenizer folders and in model folders."""

from __future__ import annotations

import shutil
from pathlib import Path

from glaswerk.core.artifact_files import CHAT_TEMPLATE, TOKENIZER, TOKENIZER_CONFIG

FILES = (TOKENIZER, TOKENIZER_CONFIG, CHAT_TEMPLATE)


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Copy the tokenizer, and the chat template if there is one, into a model folder."""
    for name in FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
