"""Records of traced answers: which model gave each answer, and which documents were shown for it."""

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
from glaswerk.core.next_commands import aside
from glaswerk.lab.folder import Lab

# In the folder of traces: traces are named after shards, whose names always contain a dot.
FOLDER = "traces/answers"
_ID = re.compile(r"chatcmpl-[0-9a-f]{24}")
_HINT = "fix that line in lab.toml, or delete it: every setting has a default"


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """The table [answers] of lab.toml: how many records to keep, and whether to keep the text.

    With `text`, a record holds the answer and the conversation before it, so that the answer can be traced
    again after a restart. Off by default, because this is what people wrote to the model.
    """

    most: int = 10_000
    text: bool = False

    @classmethod
    def of(cls, lab: Lab) -> AnswerSettings:
        """The settings of a lab. Raises GlaswerkError for an unknown key or a value of the wrong type."""
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

    `id` is the id of the response (chatcmpl-…), `at` the time of the first trace (ISO 8601, UTC), `model`
    and `trace` are ids of artifacts, `documents` the ids of the documents shown, in the order of the answer.
    `text` and `context` (the conversation before it) are None if the lab keeps no text.
    """

    id: str
    at: str
    model: str
    trace: str
    documents: tuple[str, ...]
    text: str | None = None
    context: str | None = None

    def shows(self, documents: Collection[str]) -> bool:
        """Whether any of `documents` was shown for the answer."""
        return any(name in documents for name in self.documents)

    def without_words(self) -> AnswerRecord:
        """The record without text and context."""
        return replace(self, text=None, context=None)


def read_answer(lab: Lab, identifier: str) -> AnswerRecord | None:
    """The record of a traced answer, or None if the lab has no record of that id.

    The text is left out if the lab's settings say so now, even if the record was written with it. Raises
    GlaswerkError for a record that cannot be read or is damaged.
    """
    if not _ID.fullmatch(identifier):
        return None
    answer = _read(_path(lab, identifier))
    if answer is None or AnswerSettings.of(lab).text:
        return answer
    return answer.without_words()


def record_answer(lab: Lab, answer: AnswerRecord, most: int) -> None:
    """Write a record atomically; once there are more than `most` records, delete the oldest tenth.

    Several threads must not write the same id at once. Raises OSError.
    """
    path = _path(lab, answer.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, answer)
    others = [each for each in _records(lab) if each != path]
    if len(others) >= most:
        # A tenth at once, so that not every further record has to compare the ages of all records.
        _keep_newest(others, max(0, most * 9 // 10 - 1))


def prune_answers(lab: Lab, most: int) -> None:
    """Delete all but the newest `most` records, and half-written records that a kill left. Raises OSError."""
    _remove_leftovers(lab)
    _keep_newest(_records(lab), most)


def forget_in_answers(lab: Lab, gone: Collection[str], *, ids: bool = False) -> None:
    """Delete the text of every record that shows a document of `gone`; with `ids`, their ids as well.

    Damaged and half-written records are deleted, because what they contain is unknown. The age of a record
    does not change. Raises OSError.
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
            raise TypeError("expected the id in the name of the file")
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"the record of an answer in {path} cannot be read: {error.strerror}"
        raise GlaswerkError(message, hint=f"ls -ld {path}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise GlaswerkError(
            f"expected the record of an answer in {path}, found something else", hint=aside(path, "ask again")
        ) from error
    return answer


def _write(path: Path, answer: AnswerRecord) -> None:
    # Readable by its owner only: whoever knows the id of an answer may read it.
    write_json(path, {key: value for key, value in asdict(answer).items() if value is not None}, 0o600)


def _records(lab: Lab) -> list[Path]:
    """Plain files only: a folder of such a name does not belong to the lab."""
    return [path for path in _files(lab) if path.suffix == ".json" and _ID.fullmatch(path.stem)]


def _remove_leftovers(lab: Lab) -> None:
    """The temporary files of `write_atomic`. A server that is writing one now reports a lost record."""
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
    """Modification time in nanoseconds; 0 if another server has deleted the file in the meantime."""
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0


def _answer(said: Any) -> AnswerRecord:
    """Raises TypeError if `said` is not a record."""
    answer = AnswerRecord(**said)
    words = [answer.id, answer.at, answer.model, answer.trace]
    words += [word for word in (answer.text, answer.context) if word is not None]
    listed = isinstance(answer.documents, list)
    if not listed or not all(isinstance(word, str) for word in (*words, *answer.documents)):
        raise TypeError("expected texts, and a list of them as the documents")
    return replace(answer, documents=tuple(answer.documents))
