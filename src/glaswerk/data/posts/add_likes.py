"""Posts that an account liked, from its archive: other people's texts, without their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, Rights
from glaswerk.core.progress import track
from glaswerk.data.posts.add_archives import open_account
from glaswerk.data.posts.post import digits, snowflake_time
from glaswerk.data.posts.rendering import render
from glaswerk.data.references import X_PREFIX
from glaswerk.data.store.new_source import need_documents
from glaswerk.data.store.parquet import DocumentWriter, write_relations

# What X writes instead of a post that is deleted, protected or from a suspended account.
_UNABLE = re.compile(r"You(?:’|'|&#39;)re unable to view this (?:Post|Tweet)\b")


def read_likes(
    records: Iterable[Mapping[str, Any]], source: str, rights: Rights, left_out: Counter[str]
) -> Iterator[Document]:
    """A document for each liked post (`Account.likes`) whose text the archive has; others are counted.

    Its time is the post's own, from its id; the archive does not say when it was liked, nor who wrote it.
    """
    for record in records:
        number, raw = str(int(digits(record["tweetId"]))), record.get("fullText")
        if not isinstance(raw, str) or not raw.strip() or _UNABLE.match(raw):
            left_out["unavailable"] += 1
        else:
            yield Document(
                id=X_PREFIX + number,
                source=source,
                text=render(raw, {}, (), ()),
                rights=rights,
                created_at=snowflake_time(number),
                kind="post",
                url=f"https://x.com/i/status/{number}",
            )


@dataclass(slots=True)
class LikesJob:
    """Writes the files of a source of posts that accounts liked; the accounts' own posts are left out."""

    source: str
    rights: Rights
    paths: Sequence[Path]
    tolerant: bool
    left_out: Counter[str] = field(default_factory=Counter)

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write documents and parts to `folder`; returns the statistics."""
        seen: set[str] = set()
        own = self._own()
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for path in track(self.paths, "reading likes", len(self.paths)):
                for document in self._read(path, own):
                    if document.id in seen:
                        self.left_out["repeated_id"] += 1
                    else:
                        seen.add(document.id)
                        writer.add(document)
        need_documents(writer, self.paths, self.left_out)
        write_relations(folder, (), ())
        return {
            "documents": writer.documents,
            "archives": len(self.paths),
            "bytes": writer.bytes,
            "kinds": {"post": writer.documents},
            "left_out": dict(sorted((+self.left_out).items())),
        }

    def _own(self) -> set[str]:
        """Ids of the accounts' own posts, public, limited or deleted, according to any of the archives."""
        found: set[str] = set()
        for path in self.paths:
            with open_account(path, self.tolerant) as account:
                found |= account.deleted_ids() | account.limited_ids()
                found.update(version for post in account.posts() for version in post.versions)
        return {X_PREFIX + identifier for identifier in found}

    def _read(self, path: Path, own: Collection[str]) -> Iterator[Document]:
        with open_account(path, self.tolerant) as account:
            for document in read_likes(account.likes(), self.source, self.rights, self.left_out):
                if document.id in own:
                    self.left_out["own_like"] += 1
                else:
                    yield document
        self.left_out += account.left_out
