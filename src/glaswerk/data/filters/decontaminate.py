"""Finding evaluation items in training documents: sequences of 13 words that occur in both, word for word.

The method is that of GPT-3 (Brown et al. 2020, arXiv:2005.14165, appendix C): an item has leaked into a
document that shares NGRAM_WORDS successive words with it. Shorter items of at least WHOLE_WORDS words must
occur in full; even shorter ones cannot be distinguished from ordinary language and count as unchecked.
Comparison ignores case, punctuation and compatibility forms (NFKC). Paraphrases and translations are not
found, and in a language without spaces between words only what punctuation separates counts as a word.

The index takes 12 bytes per sequence: a 64-bit hash and the number of the first item that has it. Two
sequences collide with probability 2⁻⁶⁴: for 10¹⁰ words read at six lengths each against 10⁶ sequences, that
is one false match in 300 runs.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import aside

NGRAM_WORDS = 13
WHOLE_WORDS = 8
_WORD = re.compile(r"[^\W_]+")
_SPACE = 32
_STEP = np.uint64(0x9E3779B97F4A7C15)
# Bits of the filter per sequence: of look-ups without a match, one in 16 has to search the sorted hashes.
_FILTER_BITS = 16
# Words hashed at a time: 5 MB of arrays.
_BATCH_WORDS = 20_000
_NGRAMS, _ITEMS = "ngrams.arrow", "items.arrow"
_NGRAM_SCHEMA = pa.schema([("key", pa.uint64()), ("item", pa.uint32())])
_ITEM_SCHEMA = pa.schema([("set", pa.string()), ("item", pa.string())])
_VERSION = "1"


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The last step of splitmix64 (Steele et al. 2014): every input bit affects every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


# Weights by position in a word. They come from splitmix64, so that saved indexes depend on no library, and
# are odd, so that no bit is lost. Bytes beyond the last weight are only added.
_WEIGHTS = _mixed(np.arange(1, 65, dtype=np.uint64) * _STEP) | np.uint64(1)


@dataclass(frozen=True, slots=True)
class Leak:
    """An evaluation item found in a document: its set, its id, and the first matching words."""

    set: str
    item: str
    ngram: str


def normalised_words(text: str) -> list[str]:
    """The words that are compared: NFKC, case folded, letters and digits only."""
    if text.isascii():
        return _WORD.findall(text.lower())
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _word_hashes(words: Sequence[str]) -> NDArray[np.uint64]:
    """One 64-bit hash per word, the same on every machine."""
    data = np.frombuffer(" ".join([*words, ""]).encode("utf-8", "surrogatepass"), np.uint8)
    ends = np.flatnonzero(data == _SPACE) + 1
    starts = np.concatenate(([0], ends[:-1]))
    position = np.arange(len(data)) - np.repeat(starts, ends - starts)
    weighted = data * _WEIGHTS[np.minimum(position, len(_WEIGHTS) - 1)]
    return _mixed(np.add.reduceat(weighted, starts))


def _keys(words: Sequence[str], lengths: Iterable[int]) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """For each of `lengths` that fits: (length, one key per sequence of that many words)."""
    wanted = {length for length in lengths if length <= len(words)}
    if not wanted:
        return
    hashes = _word_hashes(words)
    rolling = hashes
    for length in range(2, max(wanted) + 1):
        rolling = rolling[:-1] * _STEP + hashes[length - 1 :]
        if length in wanted:
            yield length, _mixed(rolling + np.uint64(length))


@dataclass(frozen=True, eq=False)
class EvalIndex:
    """The word sequences of all evaluation items, to find them in documents.

    `keys`: sorted and unique hashes. `owners`: the number of the item of each key. `items`: a table of
    (set, item) by number. `unchecked`: by set, the number of items without a text of WHOLE_WORDS words.
    """

    n: int
    keys: NDArray[np.uint64]
    owners: NDArray[np.uint32]
    items: Any
    lengths: tuple[int, ...]
    unchecked: dict[str, int]
    _filter: NDArray[np.uint8] = field(repr=False)
    _shift: np.uint64 = field(repr=False)

    @classmethod
    def build(cls, items: Iterable[tuple[str, str, str]], n: int = NGRAM_WORDS) -> EvalIndex:
        """An index of (set, item, text). The texts of one item, if there are several, must be adjacent.

        Raises GlaswerkError if `n` is below WHOLE_WORDS or there are no items.
        """
        if n < WHOLE_WORDS:
            raise GlaswerkError(f"expected sequences of at least {WHOLE_WORDS} words, found n = {n}")
        collected = _Collected(n)
        for set_name, item, text in items:
            collected.add(set_name, item, text)
        collected.flush()
        if not collected.ids:
            raise GlaswerkError(
                "expected evaluation items, found none",
                hint="pass the folder or file with the evaluation sets",
            )
        # The first of several items with the same sequence owns it.
        keys, first = np.unique(np.concatenate(collected.keys), return_index=True)
        owners = np.concatenate(collected.owners)[first]
        table = pa.table([collected.sets, collected.ids], schema=_ITEM_SCHEMA)
        lengths = tuple(sorted(collected.lengths))
        return cls._of(n, keys, owners, table, lengths, collected.unchecked())

    @classmethod
    def _of(
        cls,
        n: int,
        keys: NDArray[np.uint64],
        owners: NDArray[np.uint32],
        items: Any,
        lengths: tuple[int, ...],
        unchecked: dict[str, int],
    ) -> EvalIndex:
        bits = max(16, (len(keys) * _FILTER_BITS - 1).bit_length())
        shift = np.uint64(64 - bits)
        flags = np.zeros(1 << bits, np.bool_)
        flags[keys >> shift] = True
        packed = np.packbits(flags, bitorder="little")
        return cls(n, keys, owners, items, lengths, unchecked, packed, shift)

    def find(self, text: str) -> list[Leak]:
        """The items that share a sequence with `text`, each once, in the order of their numbers."""
        return next(self.find_all([text]))

    def find_all(self, texts: Iterable[str]) -> Iterator[list[Leak]]:
        """The result of `find` for each text. Texts are hashed in batches, which is fast for short ones."""
        batch: list[list[str]] = []
        waiting = 0
        for text in texts:
            batch.append(normalised_words(text))
            waiting += len(batch[-1])
            if waiting >= _BATCH_WORDS:
                yield from self._find(batch)
                batch, waiting = [], 0
        yield from self._find(batch)

    def _find(self, batch: Sequence[Sequence[str]]) -> Iterator[list[Leak]]:
        words = list(chain.from_iterable(batch))
        ends = list(accumulate(map(len, batch)))
        found: list[dict[int, str]] = [{} for _ in batch]
        for length, keys in _keys(words, self.lengths):
            for place, owner in self._hits(keys):
                document = bisect_right(ends, place)
                # A sequence that crosses into the next document is in neither.
                if place + length <= ends[document]:
                    found[document].setdefault(owner, " ".join(words[place : place + length]))
        for owners in found:
            yield [Leak(*self._item(number), ngram) for number, ngram in sorted(owners.items())]

    def _hits(self, keys: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
        """(place in `keys`, item) of each key that is in the index."""
        places = np.flatnonzero(self._maybe(keys))
        at = np.minimum(np.searchsorted(self.keys, keys[places]), len(self.keys) - 1)
        same = self.keys[at] == keys[places]
        return zip(places[same].tolist(), self.owners[at[same]].tolist(), strict=True)

    def _maybe(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether each key may be in the index: one look-up in a table that fits the CPU's cache."""
        bucket = keys >> self._shift
        bits = self._filter[bucket >> np.uint64(3)] >> (bucket & np.uint64(7)).astype(np.uint8)
        maybe: NDArray[np.bool_] = (bits & np.uint8(1)).astype(np.bool_)
        return maybe

    def _item(self, number: int) -> tuple[str, str]:
        return self.items["set"][number].as_py(), self.items["item"][number].as_py()

    def save(self, folder: Path) -> None:
        """Write the index as two Arrow files, which `load` maps into memory."""
        folder.mkdir(parents=True, exist_ok=True)
        about = {
            "version": _VERSION,
            "n": str(self.n),
            "lengths": " ".join(map(str, self.lengths)),
            **{f"unchecked {name}": str(count) for name, count in self.unchecked.items()},
        }
        _write(folder / _NGRAMS, pa.table([self.keys, self.owners], schema=_NGRAM_SCHEMA), about)
        _write(folder / _ITEMS, self.items, {})

    @classmethod
    def load(cls, folder: Path) -> EvalIndex:
        """The index that `save` wrote, mapped into memory and read on use.

        Raises GlaswerkError if the files are missing, cut off or contain something else.
        """
        try:
            ngrams, items = _read(folder / _NGRAMS, _NGRAM_SCHEMA), _read(folder / _ITEMS, _ITEM_SCHEMA)
            about = {k.decode(): v.decode() for k, v in (ngrams.schema.metadata or {}).items()}
            lengths = tuple(int(length) for length in about["lengths"].split())
            unchecked = {
                name.removeprefix("unchecked "): int(count)
                for name, count in about.items()
                if name.startswith("unchecked ")
            }
            n = int(about["n"])
            keys, owners = (_array(ngrams.column(name)) for name in ("key", "item"))
        except (OSError, pa.ArrowException, ValueError, KeyError) as error:
            raise _broken(folder, error) from error
        valid = about.get("version") == _VERSION and all(WHOLE_WORDS <= length <= n for length in lengths)
        owned = int(owners.max(initial=0)) < items.num_rows
        if not (valid and owned and bool(np.all(keys[:-1] < keys[1:]))):
            raise _broken(folder, "its parts do not match")
        return cls._of(n, keys, owners, items, lengths, unchecked)


@dataclass(slots=True)
class _Collected:
    """The items that `build` has read so far, by number, and the keys of their texts."""

    n: int
    sets: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    checked: set[int] = field(default_factory=set)
    lengths: set[int] = field(default_factory=set)
    keys: list[NDArray[np.uint64]] = field(default_factory=lambda: [np.zeros(0, np.uint64)])
    owners: list[NDArray[np.uint32]] = field(default_factory=lambda: [np.zeros(0, np.uint32)])
    _batch: list[list[str]] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _waiting: int = 0

    def add(self, set_name: str, item: str, text: str) -> None:
        if not self.ids or (self.sets[-1], self.ids[-1]) != (set_name, item):
            self.sets.append(set_name)
            self.ids.append(item)
        words = normalised_words(text)
        if len(words) < WHOLE_WORDS:
            return
        self.checked.add(len(self.ids) - 1)
        self._batch.append(words)
        self._numbers.append(len(self.ids) - 1)
        self._waiting += len(words)
        if self._waiting >= _BATCH_WORDS:
            self.flush()

    def flush(self) -> None:
        """Add the keys of the waiting texts. A text has sequences of n words, or one of its full length."""
        sizes = np.array([len(words) for words in self._batch], np.int64)
        length_of = np.repeat(np.minimum(sizes, self.n), sizes)
        end_of = np.repeat(np.cumsum(sizes), sizes)
        owner_of = np.repeat(np.array(self._numbers, np.uint32), sizes)
        lengths = set(length_of.tolist())
        for length, keys in _keys(list(chain.from_iterable(self._batch)), lengths):
            own = slice(0, len(keys))
            inside = np.arange(len(keys)) + length <= end_of[own]
            wanted = inside & (length_of[own] == length)
            self.keys.append(keys[wanted])
            self.owners.append(owner_of[own][wanted])
        self.lengths |= lengths
        self._batch, self._numbers, self._waiting = [], [], 0

    def unchecked(self) -> dict[str, int]:
        left = Counter(name for number, name in enumerate(self.sets) if number not in self.checked)
        return dict(sorted(left.items()))


def _write(path: Path, table: Any, about: dict[str, str]) -> None:
    table = table.replace_schema_metadata(about).combine_chunks()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        # One batch, so that each column is a single array, which numpy uses without a copy.
        writer.write_table(table, max_chunksize=max(1, table.num_rows))


def _read(path: Path, schema: Any) -> Any:
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    if not table.schema.equals(schema, check_metadata=False):
        raise ValueError(f"the columns of {path.name} are {', '.join(table.schema.names)}")
    table.validate(full=True)
    return table


def _array(column: Any) -> NDArray[Any]:
    """A column as a numpy array on the mapped file. Raises ValueError if it has nulls."""
    if column.null_count:
        raise ValueError(f"{column.null_count} values are missing")
    joined: NDArray[Any] = (column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()).to_numpy()
    return joined


def _broken(folder: Path, why: object) -> GlaswerkError:
    return GlaswerkError(
        f"expected a complete index of evaluation items in {folder}, found a broken one: {why}",
        hint=aside(folder, "build it again from the evaluation sets"),
    )
