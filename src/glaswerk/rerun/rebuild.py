"""Rebuilding corpora, shards and index from what the lab holds now, without what is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.answer_records import forget_in_answers
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.lab.status import same_content
from glaswerk.lab.tombstones import Forgotten
from glaswerk.rerun.tokenizers import remove_orphan_tokenizers, renew_tokenizers

_MADE: tuple[ArtifactKind, ...] = ("corpus", "tokenizer", "shards", "trace")
# Called with the artifacts that a rebuild removed because their corpus is gone.
ReportRemoved = Callable[[Sequence[Artifact]], None]


def rebuild(lab: Lab, *, report_removed: ReportRemoved | None = None) -> list[Artifact]:
    """Rebuild every corpus of the lab, then its tokenizers, shards and traces; returns what is new.

    A tokenizer loses the entries that only forgotten text needed; all others keep their ids. Passages of
    older corpora are removed.

    Artifacts that are up to date stay. What interrupted commands left is removed, and so is the text of
    recorded answers that quoted forgotten documents. What cannot be rebuilt is removed if it may contain
    forgotten content; `report_removed` gets the shards and traces that went because their corpus is gone.
    A failure does not stop the rest: GlaswerkError is raised at the end, naming every artifact that failed.
    """
    from glaswerk.data.removal.reach import forgotten_ids

    lab.settle()
    failures: list[GlaswerkError] = []
    try:
        forget_in_answers(lab, forgotten_ids(lab))
    except GlaswerkError as error:
        # A source that cannot be read must not keep what follows from being removed.
        failures.append(error)
    before = {artifact.path: artifact.finished_at for kind in _MADE for artifact in lab.all(kind)}
    corpora = lab.all("corpus")
    dependents = shards_by_corpus(lab, corpora)
    orphans = _remove_orphans(lab, {shards.name for found in dependents.values() for shards in found})
    if orphans and report_removed:
        report_removed(orphans)
    made = _recurated(lab, corpora, dependents, failures)
    made += renew_tokenizers(lab)
    for corpus in [corpus.name for corpus in made if corpus.kind == "corpus"]:
        made += _repacked(lab, dependents[corpus], corpus, failures)
    if orphans := remove_orphan_tokenizers(lab) if _may_hold(lab, []) else []:
        (report_removed or (lambda _: None))(orphans)
    _renew_passages(lab)
    if failures:
        raise GlaswerkError("; ".join(error.message for error in failures), hint=failures[0].hint)
    return [artifact for artifact in made if before.get(artifact.path) != artifact.finished_at]


def models_of_old_shards(lab: Lab) -> list[Artifact]:
    """Models whose shards are no longer in the lab, nor others with the same content: they were trained on an
    older corpus."""
    there = lab.all("shards")
    ids = {"", *(shards.id for shards in there), *same_content(lab, there)}
    return [model for model in lab.all("model") if model.inputs.get("shards", "") not in ids]


def _recurated(
    lab: Lab,
    corpora: Sequence[Artifact],
    dependents: Mapping[str, list[Artifact]],
    failures: list[GlaswerkError],
) -> list[Artifact]:
    """The rebuilt corpora; what fails is added to `failures`."""
    made = []
    for corpus in corpora:
        try:
            made.append(_recurate(lab, corpus, dependents[corpus.name]))
        except GlaswerkError as error:
            failures.append(error)
    return made


def _repacked(
    lab: Lab, dependents: Sequence[Artifact], corpus: str, failures: list[GlaswerkError]
) -> list[Artifact]:
    """The shards of a rebuilt corpus and their traces; what fails is added to `failures`."""
    made = []
    for shards in dependents:
        try:
            made += _repack(lab, shards, corpus)
        except GlaswerkError as error:
            failures.append(error)
    return made


def shards_by_corpus(lab: Lab, corpora: list[Artifact]) -> dict[str, list[Artifact]]:
    """Corpus name → the shards that were made from it; shards that match no corpus are left out."""
    tokenizers = {made.name: made.id for made in lab.all("tokenizer")}
    found: dict[str, list[Artifact]] = {corpus.name: [] for corpus in corpora}
    for shards in lab.all("shards"):
        fits = [(_fit(shards, corpus, tokenizers), len(corpus.name), corpus.name) for corpus in corpora]
        fit, _, name = max(fits, default=(0, 0, ""))
        if fit:
            found[name].append(shards)
    return found


def _fit(shards: Artifact, corpus: Artifact, tokenizers: Mapping[str, str]) -> int:
    """How strong the evidence is that `shards` were made from `corpus`, from 0 (none) to 3.

    No single sign decides: names contain dots, so "main.v2.main" can be read in two ways; two corpora with
    the same content share an id; and a corpus or tokenizer that was rebuilt has a new id.
    """
    tokenizer = shards.name.removeprefix(f"{corpus.name}.")
    same = [name for name, identifier in tokenizers.items() if identifier == shards.inputs.get("tokenizer")]
    # If its tokenizer exists only under another name, the name must be read differently.
    if tokenizer == shards.name or (same and tokenizer not in same):
        return 0
    return sum((shards.inputs.get("corpus") == corpus.id, tokenizer in tokenizers, tokenizer in same))


def _recurate(lab: Lab, corpus: Artifact, dependents: list[Artifact]) -> Artifact:
    from glaswerk.data.curate.curate import curate
    from glaswerk.data.curate.settings import recorded_settings

    with _removing(lab, [corpus, *dependents]):
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


def _remove_orphans(lab: Lab, dependents: set[str]) -> list[Artifact]:
    """Remove shards and traces whose corpus is gone if they may contain forgotten content; returns them.

    They cannot be rebuilt without it.
    """
    orphans = [made for kind in ("trace", "shards") for made in lab.all(kind) if made.name not in dependents]
    orphans = [made for made in orphans if _may_hold(lab, [made])]
    for artifact in orphans:
        _remove(lab, artifact)
    return orphans


def _renew_passages(lab: Lab) -> None:
    """Replace those of corpora that are no more, for the same audiences as before."""
    from glaswerk.retrieve import build, renew_vectors
    from glaswerk.retrieve.build import is_private

    corpora = {corpus.name: corpus for corpus in lab.all("corpus")}
    for made in lab.all("passages"):
        corpus = corpora.get(made.name)
        if corpus is None or made.inputs.get("corpus") != corpus.id:
            lab.remove(made)
            if corpus is not None:
                renew_vectors(lab, build(lab, corpus, private=is_private(made)))
            elif vectors := lab.find("vectors", made.name):
                lab.remove(vectors)


@contextmanager
def _removing(lab: Lab, old: list[Artifact]) -> Iterator[None]:
    """If the new artifact cannot be made, remove the old ones, and say so in the error."""
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
    """Whether these may contain forgotten content. If there are marks, any may; else those with documents
    that their owners deleted."""
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
    # An index is useless without its shards, so nothing is lost with it.
    return artifact.kind == "trace" or bool(Shards.open(artifact.path).count(ids))


def _remove(lab: Lab, artifact: Artifact) -> None:
    from glaswerk.tokenizer import keep_spans

    if artifact.kind == "shards":
        keep_spans(lab, artifact)
    lab.remove(artifact)


def _listed(artifacts: list[Artifact]) -> str:
    return ", ".join(f"{artifact.kind} {artifact.name}" for artifact in artifacts)
