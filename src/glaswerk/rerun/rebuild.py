"""TODO src/glaswerk/rerun/rebuild.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.answer_records import forget_in_answers
from glaswerk.lab.tombstones import Forgotten


def rebuild(lab: Lab) -> list[Artifact]:
    """Every corpus of the lab made anew, then the shards and traces that hang on it. Finished ones stay.

    What interrupted commands left goes, and so do the words of answers that showed what is to be forgotten.
    What cannot be made anew is removed where it may hold such, or hangs on a corpus that is gone. Raises
    GlaswerkError naming it once all else is made.
    """
    from glaswerk.data.removal.reach import forgotten_ids

    lab.settle()
    failures: list[GlaswerkError] = []
    try:
        forget_in_answers(lab, forgotten_ids(lab))
    except GlaswerkError as error:
        # A source that cannot be read must not keep what follows from being removed.
        failures.append(error)
    corpora = lab.all("corpus")
    hanging = _hanging(lab, corpora)
    _remove_orphans(lab, {shards.name for found in hanging.values() for shards in found})
    made: list[Artifact] = []
    for corpus in corpora:
        try:
            made.append(_recurate(lab, corpus, hanging[corpus.name]))
        except GlaswerkError as error:
            failures.append(error)
            continue
        for shards in hanging[corpus.name]:
            try:
                made += _repack(lab, shards, corpus.name)
            except GlaswerkError as error:
                failures.append(error)
    if failures:
        raise GlaswerkError("; ".join(error.message for error in failures), hint=failures[0].hint)
    return made


def _hanging(lab: Lab, corpora: list[Artifact]) -> dict[str, list[Artifact]]:
    """By the name of a corpus the shards that were made from it."""
    tokenizers = {made.name: made.id for made in lab.all("tokenizer")}
    found: dict[str, list[Artifact]] = {corpus.name: [] for corpus in corpora}
    for shards in lab.all("shards"):
        fits = [(_fit(shards, corpus, tokenizers), len(corpus.name), corpus.name) for corpus in corpora]
        fit, _, name = max(fits, default=(0, 0, ""))
        if fit:
            found[name].append(shards)
    return found


def _fit(shards: Artifact, corpus: Artifact, tokenizers: Mapping[str, str]) -> int:
    """How much speaks for `corpus` as what `shards` were made from; 0 where nothing does.

    Names hold dots, so that "main.v2.main" can be read in two ways; two corpora of the same content have one
    id; and a corpus or tokenizer that was made anew since has another than the shards name.
    """
    tokenizer = shards.name.removeprefix(f"{corpus.name}.")
    same = [name for name, identifier in tokenizers.items() if identifier == shards.inputs.get("tokenizer")]
    # Where its tokenizer is there under another name alone, the name is to be read otherwise.
    if tokenizer == shards.name or (same and tokenizer not in same):
        return 0
    return sum((shards.inputs.get("corpus") == corpus.id, tokenizer in tokenizers, tokenizer in same))


def _recurate(lab: Lab, corpus: Artifact, hanging: list[Artifact]) -> Artifact:
    from glaswerk.data.curate.curate import curate
    from glaswerk.data.curate.settings import recorded_settings

    with _removing(lab, [corpus, *hanging]):
        return curate(lab, name=corpus.name, config=recorded_settings(corpus.config))


def _repack(lab: Lab, shards: Artifact, corpus: str) -> list[Artifact]:
    from glaswerk.tokenizer import pack
    from glaswerk.trace import build

    trace = lab.find("trace", shards.name)
    with _removing(lab, [shards]):
        packed = pack(lab, corpus=corpus, tokenizer=shards.name.removeprefix(f"{corpus}."))
    if trace is None:
        return [packed]
    with _removing(lab, [trace]):
        return [packed, build(lab, packed)]


def _remove_orphans(lab: Lab, hanging: set[str]) -> None:
    """Shards and traces whose corpus is gone cannot be made anew without what is to be forgotten."""
    orphans = [made for kind in ("trace", "shards") for made in lab.all(kind) if made.name not in hanging]
    orphans = [made for made in orphans if _may_hold(lab, [made])]
    for artifact in orphans:
        _remove(lab, artifact)
    if orphans:
        click.echo(f"removed, as the corpus is gone: {_listed(orphans)}", err=True)


@contextmanager
def _removing(lab: Lab, old: list[Artifact]) -> Iterator[None]:
    """Where the new artifact cannot be made: the old ones go, and the error says so."""
    try:
        yield
    except GlaswerkError as error:
        going = [*old, *_traces(lab, old)]
        if not _may_hold(lab, old):
            raise
        for artifact in reversed(going):
            _remove(lab, artifact)
        raise GlaswerkError(
            f"{error.message}; removed, as it cannot be rebuilt: {_listed(going)}", hint=error.hint
        ) from error


def _traces(lab: Lab, old: list[Artifact]) -> list[Artifact]:
    found = [lab.find("trace", made.name) for made in old if made.kind == "shards"]
    return [trace for trace in found if trace is not None]


def _may_hold(lab: Lab, artifacts: list[Artifact]) -> bool:
    """Whether these may hold what is to be forgotten: with marks any, else those with what owners deleted."""
    from glaswerk.data.removal.reach import deleted_ids

    if Forgotten.read(lab.root).tombstones:
        return True
    ids = deleted_ids(lab.all("source"))
    return bool(ids) and any(_holds(artifact, ids) for artifact in artifacts)


def _holds(artifact: Artifact, ids: frozenset[str]) -> bool:
    from glaswerk.core.artifact_files import DOCUMENTS
    from glaswerk.data.store.parquet import read_rows
    from glaswerk.tokenizer import Shards

    if artifact.kind == "corpus":
        return any(row["id"] in ids for row in read_rows(artifact.path / DOCUMENTS, ["id"]))
    # An index is of no use without its shards, so nothing is lost with it.
    return artifact.kind == "trace" or bool(Shards.open(artifact.path).count(ids))


def _remove(lab: Lab, artifact: Artifact) -> None:
    from glaswerk.tokenizer import keep_spans

    if artifact.kind == "shards":
        keep_spans(lab, artifact)
    lab.remove(artifact)


def _listed(artifacts: list[Artifact]) -> str:
    return ", ".join(f"{artifact.kind} {artifact.name}" for artifact in artifacts)
