"""Which rights of a document keep it out of a release."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from glaswerk.core.licences import (
    NO_DERIVATIVES,
    NON_COMMERCIAL,
    SHARE_ALIKE,
    alternatives,
    is_reserved,
    is_unstated,
    licence_terms,
)
from glaswerk.core.share_alike import may_be_under, shares_alike

# How weights from elsewhere were acquired, in the column `acquired` of a table of rights.
ADOPTED_WEIGHTS = "adopted"


# Of these the owner is the user, or has agreed, whatever the licence is called.
_CONSENTED = ("own", "licensed", "synthetic")
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
    if is_unstated(licence):
        yield "its licence is unknown"
    if is_reserved(licence) and acquired not in _CONSENTED:
        yield f"its licence {licence} grants no right to use it"
    yield from min(
        (list(_of_terms(licence, one, acquired, declared, under)) for one in alternatives(licence)), key=len
    )
    if audience != "public":
        yield f"its audience is {audience}"


def _of_terms(
    licence: str, chosen: str, acquired: str, declared: Collection[str], under: str
) -> Iterator[str]:
    """The faults of one of the alternatives of a licence."""
    terms = licence_terms(chosen).terms
    for term in _FORBIDS:
        if term in terms and term not in declared:
            yield f"its licence {licence} forbids {_FORBIDS[term]} (declare {term})"
    if shares_alike(chosen, weights=acquired == ADOPTED_WEIGHTS):
        yield from _not_alike(licence, chosen, declared, under)


def _not_alike(licence: str, chosen: str, declared: Collection[str], under: str) -> Iterator[str]:
    asks = f"its licence {licence} asks that what is made from it has the same licence"
    if under and not may_be_under(chosen, under):
        yield f"{asks}, and the release is under {under} (model_licence in answers.toml)"
    elif not under and SHARE_ALIKE not in declared:
        yield f"{asks} (declare {SHARE_ALIKE})"
