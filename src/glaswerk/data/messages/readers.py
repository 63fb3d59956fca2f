"""The reader of each program's files, and who the people in an export are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_text, short
from glaswerk.data.files.limits import JSON_VALUE_BYTES
from glaswerk.data.files.stored import DAMAGE, StoredFile
from glaswerk.data.files.utf8 import as_utf8
from glaswerk.data.messages.accounts import read_discord_package, read_linkedin, read_meta_posts
from glaswerk.data.messages.chats import SHAPES, read_chat
from glaswerk.data.messages.databases import DATABASES, read_database
from glaswerk.data.messages.imessage import IMESSAGE, read_imessage
from glaswerk.data.messages.irc import read_irc
from glaswerk.data.messages.message import ExportedMessage
from glaswerk.data.messages.signal import SIGNAL, read_signal
from glaswerk.data.messages.slack import people_of, read_slack
from glaswerk.data.messages.sms import read_sms, read_sms_table
from glaswerk.data.messages.transcripts import TRANSCRIPTS, read_transcript
from glaswerk.data.messages.viber import read_viber
from glaswerk.data.messages.whatsapp import read_whatsapp

# The key of the account itself among the people of an export.
OWNER = ""
_NAMED_BY_FOLDER = ("irc", "slack", *SIGNAL)


def read_app(
    app: str, stored: StoredFile, people: Mapping[str, str], left_out: Counter[str], folder: str = ""
) -> Iterator[ExportedMessage]:
    """The messages and own posts in one file that `app` exported; none of a program that is not read.

    `folder` is the name of the folder of a file that is in no container: some programs name conversations so.
    Raises GlaswerkError for broken JSON, and ValueError or OSError for other damage.
    """
    if app in _NAMED_BY_FOLDER and not stored.inside:
        stored = replace(stored, name=f"{folder}/{stored.name}")
    chat = _conversation(stored.name)
    if app == "whatsapp":
        yield from read_whatsapp(as_utf8(stored), chat, left_out)
    elif app == "slack":
        yield from read_slack(stored, chat, people, left_out)
    elif app == "discord-package":
        yield from read_discord_package(stored, chat, people.get(OWNER, ""), left_out)
    elif app == "linkedin":
        yield from read_linkedin(stored, left_out)
    elif app == "meta-posts":
        yield from read_meta_posts(stored, left_out)
    elif app == "viber":
        yield from read_viber(stored, chat, left_out)
    elif app == "sms":
        yield from read_sms(stored, chat, left_out)
    elif app == "sms-table":
        yield from read_sms_table(stored, chat, left_out)
    elif app in SIGNAL:
        yield from read_signal(app, stored, left_out)
    elif app in IMESSAGE:
        yield from read_imessage(app, stored, chat, left_out)
    elif app in TRANSCRIPTS:
        yield from read_transcript(app, stored, chat, left_out)
    elif app == "irc":
        yield from read_irc(stored, chat, left_out)
    elif app in DATABASES:
        yield from read_database(app, stored, chat, left_out)
    elif app in SHAPES:
        yield from read_chat(app, stored, chat, left_out)
    else:
        left_out["unsupported_file"] += 1


def collect_people(stored: StoredFile, people: dict[str, str]) -> None:
    """Add the people that a file of an export names: Slack's members, the owner of Discord's package."""
    name = PurePosixPath(stored.name).name
    try:
        if name == "users.json":
            people.update(people_of(stored))
        elif name == "user.json" and b'"username"' in stored.head:
            found = json.loads(stored.stream.read(JSON_VALUE_BYTES)).get("username")
            people[OWNER] = found if isinstance(found, str) else ""
    except (GlaswerkError, AttributeError, *DAMAGE):
        return  # without names, messages keep the ids of who wrote them


def _conversation(name: str) -> str:
    """What stands for a conversation in ids: the folder or file that holds it, with a digest of its path."""
    path = PurePosixPath(name)
    label = path.parent.name if path.parent.name and path.suffix != ".txt" else path.stem
    return f"{label}-{short(digest_text(str(path.parent / path.stem)), 8)}"
