"""What the fields of rows are called: by us, by other programs, and by the user with `--map`.

A row may call its author `speaker` or `from_user` and its text `body` under a `headline`. A column with the
name of one of our fields but with ordinary words in it, such as `audience` in a list of plays, is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from glaswerk.core.document import Kind
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.csv_rows import TEXT_COLUMNS, NoTextColumn
from glaswerk.data.store.new_source import ORIGINS

# Our field → the names it has elsewhere, compared without case, underscores and hyphens; the first wins.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "text": TEXT_COLUMNS,
    "id": ("id", "id_str"),
    "author": (
        "author",
        "speaker",
        "from_user",
        "user_screen_name",
        "screen_name",
        "username",
        "byline",
        "authors",
        *("autor", "autora", "auteur", "autore", "verfasser", "автор", "作者", "著者"),  # codespell:ignore
        "user",
        "account",
    ),
    "title": ("title", "headline"),
    "created_at": ("created_at", "date", "published_at", "published", "pub_date", "timestamp", "datetime"),
    "lang": ("lang", "language"),
    "url": ("url", "link", "permalink"),
    "licence": ("licence", "license"),
    "reply_to": ("reply_to", "in_reply_to", "in_reply_to_id", "in_reply_to_status_id", "conversation_id"),
    "quote_of": ("quote_of", "quoted_status_id"),
    "retweet_of": ("retweet_of", "retweeted_status_id"),
    "is_retweet": ("is_retweet",),
    "is_deleted": ("is_deleted",),
    "kind": ("kind",),
    "audience": ("audience",),
    "acquired": ("acquired",),
}
# What `--map` may set.
MAPPED = tuple(name for name in SYNONYMS if not name.startswith("is_"))
_SIMPLE = frozenset(name for name in SYNONYMS if name not in ("text", "reply_to"))
# How programs write that a cell has no value.
_MISSING = frozenset(("", "\\N", "nan", "NaN", "None", "NULL", "null", "<NA>", "NaT"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# An audience of such words is no ordinary column: what was not for everybody must not be read as public.
_CLOSED = _words(
    "public limited private friend friends follower followers circle circles community communities member "
    "members direct dm protected unlisted internal confidential secret me self subscriber subscribers custom "
    "closed restricted mentioned personal"
)
_HONORIFICS = _words("mr mrs ms miss mx dr prof sir dame rev hon herr frau m mme mlle sr sra")
_WORD = re.compile(r"[a-z]+")
_NAME = re.compile(r"[_\-\s]+")
_PAIR = re.compile(r",(?=\s*[a-z_]+\s*=)")
# Key sets whose names are remembered, and how much of one: rows of a file mostly have the same keys.
_REMEMBERED, _KEY_CHARACTERS = 64, 4096
# Where an author is an object: its handle before its name, as in our other readers.
_AUTHOR_NAMES = ("screen_name", "acct", "username", "handle", "name", "display_name", "displayName", "login")
_Plan = Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class FieldNames:
    """Finds our fields in rows. `chosen`: our field → the user's name for it, "" to take no column for it."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    _plans: dict[tuple[str, ...], _Plan] = field(default_factory=dict)

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row with our fields under our names.

        Raises NoTextColumn if several fields may be the text and the user named none.
        """
        plan = self._plan(row)
        found = {ours: _first(row, theirs) for ours, theirs in plan.items() if ours in _SIMPLE}
        found["text"] = self._text(row, plan.get("text", ()))
        if "reply_to" in plan:
            found["reply_to"] = _answered(row, plan["reply_to"])
        found |= {ours: self._named(row, theirs) for ours, theirs in self.chosen.items()}
        for ours, is_ours in _ORDINARY.items():
            if found.get(ours) is not None and ours not in self.chosen and not is_ours(found[ours]):
                found[ours] = None
        if "author" in found:
            found["author"] = _several(found["author"])
        # `from_fields` also knows these two by another name, which must not bring back what was not chosen.
        found |= {"date": None, "license": None}
        return {**row, **{ours: value for ours, value in found.items() if value is not None or ours in row}}

    def may_have_text(self, row: Mapping[str, Any]) -> bool:
        """Whether a row, by the names of its fields, may have a text."""
        return "text" in self.chosen or "text" in self._plan(row)

    def need_all_seen(self) -> None:
        """Raises GlaswerkError for a name in `chosen` that no row had."""
        for ours, theirs in self.chosen.items():
            if ours != "text" and theirs and theirs not in self.seen:
                raise GlaswerkError(
                    f"expected a field {theirs!r} in the rows (--map {ours}={theirs}), found it in none",
                    hint="look at the names in the file: head -c 500 FILE; and try with --dry-run",
                )

    def _plan(self, row: Mapping[str, Any]) -> _Plan:
        """Our field → the row's names for it, without those that it has no name for."""
        keys = tuple(row)
        known = self._plans.get(keys)
        if known is None:
            plain = {_plain(key): key for key in reversed(keys) if isinstance(key, str)}
            known = {
                ours: names
                for ours, theirs in SYNONYMS.items()
                if (names := tuple(plain[name] for name in map(_plain, theirs) if name in plain))
            }
            if len(self._plans) < _REMEMBERED and sum(map(len, keys)) < _KEY_CHARACTERS:
                self._plans[keys] = known
        return known

    def _text(self, row: Mapping[str, Any], theirs: Iterable[str]) -> str | None:
        if "text" in self.chosen:
            return None
        found = {_plain(name): row[name] for name in theirs if _is_text(row[name])}
        # Next to `full_text`, `text` is its beginning.
        for certain in ("fulltext", "text") if _is_cut(found) else ("text", "fulltext"):
            if certain in found:
                return str(found[certain])
        if len(found) > 1:
            raise NoTextColumn(
                f"expected one field with the text, found {' and '.join(map(repr, found))}",
                hint="name the one that holds the text: --map text=NAME",
            )
        return next(iter(found.values()), None)

    def _named(self, row: Mapping[str, Any], path: str) -> Any:
        """The value that the user named: a field, in any case, or fields inside it (user.screen_name)."""
        value: Any = row
        parts = [path] if path in row or path.lower() in row else path.split(".")
        for part in parts:
            key = part if isinstance(value, Mapping) and part in value else part.lower()
            if not isinstance(value, Mapping) or key not in value:
                return None
            value = value[key]
        self.seen.add(path)
        return value


def parse_map(written: Iterable[str], text_column: str = "") -> dict[str, str]:
    """Our field → the user's name, from `text=body,author=speaker`; `text_column` is `text=`.

    Raises GlaswerkError for a field that is not ours, one that is named twice, and a pair without `=`.
    """
    found = {"text": text_column} if text_column else {}
    for pair in (pair for words in written for pair in _PAIR.split(words)):
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not equals or ours not in MAPPED:
            raise GlaswerkError(
                f"expected FIELD=NAME with a field of {', '.join(MAPPED)}, found {pair[:80]!r}",
                hint="--map text=body,author=speaker",
            )
        if ours in found:
            raise GlaswerkError(
                f"expected one name for {ours!r}, found {found[ours]!r} and {theirs!r}",
                hint=f"--map {ours}=NAME",
            )
        if ours == "text" and not theirs:
            raise GlaswerkError(
                "expected the name of the field with the text, found none", hint="--map text=NAME"
            )
        found[ours] = theirs
    return found


def is_missing(value: Any) -> bool:
    """Whether a cell says that it has no value."""
    return value is None or (isinstance(value, str) and value.strip() in _MISSING) or value != value


def _first(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((row[name] for name in names if not is_missing(row[name])), None)


def _answered(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The post that a post answers; the first one of its conversation if it does not say, none for itself."""
    found = _first(row, names)
    return None if found is not None and str(found) == str(row.get("id")) else found


def _is_cut(found: Mapping[str, str]) -> bool:
    """Whether `text` is only the beginning of `full_text`."""
    text = found.get("text", "").rstrip("\u2026. \n")
    return len(text) < len(found.get("fulltext", "")) and found["fulltext"].startswith(text)


def _several(author: Any) -> Any:
    """The names of one author or several, each a string or an object that has a name."""
    names = [_name_in(one) for one in author] if isinstance(author, list) else [_name_in(author)]
    return ", ".join(names) if names and all(isinstance(name, str) and name for name in names) else author


def _name_in(author: Any) -> Any:
    if not isinstance(author, Mapping):
        return author
    return next((found for key in _AUTHOR_NAMES if (found := author.get(key)) and isinstance(found, str)), "")


def _plain(name: str) -> str:
    return _NAME.sub("", name.lower()) if len(name) < _KEY_CHARACTERS else name


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.strip() != "\\N"


def _is_kind(value: Any) -> bool:
    return str(value).strip() in get_args(Kind)


def _is_audience(value: Any) -> bool:
    return bool(_CLOSED.intersection(_WORD.findall(str(value).lower())))


def _is_origin(value: Any) -> bool:
    """Whether it is an origin, or a word that may be meant as one; not when something was acquired."""
    word = str(value).strip().lower()
    return word in ORIGINS or (word.isalpha() and word not in ("true", "false", "yes", "no", "t", "f"))


def _is_title(value: Any) -> bool:
    return str(value).strip().rstrip(".").lower() not in _HONORIFICS


_ORDINARY = {"kind": _is_kind, "audience": _is_audience, "acquired": _is_origin, "title": _is_title}
