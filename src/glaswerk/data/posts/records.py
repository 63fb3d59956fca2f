"""Records in an X archive's data files: lists of objects, each as untrusted as the file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.archive import Archive, parse_assignment, parse_json
from glaswerk.data.posts.post import Post, read_post

# Keys that identify a record without its wrapper, as in the first archives of 2019.
_BARE = {"tweet": ("id_str", "id", "tweet_id"), "account": ("username", "accountId")}
_FIRST_KEY = re.compile(r'\s*\[\s*\{\s*"(\w{1,50})"\s*:')


class Records:
    """Reads the files of one archive. `left_out` counts by reason what could not be read.

    With `tolerant`, what can be read is taken where an error would be raised otherwise.
    """

    def __init__(self, archive: Archive, *, tolerant: bool = False) -> None:
        self._archive = archive
        self.label = archive.label
        self.tolerant = tolerant
        self.left_out: Counter[str] = Counter()

    def names(self) -> list[str]:
        """Names of the archive's data files."""
        return self._archive.names()

    def data(self, name: str) -> bytes:
        """The bytes of a data file."""
        return self._archive.read(name)

    def value(self, name: str, target: str = "window.") -> Any:
        """The value that a file assigns to a name starting with `target`. Raises GlaswerkError if missing."""
        where = f"{name} of {self.label}"
        return parse_json(
            parse_assignment(self.data(name), where, tolerant=self.tolerant, target=target), where
        )

    def items(self, name: str, key: str, target: str = "window.") -> Iterator[Mapping[str, Any]]:
        """The objects of a file that lists them, unwrapped from {`key`: …} if they are wrapped."""
        where = f"{name} of {self.label}"
        if self.tolerant and name not in self.names():
            return
        text = parse_assignment(self.data(name), where, tolerant=self.tolerant, target=target)
        try:
            records = parse_json(text, where)
        except GlaswerkError:
            if not self.tolerant or key != "tweet":
                raise
            records = self._salvage(text)
        if not isinstance(records, list):
            raise GlaswerkError(
                f"expected a list in {where}, found {type(records).__name__}",
                hint="download the archive again",
            )
        for number, record in enumerate(records, start=1):
            inner = _inner(record, key)
            if inner is not None:
                yield inner
            else:
                self.broken(f"{where}, record {number}", f"no object {key!r}")

    def posts(self, name: str, target: str = "window.") -> Iterator[Post]:
        """The posts of a file."""
        for number, tweet in enumerate(self.items(name, "tweet", target), start=1):
            yield from self.post(tweet, f"{name} of {self.label}, record {number}")

    def post(self, tweet: Mapping[str, Any], where: str) -> Iterator[Post]:
        """The post of one record; none if the record is broken."""
        try:
            yield read_post(tweet)
        except ValueError as error:
            self.broken(where, str(error))

    def broken(self, where: str, fault: str) -> None:
        """Raise GlaswerkError for a record that cannot be read; with `tolerant`, count it."""
        if not self.tolerant:
            raise GlaswerkError(
                f"expected a record as X writes it in {where}: {fault}",
                hint="download the archive again, or read what is readable with --tolerant",
            )
        self.left_out["broken_record"] += 1

    def _salvage(self, text: str) -> list[Any]:
        """Every complete record of a broken file; all of them start with the key of the first."""
        first = _FIRST_KEY.match(text)
        start = re.compile(rf'\{{\s*"{first[1] if first else "tweet"}"\s*:')
        decoder, position = json.JSONDecoder(), 0
        found: list[Any] = []
        while match := start.search(text, position):
            try:
                record, position = decoder.raw_decode(text, match.start())
                found.append(record)
            except (ValueError, RecursionError):
                self.left_out["broken_record"] += 1
                position = match.end()
        return found


def _inner(record: Any, key: str) -> Mapping[str, Any] | None:
    if not isinstance(record, dict):
        return None
    inner = record.get(key)
    if isinstance(inner, dict):
        return inner
    bare = key not in record and any(name in record for name in _BARE.get(key, ()))
    return record if bare else None
