"""Posts that an account liked, from its archive: other people's texts, without their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.data.posts import PREFIX, digits, snowflake_time
from glaswerk.data.rendering import render

# What X writes in place of a post that is deleted, protected or suspended.
_UNABLE = re.compile(r"You(?:’|'|&#39;)re unable to view this (?:Post|Tweet)\b")


def read_likes(
    records: Iterable[Mapping[str, Any]], source: str, rights: Rights, left_out: Counter[str]
) -> Iterator[Document]:
    """A document for each liked post that the archive has the text of; what it has not is counted.

    Its time is the post's own, from its id; the archive does not say when it was liked, nor who wrote it.
    """
    for record in records:
        identifier, raw = digits(record.get("tweetId")), record.get("fullText")
        if not identifier:
            left_out["broken_record"] += 1
        elif not isinstance(raw, str) or not raw.strip() or _UNABLE.match(raw):
            left_out["unavailable"] += 1
        else:
            number = str(int(identifier))
            yield Document(
                id=PREFIX + number, source=source, text=render(raw, {}, (), ()), rights=rights,
                created_at=snowflake_time(number), kind="post", url=f"https://x.com/i/status/{number}",
            )  # fmt: skip
