"""Which rights of a document keep it out of a release."""

from __future__ import annotations

from collections.abc import Iterator

# How weights from elsewhere were acquired, in the column `acquired` of a table of rights.
ADOPTED_WEIGHTS = "adopted"


def rights_faults(licence: str, acquired: str, audience: str, tdm_opt_out: bool) -> Iterator[str]:
    """Why documents with these rights cannot go into a release, a few words for each reason.

    The arguments are those of `core.document.Rights`; `acquired` may also be ADOPTED_WEIGHTS.
    """
    if tdm_opt_out:
        yield "its owner reserved text and data mining"
    if acquired in ("", "unknown"):
        yield "how it was acquired is unknown"
    if acquired == ADOPTED_WEIGHTS:
        yield "what it was trained on is unknown"
    if licence.strip().casefold() in ("", "unknown"):
        yield "its licence is unknown"
    if audience != "public":
        yield f"its audience is {audience}"
