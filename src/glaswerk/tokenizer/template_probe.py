"""Whether a chat template writes what a dialogue says: one that does not makes every answer the same."""

from __future__ import annotations

from collections.abc import Mapping

from glaswerk.tokenizer.chat_format import TEMPLATE_DATE
from glaswerk.tokenizer.template_renderer import render

# Of the same length, so that a template that only counts does not pass.
_ASKED = ("How deep is the mill pond?", "Who sold bread last Sunday")


def fault_of_template(source: str, tokens: Mapping[str, str]) -> str:
    """What is wrong with a template, "" if nothing is: it is empty, or its text does not depend on messages.

    tokens: special tokens that it may name. A template that refuses these questions is not judged. Raises
    GlaswerkError if it does not parse.
    """
    if not source.strip():
        return "it is empty"
    asked = [{**tokens, "messages": [{"role": "user", "content": text}]} for text in _ASKED]
    both = [{**variables, "add_generation_prompt": True} for variables in asked]
    first, second = (found.text for found in render(source, TEMPLATE_DATE, both))
    if first is None or first != second:
        return ""
    return "it writes the same text whatever the messages say" if first.strip() else "it writes nothing"
