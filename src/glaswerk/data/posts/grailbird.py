"""An X archive from before 2019 ("Grailbird"): statuses by month, and a table of all posts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.account import Account
from glaswerk.data.posts.archive import parse_text
from glaswerk.data.posts.layout import CSV, MONTH, PAYLOAD, USER
from glaswerk.data.posts.post import Post
from glaswerk.data.posts.rendering import short_links
from glaswerk.data.times import parse_time

_PICTURE = re.compile(r"https?://(?:www\.)?twitter\.com/\w+/status/\d+/(?:photo|video)/\d+")
_COLUMNS = ("tweet_id", "timestamp", "text")


class Grailbird(Account):
    """Reads each post once: the monthly files have more detail than the table, which may also come alone."""

    def posts(self) -> Iterator[Post]:
        """Every post; their number is checked against payload_details.js."""
        seen: set[str] = set()
        for name in filter(MONTH.fullmatch, self._records.names()):
            for post in self._records.posts(name, "Grailbird.data."):
                seen.add(post.id)
                yield post
        for post in self._rows():
            if post.id not in seen:
                seen.add(post.id)
                yield post
        promised = self._promised
        # More posts than promised are fine: X counted before it started to write.
        if promised is not None and len(seen) < promised:
            self._check_count(PAYLOAD, promised, len(seen))

    def _identity(self) -> Mapping[str, Any]:
        user, payload = self._details(USER), self._details(PAYLOAD)
        self.generated = parse_time(str(payload.get("created_at", ""))) or self.generated
        count = payload.get("tweets")
        self._promised = count if isinstance(count, int) and not isinstance(count, bool) else None
        return {"userName": user.get("screen_name"), "accountId": user.get("id")}

    def _details(self, name: str) -> Mapping[str, Any]:
        if name not in self._records.names():
            return {}
        value = self._records.value(name, "var ")
        return value if isinstance(value, dict) else {}

    def _rows(self) -> Iterator[Post]:
        if CSV not in self._records.names():
            return
        where = f"{CSV} of {self._label}"
        text = parse_text(self._records.data(CSV), where, tolerant=self._tolerant).removeprefix("\ufeff")
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        for row in self._lines(rows, where):
            yield from self._records.post(_status(row), f"{where}, line {rows.line_num}")

    def _lines(self, rows: csv.DictReader[str], where: str) -> Iterator[dict[str, Any]]:
        if missing := self._missing(rows, where):
            raise GlaswerkError(
                f"expected the columns {', '.join(_COLUMNS)} in {where}, found no {', '.join(missing)}",
                hint="add the archive as X made it",
            )
        while True:
            try:
                yield next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                self._records.broken(f"{where}, line {rows.line_num}", str(error))

    def _missing(self, rows: csv.DictReader[str], where: str) -> list[str]:
        try:
            return [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
        except csv.Error as error:
            raise GlaswerkError(
                f"expected a line of columns in {where}, found {error}", hint="add the archive as X made it"
            ) from error


def _status(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A table row with the names of a status, so that one reader serves both.

    The table lists addresses in the order of the text's short links. If their numbers differ, it is unknown
    which belongs to which, and the links stay short.
    """
    text = row.get("text")
    short = short_links(text) if isinstance(text, str) else []
    long = [url for url in str(row.get("expanded_urls") or "").split(",") if url.startswith("http")]
    # X repeats the address for each picture behind one link.
    long = list(dict.fromkeys(long)) if len(long) > len(short) else long
    pairs = list(zip(short, long, strict=True)) if len(short) == len(long) else []
    return {
        "id_str": row.get("tweet_id"),
        "full_text": text,
        "created_at": row.get("timestamp"),
        "in_reply_to_status_id_str": row.get("in_reply_to_status_id"),
        "retweeted_status_id_str": row.get("retweeted_status_id"),
        "entities": {
            "urls": [{"url": a, "expanded_url": b} for a, b in pairs if not _PICTURE.fullmatch(b)],
            "media": [{"url": a} for a, b in pairs if _PICTURE.fullmatch(b)],
        },
    }
