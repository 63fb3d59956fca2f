"""Which rights of a document keep it out of a release."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from glaswerk.core.licences import NO_DERIVATIVES, NON_COMMERCIAL, SHARE_ALIKE, licence_terms
from glaswerk.core.share_alike import may_be_under, shares_alike

# How weights from elsewhere were acquired, in the column `acquired` of a table of rights.
ADOPTED_WEIGHTS = "adopted"


_FORBIDS = {NON_COMMERCIAL: "commercial use", NO_DERIVATIVES: "derived works"}


def rights_faults(
    licence: str,
    acquired: str,
    audience: str,
    tdm_opt_out: bool,
    declared: Collection[str] = (),
    under: str = "",
) -> Iterator[str]:
    """Why documents with these rights cannot go into a release, a few words for each reason.

    The arguments are those of `core.document.Rights`; `acquired` may also be ADOPTED_WEIGHTS. `declared`:
    what the release declares itself to be (see `licences.DECLARATIONS`). `under`: its licence, "" if not
    known; it decides whether a licence that asks for the same one gets it, before what is declared.
    """
    if tdm_opt_out:
        yield "its owner reserved text and data mining"
    if acquired in ("", "unknown"):
        yield "how it was acquired is unknown"
    if acquired == ADOPTED_WEIGHTS:
        yield "what it was trained on is unknown"
    if licence.strip().casefold() in ("", "unknown"):
        yield "its licence is unknown"
    terms = licence_terms(licence).terms
    for term in _FORBIDS:
        if term in terms and term not in declared:
            yield f"its licence {licence} forbids {_FORBIDS[term]} (declare {term})"
    if shares_alike(licence, weights=acquired == ADOPTED_WEIGHTS):
        yield from _not_alike(licence, declared, under)
    if audience != "public":
        yield f"its audience is {audience}"


def _not_alike(licence: str, declared: Collection[str], under: str) -> Iterator[str]:
    asks = f"its licence {licence} asks that what is made from it has the same licence"
    if under and not may_be_under(licence, under):
        yield f"{asks}, and the release is under {under} (model_licence in answers.toml)"
    elif not under and SHARE_ALIKE not in declared:
        yield f"{asks} (declare {SHARE_ALIKE})"
