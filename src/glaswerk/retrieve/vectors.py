"""The vectors of all sentences of passages, so that a question finds what says the same in other words.

Built apart from the passages, as it takes a hundred times as long; search works without. Sentences that an
earlier build had are taken from there, and an interrupted one resumes.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glaswerk.core.artifact_files import PASSAGES
from glaswerk.core.progress import progress_bar
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.retrieve.embedder import SIZE, Embedder, embedder, is_installed, model_name
from glaswerk.retrieve.sentences import Span, sentences

# int8, (sentences, 384): a vector of length 1, times 127.
VECTORS = "vectors.npy"
# int32, (sentences, 3): number of the passage, start and end inside of its text.
PLACES = "places.npy"
# uint64, (sentences,): of each text, so that it need not be embedded again.
TEXTS = "texts.npy"
SCALE = 127
# Sentences that are embedded together, and those that a stop may lose.
_BATCH, _PART = 16, 1024
_Known = dict[int, npt.NDArray[np.int8]]


def build_vectors(lab: Lab, passages: Artifact) -> Artifact:
    """The vectors of `passages`; those that are there already are not made again.

    About 100 sentences a CPU-second. Raises GlaswerkError if the extra `vectors` is not installed.
    """
    embedder()
    spec = _spec(passages)
    earlier, parts = lab.find("vectors", passages.name), lab.run_path(spec.id)
    known = _known(earlier) if earlier else {}
    made = lab.make(spec, lambda folder: _write(folder, passages.path / PASSAGES, known, parts))
    for file in parts.glob("*.npy"):
        file.unlink()
    if parts.exists():
        parts.rmdir()
    return made


def find_vectors(lab: Lab, passages: Artifact) -> Artifact | None:
    """The vectors of just these passages; None if there are none, or without the extra."""
    if not is_installed():
        return None
    found = lab.find("vectors", passages.name)
    return found if found and found.id == _spec(passages).id else None


def renew_vectors(lab: Lab, passages: Artifact) -> None:
    """Bring those of a corpus that had some up to date: what is gone from it is gone from them, too.

    Without the extra they are removed, as nothing could use them.
    """
    if (before := lab.find("vectors", passages.name)) is None:
        return
    if is_installed():
        build_vectors(lab, passages)
    else:
        lab.remove(before)


def _spec(passages: Artifact) -> Spec:
    return Spec("vectors", passages.name, "vectors/1", {"passages": passages.id}, {"model": model_name()})


def _write(folder: Path, file: Path, known: _Known, parts: Path) -> Mapping[str, Any]:
    every = list(_texts(file))
    places = np.array([[number, *span] for number, span, _ in every], np.int32).reshape(-1, 3)
    hashes = np.array([_hash(text) for _, _, text in every], np.uint64)
    wanted = {int(hash_): text for hash_, (_, _, text) in zip(hashes, every, strict=True)}
    known = {hash_: known[hash_] for hash_ in wanted.keys() & known.keys()}
    reused = len(known)
    _embed({hash_: text for hash_, text in wanted.items() if hash_ not in known}, known, parts)
    vectors = np.zeros((len(every), SIZE), np.int8)
    for row, hash_ in enumerate(hashes):
        vectors[row] = known[int(hash_)]
    np.save(folder / VECTORS, vectors)
    np.save(folder / PLACES, places)
    np.save(folder / TEXTS, hashes)
    return {"sentences": len(every), "reused": reused}


def _embed(wanted: Mapping[int, str], known: _Known, parts: Path) -> None:
    """Add the vectors of all texts to `known`, by their hashes; parts that were finished before are read."""
    parts.mkdir(parents=True, exist_ok=True)
    # Of about the same length together: a batch costs what its longest text costs.
    order = sorted(wanted, key=lambda hash_: (len(wanted[hash_]), hash_))
    with progress_bar("embedding sentences", len(order)) as bar:
        for first in range(0, len(order), _PART):
            own = order[first : first + _PART]
            found = _part(parts, own, [wanted[hash_] for hash_ in own])
            known.update(zip(own, found, strict=True))
            bar.advance(len(own))


def _part(parts: Path, hashes: Sequence[int], texts: Sequence[str]) -> npt.NDArray[np.int8]:
    name = hashlib.blake2b(np.array(hashes, np.uint64).tobytes(), digest_size=8).hexdigest()
    file = parts / f"{name}.npy"
    if file.exists():
        found: npt.NDArray[np.int8] = np.load(file)
        return found
    model = embedder()
    found = np.concatenate([_rounded(model, texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)])
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as out:
        np.save(out, found)
    unfinished.replace(file)
    return found


def _rounded(model: Embedder, texts: Sequence[str]) -> npt.NDArray[np.int8]:
    return np.rint(model.of(texts) * SCALE).astype(np.int8)


def _texts(file: Path) -> Iterator[tuple[int, Span, str]]:
    """(passage, place in it, text) of every sentence."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        for number, text in db.execute("SELECT number, text FROM passage ORDER BY number"):
            for start, end in sentences(text):
                yield number, (start, end), text[start:end]


def _known(earlier: Artifact) -> _Known:
    if earlier.config.get("model") != model_name():
        return {}
    vectors = np.load(earlier.path / VECTORS, mmap_mode="r")
    hashes = np.load(earlier.path / TEXTS).tolist()
    return {hash_: np.array(vectors[row]) for row, hash_ in enumerate(hashes)}


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
