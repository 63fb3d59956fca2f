"""The models that a server offers, by the names that clients ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve.build import find_passages
from glaswerk.serve.chosen_model import choose_model
from glaswerk.serve.model_names import ModelNames
from glaswerk.serve.offers.ground_settings import GroundSettings
from glaswerk.serve.offers.lab_model import LabModel
from glaswerk.serve.offers.settings import ModelSettings, OfferSettings

# What answers where there is no model: the passages, with their quotes and no words of anybody else's.
QUOTES = "quotes"


@dataclass(frozen=True, slots=True)
class Offer:
    """A name, and the newest artifact that it stands for at any time."""

    lab: Lab
    settings: ModelSettings

    @property
    def name(self) -> str:
        """The model id in the API."""
        return self.settings.name

    @property
    def loads(self) -> bool:
        """Whether it is loaded into this process, unlike a program of its own, and quotes without a model."""
        return self.settings.engine not in ("vllm", QUOTES)

    def artifact(self) -> Artifact | None:
        """The newest artifact, or None while the lab has none."""
        if self.settings.engine == QUOTES:
            return find_passages(self.lab, self.settings.model)
        return self.lab.latest("model", self.settings.model)

    def model(self, artifact: Artifact | None = None) -> LabModel | None:
        """The artifact under this name, or None while the lab has none."""
        found = artifact or self.artifact()
        return None if found is None else LabModel(self.lab, found, name=self.name)


def offers_of(lab: Lab, asked: Sequence[str] = ()) -> list[Offer]:
    """What a server offers, its default first.

    asked: names of models; without any, the newest chat model or else the newest base model, and those of
    [serve.models]; a lab without any model offers the quotes of its passages. Raises GlaswerkError if the lab
    has no model of a name that was asked for, or nothing at all.
    """
    settings, names = OfferSettings.of(lab), ModelNames.of(lab)
    wanted = [names.meant(name) for name in dict.fromkeys(asked) if name]
    corpus = GroundSettings.of(lab).corpus
    if not (wanted or settings.models or lab.all("model")) and find_passages(lab, corpus):
        return [Offer(lab, ModelSettings(QUOTES, corpus, QUOTES))]
    if not wanted:
        first = next(iter(settings.models), "")
        # A table may be the only one with a model, such as `[serve.models.town] model = "base"`.
        alone = not any(lab.latest("model", name) for name in ("chat", "base"))
        default = first if first and alone else choose_model(lab).name.split("/step-")[0]
        wanted = [default, *(name for name in settings.models if name != default)]
        return [Offer(lab, settings.model(lab, name)) for name in wanted]
    return [Offer(lab, _asked(lab, settings, name, wanted)) for name in wanted]


def _asked(lab: Lab, settings: OfferSettings, name: str, wanted: Sequence[str]) -> ModelSettings:
    if name in settings.models:
        choose_model(lab, settings.models[name].model)
        return settings.models[name]
    choose_model(lab, name)
    # "chat/step-60" is called "chat", unless another is.
    short = name.split("/step-")[0]
    same = [other for other in wanted if other.split("/step-")[0] == short]
    found = settings.model(lab, short if len(same) == 1 else name)
    return replace(found, model=name)
