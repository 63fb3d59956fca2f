"""A picture of an image model of the lab, drawn, marked and written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glaswerk.core.files import write_atomic
from glaswerk.lab import Artifact, Lab


def write_picture(
    lab: Lab, made: Artifact, prompt: str, path: Path, *, count: int = 1, **settings: Any
) -> list[int]:
    """Draw into `path`, a sheet if `count` is above 1; returns the seeds. `settings`: see `draw_sheet`.

    Raises GlaswerkError if the file's name does not end as a picture's.
    """
    from glaswerk.infer.images.files import draw_sheet, kind_of
    from glaswerk.release.marking.mark import Marker

    kind = kind_of(path)
    image, seeds = draw_sheet(made.path, prompt, count=count, **settings)
    said: dict[str, Any] = {"model": made.name, "model_digest": made.digest, "corpus": made.inputs["corpus"]}
    said |= {"prompt": prompt, "seed": seeds[0], "pictures": count}
    write_atomic(path, Marker.of(lab.root).file(image, kind, said))
    return seeds
