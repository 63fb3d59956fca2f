"""The captioned pictures of a corpus: which picture each caption shows, and where its bytes are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.pictures.store import Pictures
from glaswerk.data.store.corpus import read_documents
from glaswerk.data.store.families import CORPUS_SPLITS, IMAGE
from glaswerk.lab import Artifact, Lab

TRAINED, HELD_OUT = CORPUS_SPLITS[2 * IMAGE : 2 * IMAGE + 2]


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption and its picture: `document` and `source` as in the corpus, `picture` a name in the source."""

    document: str
    source: str
    picture: str
    text: str
    author: str
    licence: str


@dataclass(frozen=True, slots=True)
class CaptionSet:
    """The captions that are trained on and those held out, in the corpus's order.

    No picture is in both: one that a held-out caption shows is not trained on, whatever its other captions.
    """

    trained: Sequence[Caption]
    held_out: Sequence[Caption]

    @classmethod
    def of(cls, corpus: Artifact) -> CaptionSet:
        """The pictures of a corpus. Raises GlaswerkError if it has none to train on."""
        held = list(_captions(corpus.path, HELD_OUT))
        pictures = {caption.picture for caption in held}
        trained = [c for c in _captions(corpus.path, TRAINED) if c.picture not in pictures]
        if not trained:
            raise GlaswerkError(
                f"expected captioned pictures in the corpus {corpus.name!r}, found none",
                hint="glaswerk add images FOLDER --licence own && glaswerk curate",
            )
        return cls(trained, held)


def _captions(corpus: Path, split: str) -> Iterator[Caption]:
    for document in read_documents(corpus, split):
        for name in document.media:
            yield Caption(
                document.id, document.source, name, document.text, document.author, document.rights.licence
            )


def read_all(lab: Lab, captions: Sequence[Caption]) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every picture that the captions show, each once.

    Raises GlaswerkError if a source is gone or a picture is damaged.
    """
    for source, names in _by_source(captions).items():
        made = lab.need("source", source, hint="glaswerk curate")
        with Pictures(made.path) as pictures:
            for name in names:
                yield name, pictures.read(name)


def numbered(captions: Sequence[Caption]) -> Mapping[str, int]:
    """A number from 0 for each distinct picture, in the order in which `read_all` yields them."""
    names = dict.fromkeys(name for found in _by_source(captions).values() for name in found)
    return {name: number for number, name in enumerate(names)}


def _by_source(captions: Sequence[Caption]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for caption in captions:
        found.setdefault(caption.source, {})[caption.picture] = None
    return found
