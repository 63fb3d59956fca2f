"""Which program exported a file of messages, by its content and, where that is not enough, its name."""

from __future__ import annotations

import re

from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.databases import database_of
from glaswerk.data.messages.imessage import imessage_kind
from glaswerk.data.messages.irc import is_irc
from glaswerk.data.messages.signal import signal_kind
from glaswerk.data.messages.sms import SMS_ROOT, is_sms_table
from glaswerk.data.messages.transcripts import transcript_of
from glaswerk.data.messages.viber import is_viber
from glaswerk.data.messages.whatsapp import is_whatsapp

_FLAGS = re.DOTALL
# By program: what must be in the first bytes of its files. Others are recognised only to be left out.
_JSON = {
    "telegram": (
        rb'"type"\s*:\s*"(?:personal_chat|bot_chat|saved_messages|(?:private|public)_(?:group|supergroup|channel))"',
        rb'"messages"\s*:\s*\[',
    ),
    "discord": (rb'"guild"\s*:\s*\{', rb'"channel"\s*:\s*\{', rb'"(?:messages|exportedAt|dateRange)"\s*:'),
    "meta": (rb'"participants"\s*:\s*\[', rb'"(?:sender_name|timestamp_ms)"\s*:'),
    "google-chat": (rb'"messages"\s*:\s*\[', rb'"creator"\s*:\s*\{', rb'"(?:created_date|topic_id)"\s*:'),
    "matrix": (rb'"messages"\s*:\s*\[', rb'"m\.room\.'),
    "slack": (rb"\A\s*\[\s*\{", rb'"type"\s*:\s*"message"', rb'"ts"\s*:\s*"\d{9,11}\.\d+"'),
    "discord-package": (rb"\A\s*\[\s*\{", rb'"Timestamp"\s*:', rb'"Contents"\s*:'),
    "meta-posts": (
        rb"\A\s*\[\s*\{",
        rb'"(?:creation_timestamp"\s*:\s*\d{9,11}|data"\s*:\s*\[\s*\{\s*"(?:post|update_timestamp)")',
        rb'"(?:timestamp|creation_timestamp)"\s*:\s*\d{9,11}',
    ),
    "skype": (rb'"conversations"\s*:\s*\[', rb'"MessageList"\s*:'),
}
_PATTERNS = {app: [re.compile(pattern, _FLAGS) for pattern in patterns] for app, patterns in _JSON.items()}
# Such a bracket begins no JSON: before a time, with its marks of direction, or around a name.
_NOT_JSON = re.compile(rb"\s*\[(?:(?:\xe2\x80[\x8e\x8f])*\d|[^\[\]{}\",:\s][^\[\]{}\",:\n]{0,79}\] )")
_TELEGRAM_ALL = re.compile(rb'"(?:left_)?chats"\s*:\s*\{\s*"about"')
_CSV = {
    "linkedin": re.compile(
        rb'"?(?:conversation id"?,"?conversation title|date"?,"?sharelink"?,"?sharecommentary|'
        rb'date"?,"?link"?,"?message"?\r?\n)',
        re.I,
    ),
    "discord-package": re.compile(rb'"?ID"?,"?Timestamp"?,"?Contents"?,"?Attachments', re.I),
}
# Names of files in exports that hold messages or posts, to find them among thousands of pictures.
NAMES = re.compile(
    r"(?:.*/)?(?:_chat\.txt|whatsapp[^/]*\.txt|result\.json|messages?(?:_\d+)?\.(?:json|txt)|[^/]*\.csv|"
    r"\d{4}-\d\d-\d\d\.json|(?:your_)?posts(?:_\d+|__[^/]*)?\.json|[^/]*\[\d+\]\.json|"
    r"[^/]*\.(?:log|weechatlog)|sms[^/]*\.xml|chat\.(?:md|db)|(?:mm)?sms(?:sms)?\.db|data\.json|"
    r"(?:[^/]*\+\d{6,15}|[^/]*@[^/]*)[^/]*\.(?:txt|html)|#[^/]*\.txt)",
    re.I,
)


def app_of_file(stored: StoredFile) -> str:
    """As `app_of`, for a file that may also be a database."""
    return app_of(stored.name, stored.head) or database_of(stored)


def app_of(name: str, head: bytes) -> str:
    """The program that exported a file, as `readers.py` names it; empty for any other file."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if not head:
        return ""
    first = head.lstrip()[:1]
    if first in (b"{", b"["):
        found = next((app for app, all_of in _PATTERNS.items() if all(p.search(head) for p in all_of)), "")
        found = "telegram" if not found and _TELEGRAM_ALL.search(head) else found
        # Times and names in brackets begin the lines of many programs.
        if found or first == b"{" or not _NOT_JSON.match(head):
            return found or signal_kind(head, name)
    if SMS_ROOT.search(head[:2000]):
        return "sms"
    table = next((app for app, header in _CSV.items() if header.match(head)), "")
    if table or is_sms_table(head):
        return table or "sms-table"
    if is_viber(head):
        return "viber"
    found = signal_kind(head, name) or imessage_kind(head)
    if found or is_whatsapp(head, name):
        return found or "whatsapp"
    if found := transcript_of(head, name):
        return found
    return "irc" if is_irc(head, name) else ""
