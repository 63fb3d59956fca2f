"""Families of documents: what is trained on in one way is judged, compared and held out together."""

from __future__ import annotations

from collections.abc import Collection

FAMILIES = ("text", "chat", "preference", "image")
TEXT, CHAT, PREFERENCE, IMAGE = range(len(FAMILIES))
# Turns of speakers are judged as a whole: no rule on length, language or near duplicates fits a question
# and its answer.
TURNS = (CHAT, PREFERENCE)


def family_of(kind: str, media: Collection[str]) -> int:
    """Place in FAMILIES of a document. A caption without a picture is a text like others."""
    if kind == "caption" and media:
        return IMAGE
    return {"dialogue": CHAT, "preference": PREFERENCE}.get(kind, TEXT)
