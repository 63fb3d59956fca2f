"""A model of a lab as the API shows it, loaded or not, and the artifacts it was made from."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from glaswerk.core.ids import short
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.serve.model_names import ModelNames

_KINDS: tuple[ArtifactKind, ...] = ("source", "corpus", "tokenizer", "shards", "model")


@dataclass(frozen=True, eq=False)
class LabModel:
    """An artifact of a lab. `name`: what the API calls it; without one, its own name without the step."""

    lab: Lab
    artifact: Artifact
    name: str = field(default="", kw_only=True)

    @property
    def id(self) -> str:
        """The model id in the API, such as "chat"."""
        return self.name or self.artifact.name.split("/step-")[0]

    @property
    def fingerprint(self) -> str:
        """Identifies the weights in responses: "fp_" and twelve digits of the model's digest."""
        return f"fp_{short(self.artifact.digest)}"

    @property
    def plain(self) -> LabModel:
        """Without weights, for what lives longer than a request."""
        return LabModel(self.lab, self.artifact, name=self.name)

    @property
    def names(self) -> ModelNames:
        """What else it is called. Raises GlaswerkError for settings that are wrong."""
        return ModelNames.of(self.lab)

    @property
    def facts(self) -> dict[str, Any]:
        """`parameters` and `context` (in tokens) for the page; None for what its files do not say."""
        try:
            config = json.loads((self.artifact.path / "config.json").read_text())
        except (OSError, ValueError):
            config = {}
        text = config.get("text_config") or config
        return {
            "parameters": self.artifact.stats.get("parameters"),
            "context": text.get("max_position_embeddings") if isinstance(text, dict) else None,
        }

    def card(self) -> dict[str, Any]:
        """The model as `GET /v1/models` lists it."""
        created = int(datetime.fromisoformat(self.artifact.finished_at).timestamp())
        return {"id": self.id, "object": "model", "created": created, "owned_by": "glaswerk"}

    def ancestors(self) -> dict[ArtifactKind, list[Artifact]]:
        """By kind, all artifacts that the model was made from, as far as the lab still has them."""
        known = {a.id: a for kind in _KINDS for a in self.lab.all(kind)}
        found: dict[ArtifactKind, list[Artifact]] = {kind: [] for kind in _KINDS}
        for artifact in _walk(self.artifact.inputs.values(), known):
            found[artifact.kind].append(artifact)
        return found


def _walk(start: Iterable[str], known: dict[str, Artifact]) -> list[Artifact]:
    queue, seen, found = deque(start), set[str](), []
    while queue:
        identifier = queue.popleft()
        if identifier in seen or identifier not in known:
            continue
        seen.add(identifier)
        found.append(known[identifier])
        queue.extend(known[identifier].inputs.values())
    return found
