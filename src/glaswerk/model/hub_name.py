"""The names of models on a hub: `hf:ORG/NAME`, with `@REVISION` for another branch, tag or commit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError

PREFIX = "hf:"
_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_-])?"
_NAME = re.compile(rf"({_PART}/{_PART})(?:@([A-Za-z0-9_][A-Za-z0-9_./-]{{0,249}}))?")
# Addresses as people copy them from a browser.
_ADDRESS = re.compile(
    rf"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/({_PART}/{_PART})(?:/tree/([^/?#]+))?/?"
)
MAIN = "main"


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model of a hub, and which of its revisions: a branch, a tag or a commit."""

    repo: str
    revision: str = MAIN

    @property
    def name(self) -> str:
        """The name without its owner."""
        return self.repo.partition("/")[2]

    def __str__(self) -> str:
        return f"{PREFIX}{self.repo}" + ("" if self.revision == MAIN else f"@{self.revision}")

    @classmethod
    def parse(cls, text: str) -> HubModel | None:
        """The model that `text` names; None if it is no name of a hub, but a path.

        Raises GlaswerkError for a name that no hub can have, and for an address of a page.
        """
        if address := _ADDRESS.fullmatch(text):
            raise GlaswerkError(
                f"expected the name of a model, found the address {text!r:.200}",
                hint=f"glaswerk adopt {cls(address[1], address[2] or MAIN)}",
            )
        if not text.startswith(PREFIX):
            return None
        found = _NAME.fullmatch(text.removeprefix(PREFIX))
        if found is None or ".." in text or "--" in text:
            raise GlaswerkError(
                f"expected hf:ORG/NAME or hf:ORG/NAME@REVISION, found {text!r:.200}",
                hint="glaswerk adopt hf:HuggingFaceTB/SmolLM2-135M-Instruct",
            )
        return cls(found[1], found[2] or MAIN)
