"""Models of the lab that a program of ours serves: engine = "vllm" in [serve.models.NAME]."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.loaded.models import LoadedModels
from glaswerk.serve.offers.current import use_model
from glaswerk.serve.offers.lab_model import LabModel
from glaswerk.serve.offers.offer import Offer
from glaswerk.serve.upstreams.client import UpstreamClient
from glaswerk.serve.upstreams.process import ModelProcess, ProcessTimes
from glaswerk.serve.upstreams.vllm import vllm_command, vllm_program


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: its model is `model` there, and `name` in keys, limits and usage.

    own: the model of a program of ours, whose tokenizer is known here; context: its tokens, 0 if unknown.
    """

    client: UpstreamClient
    model: str
    name: str
    own: LabModel | None = None
    context: int = 0


class OwnServers:
    """The programs of one gateway, by model. False if there are none."""

    def __init__(self, lab: Lab, models: LoadedModels, times: ProcessTimes | None = None) -> None:
        """Raises GlaswerkError if a model is for vLLM, and vLLM is not installed."""
        self._models = models
        offers = [offer for offer in models.offers if offer.settings.engine == "vllm"]
        if offers:
            vllm_program()
        logs = lab.root / "logs"
        self.processes = {
            offer.name: ModelProcess(
                offer.name, _Command(offer), logs / f"vllm-{offer.name}.log", times or ProcessTimes()
            )
            for offer in offers
        }

    def __bool__(self) -> bool:
        return bool(self.processes)

    async def find(self, asked: str, account: Account) -> Target | None:
        """The program of a model, started if need be; None for a model that no program serves.

        Raises ApiError 403 if the account may not use it, 503 while it is not there.
        """
        entry = self._models.entry(asked) if self.processes else None
        process = self.processes.get(entry.offer.name) if entry else None
        if entry is None or process is None:
            return None
        account.check(entry.offer.name)
        client, name = await process.client(), process.name
        model = entry.offer.model()
        if model is None:
            return Target(client, name, name)
        use_model(model)
        given = entry.offer.settings.options.get("max-model-len")
        context = given if type(given) is int else model.facts["context"] or 0
        return Target(client, name, name, model, context)

    async def close(self) -> None:
        """End all programs, at once; each may finish its answers."""
        await asyncio.gather(*(process.close() for process in self.processes.values()))


class _Command:
    """The words that serve the newest release of an offer."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    def __call__(self, port: int) -> Sequence[str]:
        artifact = self._offer.artifact()
        if artifact is None:
            raise GlaswerkError(f"the lab has no model {self._offer.name}", hint="glaswerk model ls")
        return vllm_command(artifact.path, self._offer.name, self._offer.settings.options, port)
