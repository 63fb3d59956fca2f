"""The lineage of a model: the stages it was trained in, and what each stage was trained on."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.records import ArtifactRecord, ancestry, training_stages


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything that a model was made from, oldest first.

    `stages` begins with pretraining or adopted weights and ends with the model itself.
    """

    stages: tuple[ArtifactRecord, ...]
    shards: tuple[ArtifactRecord, ...]
    corpora: tuple[ArtifactRecord, ...]
    sources: tuple[ArtifactRecord, ...]

    @property
    def model(self) -> ArtifactRecord:
        """The model itself, the last stage."""
        return self.stages[-1]

    @property
    def trained(self) -> dict[str, tuple[str, ...]]:
        """The splits that any stage was trained on, by the id of the shards."""
        found: dict[str, set[str]] = {}
        for stage in self.stages:
            if shards := stage.inputs.get("shards"):
                found.setdefault(shards, set()).update(stage.splits)
        return {shards: tuple(sorted(splits)) for shards, splits in found.items()}

    def splits_of(self, corpus: ArtifactRecord) -> tuple[str, ...]:
        """The splits of a corpus that any stage was trained on."""
        packed = [shards.id for shards in self.shards if shards.inputs.get("corpus") == corpus.id]
        return tuple(sorted({split for shards in packed for split in self.trained.get(shards, ())}))


def lineage_of(lab: Lab, model: Artifact) -> Lineage:
    """The lineage of `model` from the ledger, including artifacts that are no longer in the lab."""
    found = ancestry(lab, model.id)

    def of(kind: str) -> tuple[ArtifactRecord, ...]:
        return tuple(entry for entry in found if entry.kind == kind)

    return Lineage(training_stages(found, model.id), of("shards"), of("corpus"), of("source"))
