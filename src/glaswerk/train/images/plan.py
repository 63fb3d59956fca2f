"""From a preset to every setting of an image run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.images.network import NetworkShape
from glaswerk.train.loop import LoopConfig

SIDES = (16, 24, 28, 32, 48, 64, 96, 128, 192, 256)


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes of network and run that fit one kind of machine.

    `most`: the largest side in pixels that a run takes by itself; a user may ask for more.
    """

    width: int
    heads: int
    layers: int
    most: int
    batch: int
    steps: int
    rate: float
    text_width: int = 128
    text_layers: int = 2


# cpu: chosen on two cores (docs/log.md); the others are sized, not yet measured.
PRESETS = {
    "tiny": Preset(64, 2, 2, 32, 8, 200, 2e-3, 64, 1),
    "cpu": Preset(192, 6, 6, 64, 16, 1500, 2e-3),
    "gpu": Preset(768, 12, 12, 128, 256, 20_000, 1e-3, 512, 4),
    "cluster": Preset(1536, 24, 24, 256, 1024, 200_000, 5e-4, 1024, 8),
}
# A guess: other ratios were not tried.
_COPIED_RATIO = 0.1


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What a user may choose; 0 and "" derive a setting. Sides in pixels, batch in pictures.

    `times`: mean and deviation of the logit-normal times; `average`: decay of the averages of the weights.
    """

    preset: str = "cpu"
    side: int = 0
    steps: int = 0
    batch: int = 0
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0
    times: tuple[float, float] = (0.4, 1.0)
    average: float = 0.999
    # Of the text encoder's learning rate to the network's: a copied one learns slower, to keep what it knows.
    text_ratio: float = 0.0


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """A resolved run: `side` of the pictures, `rows` of a batch, `tokens` of a picture."""

    side: int
    rows: int
    preset: Preset
    patch: int
    loop: LoopConfig
    times: tuple[float, float]
    average: float
    text_ratio: float
    seed: int = field(default=0)

    @property
    def tokens(self) -> int:
        """Patches of a picture."""
        return (self.side // self.patch) ** 2

    def shape(self, text_width: int) -> NetworkShape:
        """The network, for a text encoder of that width."""
        preset = self.preset
        bottleneck = 128 if self.patch >= 8 else 0
        return NetworkShape(
            preset.width, preset.heads, preset.layers, self.patch, text_width, bottleneck=bottleneck
        )

    def settings(self) -> dict[str, Any]:
        """What identifies the run, for the manifest."""
        return {
            "side": self.side,
            "rows": self.rows,
            "patch": self.patch,
            "seed": self.seed,
            "times": list(self.times),
            "average": self.average,
            "text_ratio": self.text_ratio,
            "preset": asdict(self.preset),
            "loop": self.loop.settings(),
        }


def plan(config: ImageConfig, usual_side: int, *, copied: bool = False) -> ImagePlan:
    """The plan of a run on pictures whose shorter side usually is `usual_side` pixels.

    copied: the text encoder is a copy of a language model.

    Raises GlaswerkError for a preset that does not exist and for settings out of range.
    """
    preset = PRESETS.get(config.preset)
    if preset is None:
        raise GlaswerkError(
            f"expected a preset ({', '.join(PRESETS)}), found {config.preset!r:.40}", hint="--preset cpu"
        )
    side = config.side or _fitting(usual_side, preset.most)
    if side not in SIDES:
        known = ", ".join(map(str, SIDES))
        raise GlaswerkError(f"expected a side in pixels ({known}), found {side:,}", hint="--side 64")
    for name, value, most in (("steps", config.steps, 10**8), ("batch", config.batch, 2**16)):
        if not 0 <= value <= most:
            raise GlaswerkError(f"expected --{name} from 1 to {most:,}, found {value:,}", hint=f"--{name} 16")
    if not 0 <= config.learning_rate <= 1:
        found = f"{config.learning_rate:g}"
        raise GlaswerkError(f"expected --learning-rate up to 1, found {found}", hint="--learning-rate 0.002")
    preset = replace(
        preset,
        steps=config.steps or preset.steps,
        batch=config.batch or preset.batch,
        rate=config.learning_rate or preset.rate,
    )
    loop = LoopConfig(
        steps=preset.steps, learning_rate=preset.rate, weight_decay=0.01, precision=config.precision
    )
    patch = 4 if side <= 32 else 8
    return ImagePlan(
        side,
        preset.batch,
        preset,
        patch,
        loop,
        config.times,
        config.average,
        config.text_ratio or (_COPIED_RATIO if copied else 1.0),
        config.seed,
    )


def _fitting(usual: int, most: int) -> int:
    """The largest side of SIDES that is neither above the usual one nor above `most`."""
    return max((side for side in SIDES if side <= min(usual, most)), default=SIDES[0])
