"""Answers in the terminal that rest on quotes: as the chat page gives them, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glaswerk.cli.echo import echo, echo_error
from glaswerk.cli.found import print_found
from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.retrieve import Grounds, Retriever, ground
from glaswerk.retrieve.prompt import TOKENS, prompt
from glaswerk.retrieve.support import claims

if TYPE_CHECKING:
    from glaswerk.infer import Engine


class GroundedChat:
    """One conversation over the passages of a lab."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def answer(self, engine: Engine, asked: Sequence[str]) -> None:
        """Print quotes for the last question, and below them what the model says that they bear out."""
        found = ground(self._retriever, asked[-1], asked[:-1])
        print_found(found)
        if found.quotes:
            self._say(engine, found)
        echo()

    def _say(self, engine: Engine, found: Grounds) -> None:
        passages = [quote.hit.text for quote in found.quotes]
        messages = [Message(role="user", content=prompt(found.question, passages))]
        try:
            text = "".join(d.text for d in engine.stream(messages, temperature=0, max_tokens=TOKENS))
        except GlaswerkError as error:
            echo_error(error.message, error.hint)
            return
        for claim in claims(text, found.question, passages):
            if claim.passage is not None:
                echo(f"the model, {claim.mark} by quote {claim.passage + 1}: {claim.text}")
            else:
                echo(f"  left out of the model's words: {claim.reason}", err=True, dim=True)
