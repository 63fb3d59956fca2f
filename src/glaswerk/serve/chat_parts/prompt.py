"""The prompt of a chat request: its messages, tools and wishes through the model's chat template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.chat_parts.thoughts import CLOSE, OPEN
from glaswerk.serve.chat_parts.tools import Tools
from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import unsupported
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.chat_format import DialogueRefused

# What a model of another house is told after the list of tools, where its template does not know them.
_HOW = 'To call a tool, answer with {"name": …, "arguments": {…}} and nothing else.'
_INSIDE = "\n"
# How hard a model may be asked to think.
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """Ids of a prompt. thinks: the model may write thoughts first; begun: the prompt ends within them."""

    ids: list[int]
    thinks: bool = False
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a request wants its prompt.

    effort: `reasoning_effort`. opening: add the opening of the answer. continues: the answer continues the
    last message. variables: of the chat template.
    """

    effort: str | None = None
    opening: bool = True
    continues: bool = False
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The fields of a request that have its messages, its form and its effort, for errors."""

    messages: str = "messages"
    form: str = "response_format"
    effort: str = "reasoning_effort"


CHAT = Places()


def chat_prompt(
    tokenizer: Tokenizer,
    messages: Sequence[Message],
    tools: Tools,
    wishes: Wishes,
    *,
    enforced: bool,
    places: Places = CHAT,
) -> ChatPrompt:
    """The prompt. enforced: a grammar holds from the first token, which leaves no room for thoughts.

    Raises ApiError 400 for what the template cannot do, and for messages that it refuses.
    """
    template = tokenizer.template
    more = _variables(template, wishes, enforced, places.effort)
    if tools.offered and _mentions(template, "tools"):
        more["tools"] = tools.definitions()
    elif tools.offered:
        messages = _with_system(messages, tools.as_text() + (f"\n{_HOW}" if template else ""))
    if not _mentions(template, "tool_calls"):
        messages = [plain(message, "user" if template else "tool") for message in messages]
    try:
        if wishes.continues:
            ids = tokenizer.continue_chat(messages, more)
        else:
            ids = tokenizer.render_chat(messages, prompt=wishes.opening, more=more)
    except DialogueRefused as error:
        raise ApiError(400, str(error), param=places.messages, code="invalid_value") from error
    except GlaswerkError as error:
        raise ApiError(400, str(error), param=places.messages, code="no_chat_template") from error
    thinks = OPEN in template or CLOSE in template
    begun = thinks and tokenizer.decode(ids[-8:]).rstrip().endswith(OPEN)
    if begun and enforced:
        message = "cannot be kept: this model begins every answer with thoughts"
        raise unsupported("tool_choice" if tools.choice == "required" else places.form, message)
    return ChatPrompt(ids, thinks, begun)


def characters(messages: Sequence[Message], tools: Tools) -> int:
    """How long a prompt is before it has tokens, calls and tools included."""
    found = len(tools.as_text()) if tools.offered else 0
    for message in messages:
        calls = message.get("tool_calls")
        found += len(message["content"]) + (len(json.dumps(calls)) if calls else 0)
    return found


def _variables(template: str, wishes: Wishes, enforced: bool, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in (wishes.variables or {}).items():
        if not _mentions(template, name):
            raise unsupported(
                "chat_template_kwargs", f"must name variables of the template, found {name!r:.60}"
            )
        found[name] = value
    effort = wishes.effort
    if effort not in (None, "none") and not (OPEN in template or CLOSE in template):
        raise unsupported(place, 'must be "none" or left out: this model does not think')
    if effort is not None and _mentions(template, "reasoning_effort"):
        found["reasoning_effort"] = effort
    if _mentions(template, "enable_thinking"):
        if effort is not None:
            found["enable_thinking"] = effort != "none"
        if enforced:
            found["enable_thinking"] = False
    elif effort == "none" and (OPEN in template or CLOSE in template) and "reasoning_effort" not in found:
        raise unsupported(place, "cannot be none: this model's template has no switch for thoughts")
    return found


def _mentions(template: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", template) is not None


def _with_system(messages: Sequence[Message], text: str) -> list[Message]:
    """With a text at the end of the system message, which comes first."""
    if messages and messages[0]["role"] == "system":
        first = Message(role="system", content=f"{messages[0]['content']}\n{text}\n")
        return [first, *messages[1:]]
    return [Message(role="system", content=f"{text}\n"), *messages]


def plain(message: Message, role: str = "user") -> Message:
    """Calls and what tools answered as text, in the tags that most models learned."""
    found: Mapping[str, Any] = message
    content = message["content"]
    for call in found.get("tool_calls", []):
        text = json.dumps(call["function"], ensure_ascii=False)
        content += f"{_INSIDE if content else ''}<tool_call>\n{text}\n</tool_call>"
    if message["role"] == "tool":
        answer = f"<tool_response>\n{content}\n</tool_response>" if role == "user" else content
        return Message(role=role, content=answer)
    return Message(role=message["role"], content=content)
