"""Posts and messages that `add docs` refuses, because `add posts` reads them by its own rules.

Read as plain text they would lose who may see them and what their authors deleted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.api import is_api_record

# How the data files of an X archive start, including those before 2019 ("Grailbird").
_ARCHIVE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:window\.(?:YTD|__THAR_CONFIG)\b|Grailbird\.data\b|"
    rb"var (?:user_details|payload_details|tweet_index)\s*=)"
)


class WrongCommand(GlaswerkError):
    """Input that another command reads. One such file stops the whole run, even inside a container."""


def refuse_archive(head: bytes, where: object) -> None:
    """Raises WrongCommand if the first bytes are those of an X archive's data file: it may hold messages."""
    if _ARCHIVE.match(head):
        raise WrongCommand(
            f"expected documents, found {where}, a data file of an X archive, which contains private "
            "messages and deleted posts as well as public ones",
            hint="add the complete archive: glaswerk add posts ARCHIVE.zip --licence …",
        )


def refuse_api_record(row: Mapping[str, Any], where: object) -> None:
    """Raises WrongCommand for a record of X's API: a post, a message or a deletion notice."""
    if is_api_record(row):
        raise WrongCommand(
            f"expected documents, found a record of X's API in {where}; its deletions and protected "
            "accounts must be respected",
            hint="add it as posts: glaswerk add posts FILE --licence … --acquired …",
        )
