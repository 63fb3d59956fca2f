"""The differences between two corpora: documents, decisions, texts, splits, settings and sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from glaswerk.core.artifact_files import DECISIONS, DOCUMENTS
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import aside, curate_command
from glaswerk.data.store.decisions import UNSHOWN
from glaswerk.data.store.order import connect
from glaswerk.lab import Artifact

SAMPLES_PER_CHANGE = 2
# DuckDB's memory for the joins; beyond it they spill to disk.
_MEMORY = "2GB"
_EXCERPT, _BEFORE = 160, 40

# A post may be in several sources: the row that was kept counts, or else the row that decided.
_DECIDED = """
    SELECT document, min_by(source, place) AS source, min_by(reason, place) AS reason
    FROM (SELECT *, row(NOT kept, reason = 'repeated-id', source) AS place FROM read_parquet({}))
    GROUP BY document
"""
_MOVES = f"""
    SELECT a.reason, b.reason, count(*),
           count_if(a.source <> b.source),
           min_by(document, md5(document), $samples) FILTER (WHERE a.reason IS DISTINCT FROM b.reason)
    FROM ({_DECIDED.format("$decisions_a")}) a
    FULL JOIN ({_DECIDED.format("$decisions_b")}) b USING (document)
    GROUP BY ALL ORDER BY 3 DESC, 1, 2
"""
_CONTENT = """
    WITH a AS (SELECT id, split, hash(text) AS text FROM read_parquet($documents_a)),
         b AS (SELECT id, split, hash(text) AS text FROM read_parquet($documents_b))
    SELECT a.text <> b.text, a.split, b.split, count(*), min_by(id, md5(id), $samples)
    FROM a JOIN b USING (id) WHERE a.text <> b.text OR a.split <> b.split
    GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3
"""
_SOURCES = "SELECT source, count(*), count_if(kept) FROM read_parquet(?) GROUP BY source ORDER BY source"
_LANGUAGES = "SELECT lang, count(*) FROM read_parquet(?) GROUP BY lang ORDER BY 2 DESC, 1"
_RULES = "SELECT rule, max(version) FROM read_parquet(?) GROUP BY rule"
_TEXTS = "SELECT id, text FROM read_parquet(?) WHERE list_contains(?, id) AND audience = 'public'"
Rows = list[dict[str, Any]]


def compare(a: Artifact, b: Artifact, *, samples: int = SAMPLES_PER_CHANGE) -> dict[str, Any]:
    """Everything that differs between the corpora `a` and `b`, as JSON values with `samples` of each change.

    Documents are matched by id, whatever source they come from; the reason None means that the corpus does
    not have the document. Texts are shown only for public documents, and never for the reasons in
    `decisions.UNSHOWN`. Raises GlaswerkError if a corpus cannot be read.
    """
    _check(a, b)
    with _database(a, b) as db:
        moves = _moves(db, a, b, samples)
        content = _content(db, a, b, samples)
        found = {
            "a": _summary(a),
            "b": _summary(b),
            "settings": _differing(a.config, b.config, "setting"),
            "inputs": _differing(a.inputs, b.inputs, "input"),
            "rules": _differing(_counted(db, _RULES, a), _counted(db, _RULES, b), "rule", only_both=True),
            "documents": _documents(moves),
            "decisions": moves,
            "content": content,
            "sources": _sources(db, a, b),
            "languages": _languages(db, a, b),
        }
        _add_texts(db, a, b, [*moves, *content])
    return found


def _check(*corpora: Artifact) -> None:
    for corpus in corpora:
        for name in (DECISIONS, DOCUMENTS):
            if not (corpus.path / name).is_file():
                raise GlaswerkError(
                    f"expected a complete corpus in {corpus.path}, found one without {name}",
                    hint=aside(corpus.path, curate_command(corpus.name)),
                )


@contextmanager
def _database(a: Artifact, b: Artifact) -> Iterator[Any]:
    with TemporaryDirectory() as scratch, connect(Path(scratch), _MEMORY) as db:
        try:
            yield db
        except duckdb.Error as error:
            words = str(error).splitlines()[0]
            raise GlaswerkError(
                f"expected two corpora that can be compared, found {a.path} and {b.path}: {words}",
                hint="rebuild the older one: glaswerk curate",
            ) from error


def _summary(corpus: Artifact) -> dict[str, Any]:
    stats = {key: corpus.stats.get(key, 0) for key in ("documents", "kept", "bytes")}
    return {
        "name": corpus.name,
        "path": str(corpus.path),
        "id": corpus.id,
        "digest": corpus.digest,
        **stats,
        "finished_at": corpus.finished_at,
    }


def _differing(a: Mapping[str, Any], b: Mapping[str, Any], key: str, *, only_both: bool = False) -> Rows:
    """A row for each key whose values differ; None for a key that is missing."""
    names = sorted(set(a) & set(b) if only_both else set(a) | set(b))
    return [{key: name, "a": a.get(name), "b": b.get(name)} for name in names if a.get(name) != b.get(name)]


def _counted(db: Any, query: str, corpus: Artifact) -> dict[str, Any]:
    name = DOCUMENTS if query is _LANGUAGES else DECISIONS
    return {row[0]: row[1] for row in db.execute(query, [str(corpus.path / name)]).fetchall()}


def _moves(db: Any, a: Artifact, b: Artifact, samples: int) -> Rows:
    """The number of documents for each pair of reasons in `a` and `b`, with samples of those that changed."""
    files = {"decisions_a": str(a.path / DECISIONS), "decisions_b": str(b.path / DECISIONS)}
    rows = db.execute(_MOVES, {**files, "samples": max(samples, 1)}).fetchall()
    return [
        {
            "a": before,
            "b": after,
            "documents": count,
            "other_source": moved,
            "samples": [{"document": name} for name in (names or ())[:samples]],
        }
        for before, after, count, moved, names in rows
    ]


def _documents(moves: Rows) -> dict[str, int]:
    """The number of documents in both corpora or only in one, with another decision or another source."""
    both = [move for move in moves if move["a"] is not None and move["b"] is not None]
    return {
        "both": sum(move["documents"] for move in both),
        "only_a": sum(move["documents"] for move in moves if move["b"] is None),
        "only_b": sum(move["documents"] for move in moves if move["a"] is None),
        "other_decision": sum(move["documents"] for move in both if move["a"] != move["b"]),
        "other_source": sum(move["other_source"] for move in both),
    }


def _content(db: Any, a: Artifact, b: Artifact, samples: int) -> Rows:
    """The number of documents kept in both whose text or split differs, with samples."""
    files = {"documents_a": str(a.path / DOCUMENTS), "documents_b": str(b.path / DOCUMENTS)}
    rows = db.execute(_CONTENT, {**files, "samples": max(samples, 1)}).fetchall()
    return [
        {
            "text": text,
            "split_a": before,
            "split_b": after,
            "documents": count,
            "samples": [{"document": name} for name in names[:samples]],
        }
        for text, before, after, count, names in rows
    ]


def _sources(db: Any, a: Artifact, b: Artifact) -> Rows:
    """The number of documents and of kept documents by source in both corpora."""
    found: dict[str, dict[str, Any]] = {}
    for side, corpus in (("a", a), ("b", b)):
        for source, documents, kept in db.execute(_SOURCES, [str(corpus.path / DECISIONS)]).fetchall():
            found.setdefault(source, {})[side] = {"documents": documents, "kept": kept}
    nothing = {"documents": 0, "kept": 0}
    return [{"source": name, "a": nothing, "b": nothing, **found[name]} for name in sorted(found)]


def _languages(db: Any, a: Artifact, b: Artifact) -> Rows:
    """The number of kept documents by language in both corpora, most frequent first."""
    before, after = _counted(db, _LANGUAGES, a), _counted(db, _LANGUAGES, b)
    names = sorted(set(before) | set(after), key=lambda n: (-before.get(n, 0) - after.get(n, 0), n))
    return [{"language": name, "a": before.get(name, 0), "b": after.get(name, 0)} for name in names]


def _add_texts(db: Any, a: Artifact, b: Artifact, changes: Rows) -> None:
    """Add the texts of both corpora to the samples of the changes, if they may be shown."""
    open_ones = [change for change in changes if not UNSHOWN & {change.get("a"), change.get("b")}]
    samples = [sample for change in open_ones for sample in change["samples"]]
    names = [sample["document"] for sample in samples]
    before, after = _texts(db, a.path, names), _texts(db, b.path, names)
    for sample in samples:
        one, other = before.get(sample["document"]), after.get(sample["document"])
        start = 0 if one is None or other is None else max(_first_difference(one, other) - _BEFORE, 0)
        sample |= {"text_a": _excerpt(one, start), "text_b": _excerpt(other, start)}


def _first_difference(one: str, other: str) -> int:
    """The position of the first character that differs; 0 if the texts are equal."""
    return next((i for i, pair in enumerate(zip_longest(one, other)) if pair[0] != pair[1]), 0)


def _texts(db: Any, folder: Path, names: Iterable[str]) -> dict[str, str]:
    return dict(db.execute(_TEXTS, [str(folder / DOCUMENTS), list(names)]).fetchall())


def _excerpt(text: str | None, start: int) -> str | None:
    if text is None:
        return None
    end = start + _EXCERPT
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
