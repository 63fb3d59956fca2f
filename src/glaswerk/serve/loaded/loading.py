"""Load a model in the way its settings say, and say beforehand what it takes."""

from __future__ import annotations

import importlib.util
import threading
from functools import partial

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.infer.engines.adapters import CONFIG, WEIGHTS
from glaswerk.lab import Artifact, Lab
from glaswerk.serve.loaded.held import Held
from glaswerk.serve.loaded.shared_base import SharedBase, SharedTokens
from glaswerk.serve.offers.settings import ModelSettings
from glaswerk.serve.offers.sizes import Need, need_of
from glaswerk.serve.served_model import ServedModel


class Loader:
    """Loads models of one lab for `slots` answers at once each. memory: bytes for all of them together.

    In torch, models that are adapters of one base share its weights and its engine.
    """

    def __init__(self, lab: Lab, slots: int, memory: int) -> None:
        self._lab, self._slots, self._memory = lab, slots, memory
        self._bases: dict[str, SharedBase] = {}
        self._lock = threading.Lock()

    @property
    def shared_bytes(self) -> int:
        """Memory of the bases that models share."""
        with self._lock:
            return sum(base.bytes for base in self._bases.values())

    def need(self, artifact: Artifact, settings: ModelSettings) -> int:
        """Bytes that loading it takes now. Raises GlaswerkError for a folder without a model."""
        if not _in_torch(settings):
            return self._whole(artifact, settings).bytes
        base = self._base_of(artifact) or artifact
        own = _adapter_bytes(artifact)
        return own if base.id in self._bases else own + self._whole(base, settings).bytes

    def load(self, artifact: Artifact, settings: ModelSettings) -> Held:
        """The loaded model. Raises GlaswerkError if it cannot be loaded."""
        if _in_torch(settings):
            return self._shared(artifact, settings)
        if _adapter_bytes(artifact):
            note(f"{settings.name}: OpenVINO runs it with its adapter merged into weights of its own")
        need = self._whole(artifact, settings)
        model = ServedModel.of(self._lab, artifact, settings, slots=self._slots, keys=need.keys)
        return Held(model, need.bytes)

    def _whole(self, artifact: Artifact, settings: ModelSettings) -> Need:
        return need_of(artifact.path, settings, slots=self._slots, bound=self._memory)

    def _base_of(self, artifact: Artifact) -> Artifact | None:
        """The model that an artifact is an adapter of, if the lab still has it."""
        if not _adapter_bytes(artifact):
            return None
        wanted = artifact.inputs.get("base")
        return next((model for model in self._lab.all("model") if model.id == wanted), None)

    def _shared(self, artifact: Artifact, settings: ModelSettings) -> Held:
        base = self._base_of(artifact)
        if base is not None:
            try:
                return self._over(base, artifact, settings)
            except GlaswerkError as error:
                note(f"{settings.name}: its adapter is merged into weights of its own: {error.message}")
        return self._over(artifact, artifact, settings)

    def _over(self, base: Artifact, artifact: Artifact, settings: ModelSettings) -> Held:
        user = f"{settings.name}@{artifact.id}"
        shared, own = self._entered(base, settings, user), base is not artifact
        leave = partial(self._leave, base.id, user)
        try:
            engine = shared.with_adapter(user, artifact.path) if own else shared.engine
        except BaseException:
            leave()
            raise
        note(f"{artifact.name}: engine torch{f', an adapter over {base.name}' if own else ''}")
        tokens = SharedTokens(shared, leave)
        model = ServedModel(self._lab, artifact, engine, tokens, name=settings.name)
        return Held(model, _adapter_bytes(artifact) if own else 0)

    def _entered(self, base: Artifact, settings: ModelSettings, user: str) -> SharedBase:
        with self._lock:
            found = self._bases.get(base.id)
            if found is None:
                need = self._whole(base, settings)
                found = SharedBase.load(base.path, slots=self._slots, keys=need.keys, size=need.bytes)
                self._bases[base.id] = found
            found.users.add(user)
            return found

    def _leave(self, base: str, user: str) -> None:
        with self._lock:
            found = self._bases[base]
            found.users.discard(user)
            found.adapters.remove(user)
            if found.users:
                return
            del self._bases[base]
        found.tokens.close()


def _in_torch(settings: ModelSettings) -> bool:
    """Whether the model runs in torch for certain: "auto" tries OpenVINO where it is installed."""
    without = settings.engine == "auto" and importlib.util.find_spec("openvino") is None
    return settings.engine == "torch" or without


def _adapter_bytes(artifact: Artifact) -> int:
    """The size of the adapter of a model folder; 0 for a model without one."""
    folder = artifact.path / "adapter"
    return (folder / WEIGHTS).stat().st_size if (folder / CONFIG).is_file() else 0
