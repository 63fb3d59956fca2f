"""What holds an answer to its tools and its form, and reads both from its text: grammars and readers."""

from __future__ import annotations

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines.job import Grammar
from glaswerk.infer.grammar import GrammarSource, tool_call
from glaswerk.serve.chat_parts.choice import Choice
from glaswerk.serve.chat_parts.prompt import CHAT, ChatPrompt, Places
from glaswerk.serve.chat_parts.thoughts import Thoughts
from glaswerk.serve.chat_parts.tool_texts import CallReader, EnforcedCall, FreeCalls
from glaswerk.serve.chat_parts.tools import Tools
from glaswerk.serve.fields import unsupported
from glaswerk.serve.served_model import ServedModel


class Keeping:
    """Of the answers of one model. Safe for several threads."""

    def __init__(self, served: ServedModel) -> None:
        self._served = served

    def grammars(
        self, tools: Tools, form: GrammarSource | None, count: int = 1, places: Places = CHAT
    ) -> list[Grammar | None]:
        """A grammar for each of `count` answers, or None. Raises ApiError 400 for one that cannot be kept."""
        required = tools.choice == "required"
        where = "tool_choice" if required else places.form
        if not required and form is None:
            return [None] * count
        if "grammar" not in self._served.tokens.abilities:
            raise unsupported(where, "is not supported by the engine of this model; leave it out")
        try:
            source = tool_call(tools.schemas()) if required else form
            assert source is not None, "one of the two asked for a grammar"
            return [self._served.grammars.matcher(source) for _ in range(count)]
        except GlaswerkError as error:
            raise unsupported(where, f"cannot be kept: {error}") from error


def reading(tools: Tools, form: GrammarSource | None, prompt: ChatPrompt, grammar: Grammar | None) -> Choice:
    """What reads an answer: its calls, and its thoughts if it may have any."""
    reader: CallReader | None = None
    if tools.choice == "required":
        reader = EnforcedCall()
    elif tools.offered and form is None:
        reader = FreeCalls(tools.functions.keys(), parallel=tools.parallel)
    parting = Thoughts(begun=prompt.begun) if prompt.thinks and grammar is None else None
    return Choice(reader, parting, old=tools.old)
