"""Posts and messages that are no documents: what `add docs` refuses and `add posts` reads by its rules.

Read as plain text they would lose who may see them and what their authors deleted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.api import is_api_record

# How the data files of an archive of X begin, those of before 2019 ("Grailbird") included.
_ARCHIVE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:window\.(?:YTD|__THAR_CONFIG)\b|Grailbird\.data\b|"
    rb"var (?:user_details|payload_details|tweet_index)\s*=)"
)


class WrongCommand(GlaswerkError):
    """Input that another command reads; one such file stops the whole run, wherever it lies."""


def refuse_archive(head: bytes, where: object) -> None:
    """Raises WrongCommand for a file whose first bytes are those of an archive of X: it may hold messages."""
    if _ARCHIVE.match(head):
        raise WrongCommand(
            f"expected documents, found {where}, a data file of an archive of X, which holds private "
            "messages and deleted posts beside public ones",
            hint="add the whole archive: glaswerk add posts ARCHIVE.zip --licence …",
        )


def refuse_api_record(row: Mapping[str, Any], where: object) -> None:
    """Raises WrongCommand for a record as X's API gives it: a post, a message or a notice of a deletion."""
    if is_api_record(row):
        raise WrongCommand(
            f"expected documents, found in {where} a record of X's API, whose deletions and protected "
            "accounts have to be heeded",
            hint="add it as posts: glaswerk add posts FILE --licence … --acquired …",
        )
