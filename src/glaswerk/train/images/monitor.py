"""The monitor of an image run: loss on held-out pictures, and the same prompts drawn with the same seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from glaswerk.core.artifact_files import REPORT_FIGURES, REPORT_PAGE
from glaswerk.core.files import write_atomic, write_json
from glaswerk.data.pictures.captions import Caption, numbered
from glaswerk.infer.images.pixels import grid, to_image
from glaswerk.infer.images.sampler import Drawing, Painter
from glaswerk.model.images.folder import PictureFolder
from glaswerk.model.images.prompts import Prompts
from glaswerk.train.checkpoint.metrics import read_rows
from glaswerk.train.images.batches import made
from glaswerk.train.images.objective import velocity_losses
from glaswerk.train.images.page import render_report
from glaswerk.train.images.pixels import Pixels
from glaswerk.train.report.figures import binned

# Held-out pictures whose loss is measured; prompts that are drawn.
_MEASURED, _DRAWN, _COLUMNS = 128, 16, 8
_POINTS = 300
_SEED = 1234
_DEVIATIONS = 1.96


class ImageMonitor:
    """`validate` and `refresh` are for the loop, `finish` for the end of the run."""

    def __init__(
        self,
        folder: Path,
        head: Mapping[str, Any],
        captions: Sequence[Caption],
        pixels: Pixels,
        prompts: Prompts,
        side: int,
    ) -> None:
        self._folder, self._head, self._prompts, self._side = folder, dict(head), prompts, side
        chosen = captions[:: max(1, len(captions) // _MEASURED)][:_MEASURED]
        numbers = numbered(captions)
        rng = np.random.default_rng(_SEED)
        ids, mask = prompts.batch([caption.text for caption in chosen] or [""])
        # Evenly spread times: the same at every validation, so that losses can be compared.
        times = (rng.permutation(len(chosen)) + 0.5) / max(len(chosen), 1)
        places = np.array([numbers[caption.picture] for caption in chosen], int)
        self._batch = made(pixels[places], ids[: len(chosen)], mask[: len(chosen)], times, rng, 1)
        self._captions = [caption.text for caption in chosen[:_DRAWN]]

    def validate(self, model: PreTrainedModel) -> dict[str, Any]:
        """The mean loss with its 95 % interval, and the number of pictures; {} if none is held out."""
        device = next(model.parameters()).device
        parts = [velocity_losses(model, part.to(device)).cpu() for part in self._batch.micro(32)]
        if not parts:
            return {}
        losses = torch.cat(parts)
        spread = _DEVIATIONS * losses.std().item() / len(losses) ** 0.5 if len(losses) > 1 else 0.0
        value = losses.mean().item()
        painter = Painter(PictureFolder(model, self._prompts, self._side), device)
        drawn = painter.draw([Drawing(text, seed=_SEED) for text in self._captions])
        self._sheet = grid([to_image(one) for one in drawn], _COLUMNS)
        return {"held_out": {"value": value, "low": value - spread, "high": value + spread, "n": len(losses)}}

    def refresh(self, rows: Sequence[Mapping[str, Any]], result: Mapping[str, Any] | None = None) -> None:
        """Write the sheet of the last validation and the report of the steps in `rows`."""
        looks = [{"step": row["step"] + 1, **row["held_out"]} for row in rows if "held_out" in row]
        samples = self._folder / "samples"
        samples.mkdir(exist_ok=True)
        if looks and result is None:
            self._sheet.save(samples / f"step-{looks[-1]['step']}.png")
        figures = {
            **self._head,
            "done": len(rows),
            "curve": binned(rows, _POINTS),
            "looks": looks,
            "captions": self._captions,
            "result": dict(result) if result else None,
        }
        write_json(self._folder / REPORT_FIGURES, figures)
        write_atomic(self._folder / REPORT_PAGE, render_report(figures, samples))

    def finish(self, result: Mapping[str, Any]) -> Path:
        """Write the report of the finished run; returns the path of the page."""
        self.refresh(read_rows(self._folder), result)
        return self._folder / REPORT_PAGE
