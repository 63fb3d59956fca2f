"""Dialogues from rows: OpenAI messages, ShareGPT conversations, pairs such as Alpaca's, questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from glaswerk.core.document import Document, Message, Role
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.assistants import export_fields, is_assistant_export, turns_of_export
from glaswerk.data.dialogues.calls import with_calls, with_tools
from glaswerk.data.dialogues.questions import turns_of_question
from glaswerk.data.dialogues.records import read_records
from glaswerk.data.documents.fields import Defaults, IngestCounts, rights_of, who_and_when
from glaswerk.data.documents.wrong_command import refuse_unstated_posts
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.references import derived_from

ROLES = get_args(Role)
# Fields that name the author of a row; `user` is none of them, as it may be the question itself.
AUTHORS = ("author", "username", "user_name", "screen_name")
_SHAPE = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


def read_chats(
    file: InputFile, defaults: Defaults, counts: IngestCounts, *, tolerant: bool = False
) -> Iterator[Document]:
    """One document of kind "dialogue" per row; its text is the plain rendering.

    Rows may have an id, an author, a time (created_at), a licence, and in `derived_from` the ids of the
    documents that they were made from.
    Raises GlaswerkError naming file and row for an unknown role, an empty dialogue or turn, and a dialogue
    without a turn of the assistant, because tuning on it would teach nothing. With `tolerant`, such rows are
    counted. Conversations exported from ChatGPT and Claude are read as their last branch (`assistants`);
    those without an answer are counted. They are private, as their programs keep them.
    """
    for number, where, given in read_records(file, counts, tolerant=tolerant):
        row: Mapping[str, Any] = given
        if is_assistant_export(row):
            turns = turns_of_export(row)
            if all(turn["role"] != "assistant" for turn in turns):
                counts.left_out["no_answer"] += 1
                continue
            row = {"messages": turns, **export_fields(row), "audience": "private"}
        refuse_unstated_posts(row, where, stated=defaults.stated)
        try:
            messages, parents = _messages(with_tools(row, _turns(row)), where), derived_from(row, where)
            rights = rights_of(row, where, defaults)
            author, created_at = who_and_when(row, AUTHORS, counts)
        except GlaswerkError:
            if not tolerant:
                raise
            counts.left_out["broken_record"] += 1
            continue
        name = row.get("id")
        yield Document(
            id=f"{defaults.source}:{file.name}#{number}" if name is None else f"{defaults.source}:{name}",
            source=defaults.source,
            text=plain_text(messages),
            rights=rights,
            author=author or _named_user(row) or defaults.author,
            created_at=created_at,
            kind="dialogue",
            messages=messages,
            derived_from=parents,
        )


def _named_user(row: Mapping[str, Any]) -> str:
    """The only name that the turns of users have in OpenAI's shape; empty for none or several."""
    turns = row.get("messages")
    users = [
        t
        for t in (turns if isinstance(turns, list) else [])
        if isinstance(t, dict) and t.get("role") == "user"
    ]
    names = {name.strip() for turn in users if isinstance(name := turn.get("name"), str)}
    return names.pop() if len(names) == 1 else ""


def plain_text(messages: Sequence[Message], rejected: Sequence[Message] = ()) -> str:
    """The dialogue as people read it: one "role: content" per line, then the rejected turns marked so."""
    turns = [f"{message['role']}: {message['content']}" for message in messages]
    return "\n".join([*turns, *(f"rejected {turn['role']}: {turn['content']}" for turn in rejected)])


# Speakers in ShareGPT files, which were saved from many programs.
_SPEAKERS = {
    "human": "user",
    "prompter": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "function": "tool",
    "observation": "tool",
}
_PAIRS = (
    ("instruction", "output"),
    ("instruction", "response"),
    ("prompt", "completion"),
    ("question", "answer"),
)


def _turns(row: Mapping[str, Any]) -> Any:
    """The row's turns in OpenAI's shape, from whichever shape it has."""
    if "messages" not in row and isinstance(row.get("conversations"), list):
        return [from_sharegpt(turn) for turn in row["conversations"]]
    for question, answer in _PAIRS:
        # Without its choices, the answer to a question may make no sense: see `turns_of_question`.
        if not {"messages", "choices", "options"} & row.keys() and question in row and answer in row:
            asked, given = row[question], row.get("input")
            if isinstance(asked, str) and isinstance(given, str) and given.strip():
                asked = f"{asked}\n\n{given}"
            system = row.get("system")
            first = [{"role": "system", "content": system}] if isinstance(system, str) and system else []
            turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": row[answer]}]
            return [*first, *turns]
    return row["messages"] if "messages" in row else turns_of_question(row)


def from_sharegpt(turn: Any) -> Any:
    """A turn with `from` and `value` in OpenAI's shape; anything else unchanged."""
    if not isinstance(turn, dict) or "from" not in turn:
        return turn
    speaker = turn["from"]
    return {"role": _SPEAKERS.get(str(speaker).lower(), speaker), "content": turn.get("value")}


def _messages(value: Any, where: str) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise _fault(f"expected a non-empty list 'messages' in {where}, found {value!r:.60}")
    messages = tuple(message_of(with_calls(turn), where) for turn in value)
    if all(message["role"] != "assistant" for message in messages):
        raise _fault(
            f"expected a turn of the assistant in {where}, found only "
            f"{', '.join(dict.fromkeys(m['role'] for m in messages))}"
        )
    return messages


def message_of(turn: Any, where: str) -> Message:
    """A turn with a known role and some text. Raises GlaswerkError naming `where` for anything else."""
    role = turn.get("role") if isinstance(turn, dict) else None
    content = turn.get("content") if isinstance(turn, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        raise _fault(f"expected a role ({', '.join(ROLES)}) in {where}, found {role!r}")
    if not isinstance(content, str) or not content.strip():
        raise _fault(f"expected text as content of the {role} in {where}, found {content!r:.60}")
    return Message(role=role, content=content)


def _fault(message: str) -> GlaswerkError:
    return GlaswerkError(
        message, hint=f"write one dialogue per line: {_SHAPE}; or skip broken rows with --tolerant"
    )
