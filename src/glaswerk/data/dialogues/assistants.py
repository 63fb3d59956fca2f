"""Exports of ChatGPT, Claude and other assistants: each conversation as its last branch.

ChatGPT stores a tree: an edited question or a repeated answer begins a branch. The branch that the user saw
last ends in `current_node`; without it, every last child is followed. Claude stores a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from glaswerk.data.times import parse_time

# Longer conversations do not exist; a tree that is a circle must end.
_TURNS = 100_000
_ROLES = {"human": "user", "user": "user", "assistant": "assistant", "model": "assistant", "system": "system"}
_UNSEEN, _CUSTOM = "is_visually_hidden_from_conversation", "is_user_system_message"
# Kinds of content that nobody typed or read: code that a tool ran, the model's own notes.
_HIDDEN = frozenset(("thoughts", "reasoning_recap", "model_editable_context", "user_editable_context"))


def is_assistant_export(row: Mapping[str, Any]) -> bool:
    """Whether a row is a conversation from an export of ChatGPT (`mapping`) or Claude (`chat_messages`)."""
    return isinstance(row.get("mapping"), dict) or isinstance(row.get("chat_messages"), list)


def turns_of_export(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The turns of a conversation in OpenAI's shape; empty if it has none that a person reads.

    Turns of one role that follow one another are joined: a program splits one answer at its tools' results.
    """
    found: list[dict[str, str]] = []
    for role, text in _claude(row["chat_messages"]) if "chat_messages" in row else _chatgpt(row):
        if found and found[-1]["role"] == role:
            found[-1]["content"] += f"\n\n{text}"
        else:
            found.append({"role": role, "content": text})
    return found


def export_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """`id` and `created_at` of an exported conversation."""
    names = (row.get(key) for key in ("conversation_id", "id", "uuid"))
    identifier = next((name for name in names if isinstance(name, str)), None)
    moment = row.get("create_time", row.get("created_at"))
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        try:
            moment = datetime.fromtimestamp(moment, UTC).isoformat()
        except (ValueError, OverflowError, OSError):
            moment = None
    return {"id": identifier, "created_at": moment if parse_time(str(moment or "")) else None}


def _claude(messages: Any) -> Iterator[tuple[str, str]]:
    for message in messages if isinstance(messages, list) else []:
        role = _ROLES.get(str(message.get("sender")), "") if isinstance(message, dict) else ""
        if role:
            blocks = message.get("content")
            parts = [b.get("text") for b in blocks if isinstance(b, dict)] if isinstance(blocks, list) else []
            text = message.get("text") or "\n".join(part for part in parts if isinstance(part, str))
            if isinstance(text, str) and text.strip():
                yield role, text.replace("\0", "").strip()


def _chatgpt(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    nodes = row.get("mapping")
    for node in _branch(nodes, row.get("current_node")) if isinstance(nodes, dict) else []:
        message = node.get("message")
        if isinstance(message, dict):
            author, content = message.get("author"), message.get("content")
            role = _ROLES.get(str(author.get("role")), "") if isinstance(author, dict) else ""
            text = _words(content) if isinstance(content, dict) else ""
            # A turn for a tool ("python", "browser") is no answer to a person.
            to_person = message.get("recipient") in (None, "", "all") and not _says(message, _UNSEEN)
            if role and text and to_person and (role != "system" or _says(message, _CUSTOM)):
                yield role, text


def _branch(nodes: Mapping[str, Any], last: Any) -> list[Mapping[str, Any]]:
    """The nodes from the first to the last of the branch that the user saw last."""
    if not isinstance(nodes.get(last) if isinstance(last, str) else None, dict):
        last = _last_leaf(nodes)
    found: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while isinstance(last, str) and last not in seen and len(seen) < _TURNS:
        seen.add(last)
        node = nodes.get(last)
        if not isinstance(node, dict):
            break
        found.append(node)
        last = node.get("parent")
    return found[::-1]


def _last_leaf(nodes: Mapping[str, Any]) -> str:
    """The leaf at the end of the last children from the root."""
    root = next((k for k, n in nodes.items() if isinstance(n, dict) and n.get("parent") not in nodes), "")
    place, seen = root, {""}
    while place not in seen:
        seen.add(place)
        children = nodes[place].get("children")
        listed = children if isinstance(children, list) else []
        known = [child for child in listed if isinstance(child, str) and isinstance(nodes.get(child), dict)]
        if not known:
            break
        place = known[-1]
    return place


def _words(content: Mapping[str, Any]) -> str:
    """The text of a turn; pictures and files are parts that are objects."""
    if content.get("content_type") in _HIDDEN:
        return ""
    parts = content.get("parts")
    listed = parts if isinstance(parts, list) else [content.get("text")]
    words = "\n".join(part for part in listed if isinstance(part, str) and part.strip())
    return words.replace("\0", "").strip()


def _says(message: Mapping[str, Any], key: str) -> bool:
    """Whether a turn's metadata has a true `key`: the user's own instruction, or a turn that nobody saw."""
    metadata = message.get("metadata")
    return isinstance(metadata, dict) and metadata.get(key) is True
