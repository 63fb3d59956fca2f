"""`glaswerk source ls|show|rm`."""

from __future__ import annotations

from collections.abc import Mapping

from glaswerk.cli.nouns import Noun, noun_group
from glaswerk.lab.artifact import Artifact


def _facts(source: Artifact) -> Mapping[str, str]:
    return {
        "documents": f"{source.stats.get('documents', 0):,}",
        "licence": str(source.config.get("licence", "not known")),
    }


command = noun_group(
    Noun("source", "sources", "posts", "glaswerk add posts ARCHIVE.zip --licence own", _facts)
)
