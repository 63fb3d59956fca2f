"""The report of an image model: prompts followed, and nearness to its training pictures, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from glaswerk.core.artifact_files import REPORT_FIGURES
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_json
from glaswerk.core.progress import track
from glaswerk.core.statistics import wilson
from glaswerk.data.pictures.captions import Caption, CaptionSet, read_all
from glaswerk.data.pictures.square import square
from glaswerk.evaluate.images.nearest import EXTRACTOR, Nearest, copied_share, features, nearest
from glaswerk.evaluate.images.scenes import judge, read_caption
from glaswerk.infer.images.pixels import grid, to_image
from glaswerk.infer.images.sampler import Drawing, Painter
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.images.folder import load

RECIPE = "evaluate-images/1"
_SHOWN, _COLUMNS = 16, 8


def evaluate_images(
    lab: Lab, model: Artifact, *, prompts: int = 64, steps: int = 24, guidance: float = 3.0, seed: int = 0
) -> Artifact:
    """A report artifact with `report.json` and the sheets drawn.png and pairs.png, with the nearest pictures.

    Draws the first `prompts` held-out captions. Raises GlaswerkError if the model's corpus is gone or
    holds no picture out.
    """
    captions = _captions(lab, model)
    settings = {"prompts": prompts, "steps": steps, "guidance": guidance, "seed": seed}
    name = f"images-{model.name}"
    spec = Spec("report", name, RECIPE, {"image-model": model.id}, settings)

    def write(folder: Path) -> Mapping[str, Any]:
        chosen = list(captions.held_out)[:prompts]
        painter = Painter(load(model.path))
        drawings = [Drawing(c.text, seed + i, steps, guidance) for i, c in enumerate(chosen)]
        drawn = []
        for start in track(range(0, len(drawings), 8), "drawing"):
            drawn += [to_image(one) for one in painter.draw(drawings[start : start + 8], at_once=8)]
        found: dict[str, Any] = {"drawn": len(drawn), "settings": settings}
        found |= _following(chosen, drawn)
        trained, held = (_opened(lab, part, painter.side) for part in (captions.trained, captions.held_out))
        known = features(trained)
        ours, real = nearest(features(drawn), known), nearest(features(held), known)
        found["memorisation"] = _memorised(ours, real)
        grid(drawn[:_SHOWN], _COLUMNS).save(folder / "drawn.png")
        beside = [one for i in range(min(_SHOWN, len(drawn))) for one in (drawn[i], trained[ours.places[i]])]
        grid(beside, _COLUMNS).save(folder / "pairs.png")
        write_json(folder / REPORT_FIGURES, found)
        return found

    return lab.make(spec, write)


def _captions(lab: Lab, model: Artifact) -> CaptionSet:
    corpora = [made for made in lab.all("corpus") if made.id == model.inputs.get("corpus")]
    if not corpora:
        raise GlaswerkError(
            f"the corpus that {model.name} was trained on is no longer in the lab",
            hint="glaswerk images train",
        )
    found = CaptionSet.of(corpora[0])
    if not found.held_out:
        raise GlaswerkError(
            f"expected held-out pictures in the corpus {corpora[0].name!r}, found none",
            hint="validation_share under [curate] in lab.toml",
        )
    return found


def _opened(lab: Lab, captions: Sequence[Caption], side: int) -> list[Image.Image]:
    return [square(data, side) for _, data in read_all(lab, captions)]


def _following(captions: Sequence[Caption], drawn: Sequence[Image.Image]) -> dict[str, Any]:
    """Of prompts about the town, the shares whose objects and colours, and all of whose things, are right."""
    scenes = [(read_caption(caption.text), image) for caption, image in zip(captions, drawn, strict=True)]
    verdicts = [judge(image, scene) for scene, image in scenes if scene is not None]
    if not verdicts:
        return {"following": None}
    shares = {}
    for name in ("objects", "everything"):
        right = sum(getattr(verdict, name) for verdict in verdicts)
        found = wilson(right, len(verdicts))
        shares[name] = {"value": found.value, "low": found.low, "high": found.high, "n": len(verdicts)}
    return {"following": shares}


def _memorised(ours: Nearest, real: Nearest) -> dict[str, Any]:
    return {
        "extractor": EXTRACTOR,
        "median_distance_drawn": round(ours.median, 2),
        "median_distance_held_out": round(real.median, 2),
        "copied_share": copied_share(ours, real),
        "nearest": min(ours.distances),
    }
