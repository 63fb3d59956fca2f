"""Remember a server's recent answers, so that they can be traced later; record traced answers in the lab."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.lab import Lab
from glaswerk.lab.answer_records import (
    AnswerRecord,
    AnswerSettings,
    prune_answers,
    read_answer,
    record_answer,
)
from glaswerk.serve.errors import ApiError
from glaswerk.serve.offers.lab_model import LabModel


@dataclass(frozen=True, slots=True)
class TracedText:
    """An answer, and what was said before it as `context`; `model` gave it, if it is of this server."""

    text: str
    context: str = ""
    model: LabModel | None = None


def spoken(messages: Iterable[Message], most: int) -> str:
    """The text of `messages`, one per line, reduced to its last `most` characters."""
    return "\n".join(message["content"] for message in messages)[-most:]


class RecentAnswers:
    """The most recent exchanges by response id, in memory; records of traced ones are in the lab
    (`lab.answer_records`). Safe for several threads.

    On a server without keys the id of an answer protects it: it has 96 random bits and only the response
    contains it. With keys, `SourcesApi.answer` shows it to its project alone.
    """

    def __init__(self, lab: Lab, model: Callable[[], LabModel], most: int) -> None:
        """model: the model of the running request, without weights; most: number of exchanges in memory.

        Deletes records beyond the number that the lab's settings allow. Raises GlaswerkError for invalid
        settings.
        """
        self._lab, self._model, self._most = lab, model, most
        self._settings = AnswerSettings.of(lab)
        self._exchanges: OrderedDict[str, TracedText] = OrderedDict()
        self._lock = threading.Lock()
        self._recording = threading.Lock()
        try:
            prune_answers(lab, self._settings.most)
        except OSError as error:
            note(f"warning: cannot delete the records of old answers: {error}")

    def keep(self, identifier: str, exchange: TracedText) -> None:
        """Remember an answer, complete or as far as it was generated."""
        with self._lock:
            self._exchanges[identifier] = replace(exchange, model=self._model())
            while len(self._exchanges) > self._most:
                self._exchanges.popitem(last=False)

    def find(self, identifier: str, hidden: Collection[str]) -> TracedText | AnswerRecord:
        """The exchange of a response id, from memory or from its record in the lab.

        Returns the record itself if the answer cannot be traced again: its text was not recorded, or another
        model gave it. hidden: ids of documents that must not be shown; a record that lists one is returned
        without its text. Raises ApiError 404 for an unknown or expired answer, GlaswerkError for a damaged
        record.
        """
        with self._lock:
            exchange = self._exchanges.get(identifier)
        if exchange is not None:
            return exchange
        record = read_answer(self._lab, identifier)
        if record is None:
            raise self.unknown(identifier)
        if record.shows(hidden):
            return record.without_words()
        if record.text is None or record.model != self._model().artifact.id:
            return record
        return TracedText(record.text, record.context or "")

    def unknown(self, identifier: str) -> ApiError:
        """The error for an id that is nobody's, or of another project."""
        message = (
            f"no answer {identifier[:80]!r}: the server keeps its last {self._most:,} answers until it "
            "stops, and the lab a record of traced answers\n"
            "hint: POST the text to /v1/glaswerk/trace"
        )
        return ApiError(404, message, param="response_id", code="answer_not_found")

    def record(self, identifier: str, exchange: TracedText, trace: str, documents: Iterable[str]) -> None:
        """Record a traced answer in the lab, once. An error of the disk is reported on the terminal only."""
        words = (exchange.text, exchange.context) if self._settings.text else (None, None)
        shown, now = tuple(dict.fromkeys(documents)), datetime.now(UTC).isoformat(timespec="seconds")
        answer = AnswerRecord(identifier, now, self._model().artifact.id, trace, shown, *words)
        with self._recording:
            if not self._settings.most or self._has_record(identifier):
                return
            try:
                record_answer(self._lab, answer, self._settings.most)
            except OSError as error:
                note(f"warning: cannot record the answer {identifier} in the lab: {error}")

    def _has_record(self, identifier: str) -> bool:
        """Whether a readable record exists; a damaged one is written again."""
        try:
            return read_answer(self._lab, identifier) is not None
        except GlaswerkError:
            return False
