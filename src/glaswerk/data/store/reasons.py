"""Every reason for which content is left out or changed: what it means and how to change the outcome.

CURATION has the rules of `glaswerk curate`, in order; ADDING what is left out while a source is added;
PACKING what is left out while a corpus is packed; MASKED what is changed in documents that are kept.
`glaswerk explain` prints them.
"""

from __future__ import annotations

from difflib import get_close_matches

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.adding_reasons import ADDING
from glaswerk.data.store.curation_reasons import CURATION
from glaswerk.data.store.packing_reasons import PACKING
from glaswerk.data.store.reason import Reason

__all__ = ["ADDING", "CURATION", "MASKED", "PACKING", "REASONS", "Reason", "explain"]

# Changed in documents that are kept.
_MASK = "Change the list mask in [curate] of lab.toml."
MASKED = {
    "email": Reason("An e-mail address, masked as [email].", _MASK),
    "phone": Reason("A telephone number of 9 to 15 digits, masked as [phone].", _MASK),
    "iban": Reason("A bank account number with a valid checksum, masked as [iban].", _MASK),
    "evaluation": Reason(
        "Characters removed with lines of long texts that contain evaluation items; leaks.parquet lists the "
        "items.",
        "If no model will be evaluated on that set, remove its folder under evaluations/.",
    ),
    "boilerplate": Reason(
        "Characters removed with lines that occur in many pages (menus, cookie notices, copyright lines).",
        "Raise min_documents or min_share in [curate.boilerplate] of lab.toml.",
    ),
    "card": Reason(
        "A payment card number with known first digits and a valid checksum, masked as [card].",
        _MASK,
    ),
    "ip": Reason("A public IP address, masked as [ip].", _MASK),
    "coordinates": Reason(
        "Coordinates accurate to ten metres (four decimals or seconds of arc), masked as [coordinates].",
        _MASK,
    ),
    "secret": Reason(
        "A password, private key or token of a service (API key, JSON web token …), masked as [secret].",
        _MASK,
    ),
    "id-number": Reason(
        "A tax, health or social insurance number of a person, with its checksum where one exists, masked as "
        "[id-number].",
        _MASK,
    ),
    "handle": Reason("The name of an account (@name), masked as [handle].", _MASK),
}

REASONS = {**CURATION, **ADDING, **PACKING, **MASKED}


def explain(reason: str) -> str:
    """What `reason` means and how to change the outcome, in two sentences.

    Hyphens and underscores are interchangeable. Raises GlaswerkError naming similar reasons for an
    unknown one.
    """
    found = (
        REASONS.get(reason) or REASONS.get(reason.replace("-", "_")) or REASONS.get(reason.replace("_", "-"))
    )
    if found is None:
        near = get_close_matches(reason, REASONS, n=3)
        raise GlaswerkError(
            f"expected a reason, found {reason!r}" + (f"; similar: {', '.join(near)}" if near else ""),
            hint=f"glaswerk explain {near[0]}" if near else "glaswerk explain lists all reasons",
        )
    return f"{found.meaning} {found.change}"
