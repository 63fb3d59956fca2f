"""Answers that a server of the lab traced: which model gave each, and which documents were shown for it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_json
from glaswerk.lab.folder import Lab

# Beside the traces: shards, whose names those bear, always have a dot in theirs.
FOLDER = "traces/answers"
_ID = re.compile(r"chatcmpl-[0-9a-f]{24}")
_HINT = "mend that line in lab.toml; every setting has a default, so it may also go"


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """The table [answers] of lab.toml: of how many answers a record is kept, and whether with their words.

    With `text` the record holds the answer and what was said before it, so that it can be traced anew
    after a restart. That is what people wrote to the model, hence off.
    """

    most: int = 10_000
    text: bool = False

    @classmethod
    def of(cls, lab: Lab) -> AnswerSettings:
        """Raises GlaswerkError naming a key that is unknown, or a value of the wrong type."""
        table = lab.settings.get("answers", {})
        known = [field.name for field in fields(cls)]
        if not isinstance(table, Mapping) or table.keys() - set(known):
            message = f"expected {' and '.join(known)} in [answers] of lab.toml, found {table!r:.80}"
            raise GlaswerkError(message, hint=_HINT)
        found = cls(**table)
        if type(found.most) is not int or found.most < 0 or type(found.text) is not bool:
            message = (
                "expected a whole number of 0 or more for most and true or false for text in [answers] of "
                f"lab.toml, found {table!r:.80}"
            )
            raise GlaswerkError(message, hint=_HINT)
        return found


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """The record of one traced answer.

    `id` is that of the response (chatcmpl-…), `at` when it was traced first (ISO 8601, UTC), `model` and
    `trace` are ids of artifacts, `documents` those of the documents shown, in the order of the answer.
    `text` and `context` (what was said before it) are None where the lab keeps no words.
    """

    id: str
    at: str
    model: str
    trace: str
    documents: tuple[str, ...]
    text: str | None = None
    context: str | None = None

    def shows(self, documents: Collection[str]) -> bool:
        """Whether one of `documents` was shown for the answer."""
        return any(name in documents for name in self.documents)

    def without_words(self) -> AnswerRecord:
        """The record as a lab that keeps no words has it."""
        return replace(self, text=None, context=None)


def read_answer(lab: Lab, identifier: str) -> AnswerRecord | None:
    """The record of a traced answer; None where the lab has none of that id, or no longer.

    Without words where the lab keeps none now, though it did once. Raises GlaswerkError for a record that
    cannot be read or is damaged.
    """
    if not _ID.fullmatch(identifier):
        return None
    answer = _read(_path(lab, identifier))
    if answer is None or AnswerSettings.of(lab).text:
        return answer
    return answer.without_words()


def record_answer(lab: Lab, answer: AnswerRecord, most: int) -> None:
    """Write the record of an answer, atomically; beyond `most` records the oldest tenth goes.

    Not to be called for one id by several threads at once. Raises OSError.
    """
    path = _path(lab, answer.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, answer)
    others = [each for each in _records(lab) if each != path]
    if len(others) >= most:
        # So that not every record from then on takes a look at the age of all.
        _keep_newest(others, max(0, most * 9 // 10 - 1))


def prune_answers(lab: Lab, most: int) -> None:
    """Remove all but the newest `most` records, and what a kill left of one half written. Raises OSError."""
    _remove_leftovers(lab)
    _keep_newest(_records(lab), most)


def forget_in_answers(lab: Lab, gone: Collection[str], *, ids: bool = False) -> None:
    """Take the words out of every record that shows a document of `gone`; with `ids` also those documents.

    Damaged records and those half written are removed: what they hold of it cannot be told. Raises OSError.
    """
    if not gone:
        return
    _remove_leftovers(lab)
    for path in _records(lab):
        try:
            answer = _read(path)
        except GlaswerkError:
            path.unlink(missing_ok=True)
            continue
        if answer is None or not answer.shows(gone):
            continue
        left = tuple(name for name in answer.documents if not (ids and name in gone))
        rest = replace(answer.without_words(), documents=left)
        if rest != answer:
            age = _age(path)
            _write(path, rest)
            os.utime(path, ns=(age, age))


def _read(path: Path) -> AnswerRecord | None:
    try:
        answer = _answer(json.loads(path.read_bytes()))
        if answer.id != path.stem:
            raise TypeError("expected the id that the file is named after")
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"the record of an answer in {path} cannot be read: {error.strerror}"
        raise GlaswerkError(message, hint=f"ls -ld {path}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise GlaswerkError(
            f"expected the record of an answer in {path}, found something else", hint=f"rm {path}"
        ) from error
    return answer


def _write(path: Path, answer: AnswerRecord) -> None:
    # For its owner alone: an answer is its reader's because nobody else knows its id.
    write_json(path, {key: value for key, value in asdict(answer).items() if value is not None}, 0o600)


def _records(lab: Lab) -> list[Path]:
    """Plain files only: a folder of such a name is not the lab's to remove."""
    return [path for path in _files(lab) if path.suffix == ".json" and _ID.fullmatch(path.stem)]


def _remove_leftovers(lab: Lab) -> None:
    """Those of `write_atomic`. A server that is writing this very moment tells that its record is lost."""
    for path in _files(lab):
        if path.name.startswith(".chatcmpl-") and path.suffix == ".tmp":
            path.unlink(missing_ok=True)


def _files(lab: Lab) -> list[Path]:
    try:
        with os.scandir(lab.root / FOLDER) as entries:
            return [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _keep_newest(records: list[Path], most: int) -> None:
    if len(records) > most:
        for old in sorted(records, key=_age)[: len(records) - most]:
            old.unlink(missing_ok=True)


def _path(lab: Lab, identifier: str) -> Path:
    return lab.root / FOLDER / f"{identifier}.json"


def _age(path: Path) -> int:
    """Nanoseconds; another server of the lab may have removed it meanwhile."""
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0


def _answer(said: Any) -> AnswerRecord:
    """Raises TypeError where it is none."""
    answer = AnswerRecord(**said)
    words = [answer.id, answer.at, answer.model, answer.trace]
    words += [word for word in (answer.text, answer.context) if word is not None]
    listed = isinstance(answer.documents, list)
    if not listed or not all(isinstance(word, str) for word in (*words, *answer.documents)):
        raise TypeError("expected texts, and a list of them as the documents")
    return replace(answer, documents=tuple(answer.documents))
