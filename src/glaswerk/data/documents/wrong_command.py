"""Posts and messages that `add docs` refuses, because `add posts` reads them by its own rules.

Read as plain text they would lose who may see them and what their authors deleted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.csv_rows import TEXT_COLUMNS
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.detect import app_of_file
from glaswerk.data.posts.layout import is_data_file
from glaswerk.data.posts.recognise import is_api_record, is_message, is_post_of_x, plain_key, post_id
from glaswerk.data.references import X_PREFIX

_SENDERS = ("from", "sender", "fromname", "fromaddress", "fromemail", "xfrom", "senderemail", "sendername")
_RECIPIENTS = ("to", "recipient", "recipients", "toname", "toaddress", "toemail", "xto", "cc", "ccname")
# A mail as it was sent, in one cell, as the Enron collection has it.
_SOURCE = re.compile(
    r"\s*(?:Message-ID|Received|Return-Path|Delivered-To): .{1,2000}\n(?:From|Date|To|Subject|[A-Z][\w-]+): ",
    re.I,
)
# Fields by which nothing but the text itself can say what a row is. Most rows have no others.
_ORDINARY = frozenset(("text", "title", "author", "lang", "licence", "kind", "created_at", "date"))
_AS_POSTS = "add it as posts: glaswerk add posts FILE --licence … --acquired …"


class WrongCommand(GlaswerkError):
    """Input that another command reads. One such file stops the whole run, even inside a container.

    `files`: (name, error) of every such file, where all were to be found before the run stops.
    """

    files: Sequence[tuple[str, GlaswerkError]] = ()


def is_left_out(stored: StoredFile, where: object, *, named: bool) -> bool:
    """Whether a file holds messages that a program exported. Raises WrongCommand if the user named it."""
    app = app_of_file(stored)
    if app and named and not stored.inside:
        raise WrongCommand(
            f"expected documents, found private messages or posts that {app} exported in {where}",
            hint="if you may use them: glaswerk add posts EXPORT --direct-messages --licence … --acquired …",
        )
    return bool(app)


def refuse_archive(head: bytes, where: object) -> None:
    """Raises WrongCommand if the first bytes are those of an X archive's data file: it may hold messages."""
    if is_data_file(head):
        raise WrongCommand(
            f"expected documents, found {where}, a data file of an X archive, which contains private "
            "messages and deleted posts as well as public ones",
            hint="add the complete archive: glaswerk add posts ARCHIVE.zip --licence …",
        )


def admitted(row: Mapping[str, Any], where: object, *, stated: bool) -> Mapping[str, Any]:
    """The row. Raises WrongCommand if it holds a message, a record of X's API, or a post of X.

    A post in another shape than the API's may come in if the user said how it was acquired (`stated`), and a
    message if its row says who may read it. Such a post gets its id of X, so that deletions reach it. Mail
    is private in a table, too.
    """
    if row.keys() <= _ORDINARY and not _is_source(row.get("text")):
        return row
    if is_message(row) and not row.get("audience"):
        raise WrongCommand(
            f"expected documents, found a private message in {where}: it names who sent or received it",
            hint="an archive's own messages: glaswerk add posts ARCHIVE.zip --direct-messages --licence …; "
            'for other messages, say in each row who may read it: "audience": "private"',
        )
    if isinstance(row.get("mapping"), dict) or isinstance(row.get("chat_messages"), list):
        raise WrongCommand(
            f"expected documents, found a conversation with an assistant in {where}",
            hint="add it as a dialogue: glaswerk add chats FILE --licence …",
        )
    if is_api_record(row):
        raise WrongCommand(
            f"expected documents, found a record of X's API in {where}; its deletions and protected "
            "accounts must be respected",
            hint=_AS_POSTS,
        )
    refuse_unstated_posts(row, where, stated=stated)
    number = post_id(row)
    if number:
        return {**row, "id": X_PREFIX + number}
    return {**row, "audience": "private"} if not row.get("audience") and _is_mail(row) else row


def _is_mail(row: Mapping[str, Any]) -> bool:
    """Whether a row is a mail: a sender, a recipient, and a subject or an address; or a mail's source."""
    names = {plain_key(str(key)): value for key, value in row.items()}
    people = [[value for name in wanted if (value := names.get(name))] for wanted in (_SENDERS, _RECIPIENTS)]
    if all(people):
        return "subject" in names or any("@" in str(value) for values in people for value in values)
    return any(_is_source(names.get(name)) for name in TEXT_COLUMNS)


def _is_source(text: Any) -> bool:
    return isinstance(text, str) and _SOURCE.match(text) is not None


def refuse_unstated_posts(row: Mapping[str, Any], where: object, *, stated: bool) -> None:
    """Raises WrongCommand for a post of X, unless the user said how it was acquired (`stated`)."""
    if not stated and is_post_of_x(row):
        raise WrongCommand(
            f"expected to be told how you came by the right to these posts, found nothing: {where} holds "
            "posts of X, whose terms (June 2025) forbid training foundation models on other people's posts",
            hint=_AS_POSTS,
        )
