"""Search vector stores: those of a project, whose passages stay in memory between searches, and the lab's."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.attribute_filters import keeps
from glaswerk.serve.files.found import Found, Search
from glaswerk.serve.files.lab_store import LAB, LabStore
from glaswerk.serve.files.passages import PassageIndex
from glaswerk.serve.files.vector_store_files import FILE
from glaswerk.serve.stored.store import Store, now

Body = dict[str, Any]
# Vector stores whose passages stay in memory, and how many passages they have together.
_HELD, _MOST = 8, 100_000


@dataclass(frozen=True, slots=True)
class _Held:
    """The passages of a store as they were at `mark`: their files and texts."""

    mark: tuple[int, int]
    files: Sequence[str]
    texts: Sequence[str]
    index: PassageIndex


class StoreSearch:
    """Searches the vector stores of each project. Safe for several threads."""

    def __init__(self, store: Store, lab: LabStore) -> None:
        self._store, self.lab = store, lab
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()

    def check(self, project: str, name: str) -> None:
        """Raises ApiError 404 for a store that is not there, 400 for one whose time is over."""
        if name == LAB:
            self.lab.card()
        else:
            self._used(project, name)

    def search(self, project: str, name: str, wanted: Search) -> list[Found]:
        """The best passages of one store, the best first. Raises ApiError as `check`."""
        if name == LAB:
            return self.lab.search(wanted.question, wanted.filters, wanted.most, wanted.least)
        self._used(project, name)
        held = self._current(project, name)
        files = {file["id"]: file for file in self._store.all(project, FILE, name)}
        kept = {file for file, facts in files.items() if keeps(wanted.filters, facts["attributes"])}
        scores = held.index.rank(wanted.question)
        fitting = (
            i
            for i, score in enumerate(scores)
            if score > 0 and score >= wanted.least and held.files[i] in kept
        )
        best = sorted(fitting, key=lambda i: -scores[i])[: wanted.most]
        return [
            Found(
                name,
                held.files[i],
                files[held.files[i]]["filename"],
                scores[i],
                held.texts[i],
                files[held.files[i]]["attributes"],
            )
            for i in best
        ]

    def _used(self, project: str, name: str) -> None:
        """A search counts as use of a store that expires."""
        found = self._store.get(project, "vector_store", name, param="vector_store_id")
        if (found["expires_at"] or math.inf) <= now():
            message = "this vector store expired; make another with POST /v1/vector_stores"
            raise ApiError(400, message, param="vector_store_id", code="vector_store_expired")
        if found["expires_after"]:
            again = {"last_active_at": now(), "expires_at": end(found["expires_after"])}
            self._store.change(project, "vector_store", found | again)

    def _current(self, project: str, name: str) -> _Held:
        """The passages of a store as they are now."""
        key, mark = (project, name), self._store.mark(project, "passage", name)
        with self._lock:
            held = self._held.get(key)
            if held is not None and held.mark == mark:
                self._held.move_to_end(key)
                return held
        pieces = list(self._store.all(project, "passage", name))
        texts = [piece["text"] for piece in pieces]
        held = _Held(mark, [piece["file_id"] for piece in pieces], texts, PassageIndex(texts))
        with self._lock:
            self._held[key] = held
            self._held.move_to_end(key)
            while len(self._held) > 1 and self._is_full():
                self._held.popitem(last=False)
        return held

    def _is_full(self) -> bool:
        return len(self._held) > _HELD or sum(len(one.texts) for one in self._held.values()) > _MOST


def end(after: Body | None) -> int | None:
    """When a vector store that is used now expires."""
    return now() + 86_400 * int(after["days"]) if after else None
