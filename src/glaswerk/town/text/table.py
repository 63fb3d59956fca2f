"""Reads values from one table of a text file; every error names the file, the line and the next step."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.grammar import always_holds, template_problem

# A list is held in memory and a line becomes a post: both far above what the shipped files need.
LIST_LIMIT = 5_000
LINE_LIMIT = 1_000
COLUMN_SEPARATOR = " | "
EXPORT_HINT = "compare it with the shipped file: glaswerk town FOLDER --export-text"


@dataclass(frozen=True)
class TextFile:
    """One file as read: `name` as shown in errors, and its lines, to find the number of a bad one."""

    name: str
    lines: tuple[str, ...]


def suggestion(word: str, known: Collection[str]) -> str:
    """A clause such as `; did you mean 'rumours'?`, or nothing."""
    close = get_close_matches(word, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _shown(value: str) -> str:
    return repr(value if len(value) <= 80 else value[:79] + "…")


@dataclass
class Table:
    """One TOML table. Each method takes a key, checks its value and marks the key as known.

    `start` is the index of the line after which the table's keys are.
    """

    file: TextFile
    values: dict[str, Any]
    start: int = 0
    known: set[str] = field(default_factory=set)

    def error(
        self, message: str, *, key: str = "", entry: str = "", hint: str = EXPORT_HINT
    ) -> GlaswerkError:
        """An error at the line of `entry`, else of `key`, else of the table."""
        return GlaswerkError(f"{self.file.name}, line {self._line(key, entry)}: {message}", hint=hint)

    def _line(self, key: str, entry: str) -> int:
        """The number of the line, counted from 1."""
        after = self.start
        for pattern in (
            rf"\s*{re.escape(key)}\s*=" if key else "",
            rf"\s*{re.escape(entry)}\s*$" if entry else "",
        ):
            if pattern:
                found = (
                    n for n in range(after, len(self.file.lines)) if re.match(pattern, self.file.lines[n])
                )
                after = next(found, after)
        return after + 1

    def _value(self, key: str, kind: type, what: str) -> Any:
        self.known.add(key)
        if key not in self.values:
            raise self.error(f"expected the key {key!r} ({what}), found none")
        value = self.values[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(f"expected {what} for {key!r}, found {type(value).__name__}", key=key)
        return value

    def has(self, key: str) -> bool:
        """True if the optional key is given."""
        self.known.add(key)
        return key in self.values

    def plain(self, key: str, slots: Collection[str] = (), *, branches: bool = False) -> str:
        """A string on one line; `slots` are the placeholders that it may hold."""
        text = str(self._value(key, str, "a text in quotes")).strip()
        if not text or len(text) > LINE_LIMIT or "\n" in text:
            raise self.error(f"expected one line of 1 to {LINE_LIMIT:,} characters for {key!r}", key=key)
        self._check(key, text, slots, branches)
        return text

    def matching(self, key: str, pattern: str, what: str) -> str:
        """A string that matches the regular expression; `what` names it in the error."""
        text = str(self._value(key, str, what))
        if not re.fullmatch(pattern, text):
            raise self.error(f"expected {what} for {key!r}, found {_shown(text)}", key=key)
        return text

    def number(self, key: str, default: float) -> float:
        """A share between 0 and 1."""
        if not self.has(key):
            return default
        value = self._value(key, (int, float), "a number from 0 to 1")  # type: ignore[arg-type]
        if not 0 <= value <= 1:
            raise self.error(f"expected a number from 0 to 1 for {key!r}, found {value!r}", key=key)
        return float(value)

    def flag(self, key: str) -> bool:
        """True or false; false where it is not given."""
        return self.has(key) and bool(self._value(key, bool, "true or false"))

    def words(self, key: str, at_least: int = 1, *, pattern: str = r"\S+") -> tuple[str, ...]:
        """Different words, separated by spaces or line breaks."""
        found = tuple(self._block(key).split())
        for word in found:
            if not re.fullmatch(pattern, word) or template_problem(word, (), branches=False):
                raise self.error(
                    f"expected words of the form {pattern} in {key!r}, found {_shown(word)}", key=key
                )
        self._check_list(key, found, at_least)
        return found

    def sentences(
        self,
        key: str,
        slots: Collection[str] = (),
        at_least: int = 1,
        *,
        branches: bool = True,
        needs: Sequence[Collection[str]] = (),
    ) -> tuple[str, ...]:
        """Templates, one a line.

        Of each collection in `needs`, a template must hold a placeholder whichever branches are picked.
        """
        found = self._lines(key)
        for line in found:
            self._check(key, line, slots, branches)
            for group in needs:
                if not always_holds(line, group):
                    expected = " or ".join(f"{{{slot}}}" for slot in group if slot in slots)
                    raise self.error(
                        f"expected {expected} in every line of {key!r} whichever branches are picked, "
                        f"found {_shown(line)}",
                        key=key,
                        entry=line,
                    )
        self._check_list(key, found, at_least)
        return found

    def names(self, key: str, at_least: int = 1) -> tuple[str, ...]:
        """Plain texts, one a line: no placeholders, no brackets."""
        return self.sentences(key, (), at_least, branches=False)

    def rows(
        self, key: str, columns: str, slots: Collection[str] = (), at_least: int = 1, *, optional: int = 0
    ) -> tuple[tuple[str, ...], ...]:
        """Lines of columns with ` | ` between them; `optional` of the named `columns` may be missing."""
        found = self._lines(key)
        most = columns.count("|") + 1
        rows = tuple(tuple(part.strip() for part in line.split(COLUMN_SEPARATOR)) for line in found)
        for line, row in zip(found, rows, strict=True):
            if not most - optional <= len(row) <= most or not all(row):
                raise self.error(f"expected {columns}, found {_shown(line)}", key=key, entry=line)
            for part in row:
                self._check(key, part, slots, branches=False, entry=line)
        self._check_list(key, found, at_least)
        return rows

    def table(self, key: str) -> Table:
        """The table `[key]`."""
        values = self._value(key, dict, f"a table [{key}]")
        return Table(self.file, values, self._header(rf"\[{re.escape(key)}\]", 1))

    def tables(self, key: str, at_least: int = 1) -> list[Table]:
        """The tables `[[key]]`, in order."""
        values = self._value(key, list, f"tables [[{key}]]")
        if not all(isinstance(item, dict) for item in values):
            raise self.error(f"expected tables [[{key}]], found a list", key=key)
        self._check_list(key, [str(n) for n in range(len(values))], at_least)
        header = rf"\[\[{re.escape(key)}\]\]"
        return [Table(self.file, item, self._header(header, n)) for n, item in enumerate(values, 1)]

    def close(self) -> None:
        """Refuse keys that nothing has asked for, because a misspelt key would otherwise be ignored."""
        for key in self.values:
            if key not in self.known:
                known = ", ".join(sorted(self.known))
                raise self.error(
                    f"expected only the keys {known}, found {key!r}{suggestion(key, self.known)}", key=key
                )

    def _header(self, pattern: str, number: int) -> int:
        hits = [n for n, line in enumerate(self.file.lines) if re.match(rf"\s*{pattern}", line)]
        return hits[number - 1] if number <= len(hits) else self.start

    def _block(self, key: str) -> str:
        return str(self._value(key, str, "a block of lines in '''"))

    def _lines(self, key: str) -> tuple[str, ...]:
        found = tuple(line.strip() for line in self._block(key).splitlines() if line.strip())
        for line in found:
            if len(line) > LINE_LIMIT:
                raise self.error(
                    f"expected lines of at most {LINE_LIMIT:,} characters, found {len(line):,}",
                    key=key,
                    entry=line,
                )
        return found

    def _check(self, key: str, text: str, slots: Collection[str], branches: bool, entry: str = "") -> None:
        problem = template_problem(text, slots, branches=branches)
        if problem:
            raise self.error(f"{problem} in {_shown(text)}", key=key, entry=entry or text)

    def _check_list(self, key: str, found: Sequence[str], at_least: int) -> None:
        if not at_least <= len(found) <= LIST_LIMIT:
            raise self.error(
                f"expected {at_least:,} to {LIST_LIMIT:,} entries for {key!r}, found {len(found):,}", key=key
            )
        seen: set[str] = set()
        for entry in found:
            if entry in seen:
                raise self.error(
                    f"expected different entries for {key!r}, found {_shown(entry)} twice", key=key
                )
            seen.add(entry)
