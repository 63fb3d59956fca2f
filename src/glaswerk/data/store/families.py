"""Families of documents and their splits. A family is trained on in one way, so its documents are also
judged, compared and held out together."""

from __future__ import annotations

from collections.abc import Collection

FAMILIES = ("text", "chat", "preference", "image")
TEXT, CHAT, PREFERENCE, IMAGE = range(len(FAMILIES))
# The splits of a corpus: of each family, in the order of FAMILIES, what is trained on and what is held out.
CORPUS_SPLITS = (
    "train",
    "validation",
    "chat",
    "chat-validation",
    "preference",
    "preference-validation",
    "image",
    "image-validation",
)
# The splits that are packed into shards of tokens; pictures are read from their sources instead.
SHARD_SPLITS = CORPUS_SPLITS[: 2 * IMAGE]
# Dialogues are judged as a unit: rules on length, language or near duplicates do not fit a question and its
# answer.
TURNS = (CHAT, PREFERENCE)


def family_of(kind: str, media: Collection[str]) -> int:
    """The document's family, as an index into FAMILIES. A caption without a picture is plain text."""
    if kind == "caption" and media:
        return IMAGE
    return {"dialogue": CHAT, "preference": PREFERENCE}.get(kind, TEXT)
