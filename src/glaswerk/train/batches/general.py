"""General text that is replayed while a model learns other text, so that it keeps what it knew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.train.batches.repetition import TRAINED
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.sources import sources_of
from glaswerk.train.batches.stream import Stream

# The key in the config of a model whose run replayed general text.
GENERAL = "general"


@dataclass(frozen=True, slots=True)
class General:
    """The sources of general text, and their documents as index ranges [first, end) in the training split.

    `share`: tokens of them per token of the other sources, drawn anew in every epoch.
    """

    sources: tuple[str, ...]
    documents: tuple[tuple[int, int], ...]
    share: float

    @classmethod
    def of(cls, lab: Lab, packed: Artifact, names: Sequence[str], share: float) -> General | None:
        """The documents of these sources in the training split of shards; None if no source is named.

        Raises GlaswerkError for a source without training documents, and if no other source is left.
        """
        if not names or not share:
            return None
        found = sources_of(lab, packed, TRAINED)
        _check(names, found.names)
        ranges = found.ranges(names)
        return cls(tuple(sorted(set(names))), ranges, share)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> General:
        """The inverse of `to_json`."""
        ranges = tuple((first, end) for first, end in found["documents"])
        return cls(tuple(found["sources"]), ranges, float(found["share"]))

    def to_json(self) -> dict[str, Any]:
        """The value of `GENERAL` in the config of a model."""
        return asdict(self)

    def parts(self, stream: Stream) -> tuple[Stream, Stream]:
        """`stream` in two parts: the documents of the other sources, and the general ones."""
        return stream.parted(self.documents)


def with_general(
    stream: Stream, general: General | None, *, length: int, rows: int, seed: int
) -> PackedSampler:
    """The sampler over `stream`: every document once an epoch, of general ones a random part."""
    if general is None:
        return PackedSampler(stream, length=length, rows=rows, seed=seed)
    own, replayed = general.parts(stream)
    return PackedSampler(own, length=length, rows=rows, seed=seed, replay=replayed, share=general.share)


def _check(names: Sequence[str], there: Sequence[str]) -> None:
    unknown = [name for name in names if name not in there]
    if unknown or not set(there) - set(names):
        problem = f"{unknown[0]!r} is none" if unknown else "all of them cannot be replayed"
        raise GlaswerkError(
            f"--replay takes sources with training documents ({', '.join(sorted(there))}): {problem}",
            hint="--replay SOURCE, once for each source of general text; its own texts are in the others",
        )
