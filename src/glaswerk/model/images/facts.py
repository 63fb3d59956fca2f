"""What a server needs to know of a picture model without loading its weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.images.folder import INDEX
from glaswerk.model.images.prompts import Prompts


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """`side` of the pictures that it learned and of its patches, in pixels."""

    side: int
    patch: int
    prompts: Prompts

    def words(self, prompt: str) -> int:
        """Tokens of a prompt, as far as it is read."""
        return len(self.prompts.ids(prompt))


@lru_cache(maxsize=8)
def facts_of(folder: Path) -> PictureFacts:
    """Read from the folder. Raises GlaswerkError if it is damaged."""
    try:
        index = json.loads((folder / INDEX).read_bytes())
        config = json.loads((folder / "transformer" / "config.json").read_bytes())
        prompts = Prompts.load(folder / "tokenizer", int(index["prompt_max_tokens"]))
        return PictureFacts(int(index["default_sample_size"]), int(config["patch_size"]), prompts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GlaswerkError(
            f"expected a picture model in {folder}, found: {error}",
            hint="glaswerk verify --all names what is damaged",
        ) from error
