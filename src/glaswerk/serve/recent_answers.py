"""The answers of a server, traceable after they were given, and the records of those that were traced."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.lab.answers import Answer, AnswerSettings, prune_answers, read_answer, record_answer
from glaswerk.serve.errors import ApiError


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer and what was said before it."""

    text: str
    context: str = ""


def spoken(messages: Iterable[Message], most: int) -> str:
    """What was said in `messages`, its last `most` characters."""
    return "\n".join(message["content"] for message in messages)[-most:]


class RecentAnswers:
    """The last exchanges by response id, in memory, the oldest forgotten first; records of those traced, in
    the lab (see `lab.answers`). Safe for several threads.

    A server has no keys, so nobody can be told from another: an answer is its reader's because its id has 96
    random bits, which only the response tells.
    """

    def __init__(self, lab: Lab, model: str, most: int) -> None:
        """model: the artifact id of the model that answers. Records beyond what the lab's settings allow go.

        Raises GlaswerkError for wrong settings.
        """
        self._lab, self._model, self._most = lab, model, most
        self._settings = AnswerSettings.of(lab)
        self._exchanges: OrderedDict[str, Exchange] = OrderedDict()
        self._lock = threading.Lock()
        self._recording = threading.Lock()
        try:
            prune_answers(lab, self._settings.most)
        except OSError as error:
            sys.stderr.write(f"records of old answers could not be removed: {error}\n")

    def keep(self, identifier: str, exchange: Exchange) -> None:
        """Remember an answer, whole or as far as it came."""
        with self._lock:
            self._exchanges[identifier] = exchange
            while len(self._exchanges) > self._most:
                self._exchanges.popitem(last=False)

    def find(self, identifier: str, hidden: Collection[str]) -> Exchange | Answer:
        """The exchange, from the lab's record where the server no longer has it; of an answer that cannot be
        traced anew, as its words were not kept or another model gave it, the record alone.

        hidden: ids of documents that may not be shown; a record that shows one is given without its words.
        Raises ApiError 404 for an answer that was never given or is forgotten, GlaswerkError for a damaged
        record.
        """
        with self._lock:
            exchange = self._exchanges.get(identifier)
        if exchange is not None:
            return exchange
        record = read_answer(self._lab, identifier)
        if record is None:
            message = (
                f"no answer {identifier[:80]!r} here: the server keeps its last {self._most:,} answers until "
                "it stops, and the lab a record of those that were traced\n"
                "hint: POST the text to /v1/glaswerk/trace"
            )
            raise ApiError(404, message, param="response_id", code="answer_not_found")
        if record.shows(hidden):
            return record.without_words()
        if record.text is None or record.model != self._model:
            return record
        return Exchange(record.text, record.context or "")

    def record(self, identifier: str, exchange: Exchange, trace: str, documents: Iterable[str]) -> None:
        """Enter a traced answer in the lab, once. A full disk is told on the terminal: the answer stands."""
        words = (exchange.text, exchange.context) if self._settings.text else (None, None)
        shown, now = tuple(dict.fromkeys(documents)), datetime.now(UTC).isoformat(timespec="seconds")
        answer = Answer(identifier, now, self._model, trace, shown, *words)
        with self._recording:
            if not self._settings.most or self._has_record(identifier):
                return
            try:
                record_answer(self._lab, answer, self._settings.most)
            except OSError as error:
                sys.stderr.write(f"the answer {identifier} has no record in the lab: {error}\n")

    def _has_record(self, identifier: str) -> bool:
        """Not where it is damaged: it is written anew."""
        try:
            return read_answer(self._lab, identifier) is not None
        except GlaswerkError:
            return False
