"""What every new source needs: a name, stated rights, and at least one document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_json, short
from glaswerk.data.files.bad_files import BadFiles
from glaswerk.data.store.parquet import DocumentWriter
from glaswerk.lab.tombstones import plain_handle

OWN = "own"
ORIGINS = (OWN, "public", "licensed", "synthetic", "unknown")


def default_name(first: Path, decided: Mapping[str, Any]) -> str:
    """A default name for a source: from its first file and a digest of everything that determines it."""
    stem = first.name.partition(".")[0]
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-") or "source"
    return f"{slug}-{short(digest_json(decided), 8)}"


def check_rights(licence: str, acquired: str) -> None:
    """Raises GlaswerkError if the licence is blank or the origin is not one of ORIGINS."""
    if not licence.strip():
        raise GlaswerkError(
            "expected the licence of the content, found none",
            hint="state what may be done with it: --licence CC-BY-4.0, or --licence own",
        )
    if acquired not in ORIGINS:
        raise GlaswerkError(f"expected how it was acquired ({', '.join(ORIGINS)}), found {acquired!r}")


class AuthorGate:
    """Refuses content of several authors whose origin the user did not state: it cannot all be their own."""

    def __init__(self, *, stated: bool) -> None:
        self._stated = stated
        self._author = ""

    def passed(self, document: Document) -> Document:
        """The document. Raises GlaswerkError at the second author, unless the origin is stated."""
        if self._stated or not document.author or document.rights.acquired != OWN:
            return document
        self._author = self._author or document.author
        if plain_handle(self._author) != plain_handle(document.author):
            raise GlaswerkError(
                f"expected how you came by the right to content of several authors, found nothing: it names "
                f"{self._author!r:.60} and {document.author!r:.60}",
                hint="add --acquired public, licensed, synthetic or unknown; or --acquired own, if all of it "
                "is yours",
            )
        return document


def _telling(reasons: Mapping[str, int]) -> str:
    """The reason to read about first: private content before what the container merely had as well."""
    return next(
        (reason for reason in ("private_message", "direct_message") if reason in reasons), min(reasons)
    )


def need_documents(
    writer: DocumentWriter,
    paths: Sequence[Path | str],
    left_out: Mapping[str, int] | None = None,
    bad: BadFiles | None = None,
) -> None:
    """Raises GlaswerkError if the source has no documents, with the counts of what was left out by reason.

    The first of the `bad` files is named with what is wrong with it.
    """
    if writer.documents == 0:
        reasons = {reason: count for reason, count in (left_out or {}).items() if count}
        words = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
        first = next(iter(bad.listed), None) if bad else None
        raise GlaswerkError(
            f"expected documents with text, found none in {', '.join(map(str, paths[:3]))}"
            + (f" (left out: {words})" if words else "")
            + (f"; {first.name}: {first.error}" if first else ""),
            hint=f"glaswerk explain {_telling(reasons)}" if reasons else "check that the paths are right",
        )
