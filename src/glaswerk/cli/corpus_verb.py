"""`glaswerk corpus ls|show|rm`."""

from __future__ import annotations

from collections.abc import Mapping

from glaswerk.cli.nouns import Noun, noun_group
from glaswerk.lab.artifact import Artifact


def _facts(corpus: Artifact) -> Mapping[str, str]:
    return {"documents": f"{corpus.stats.get('documents', 0):,}", "kept": f"{corpus.stats.get('kept', 0):,}"}


command = noun_group(Noun("corpus", "corpora", "main", "glaswerk curate", _facts))
