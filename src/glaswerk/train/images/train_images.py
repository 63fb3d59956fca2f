"""Train a picture network on the captioned pictures of a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.data.pictures.captions import Caption, CaptionSet
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.images import text_encoder
from glaswerk.model.images.folder import PictureFolder, save
from glaswerk.model.images.picture_model import PictureModel
from glaswerk.model.images.prompts import Prompts, clean_caption
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.training import write_tokenizer
from glaswerk.train.checkpoint.policy import Checkpoints
from glaswerk.train.export import base_of
from glaswerk.train.images.batches import PictureSampler
from glaswerk.train.images.monitor import ImageMonitor
from glaswerk.train.images.objective import flow
from glaswerk.train.images.optimise import optimisers
from glaswerk.train.images.pixels import decoded, forget_pixels, usual_side
from glaswerk.train.images.plan import ImageConfig, ImagePlan, plan
from glaswerk.train.loop import run
from glaswerk.train.parallel.collective_artifact import make_collective_artifact
from glaswerk.train.parallel.world import World

RECIPE = "train-images/1"
# Entries of a tokenizer of captions alone: words of a few hundred captions are soon complete.
_VOCABULARY = 2048
_LONGEST = 256


def train_images(
    lab: Lab,
    config: ImageConfig,
    *,
    corpus: str = "main",
    name: str = "pictures",
    text_model: str = "",
    world: World | None = None,
) -> Artifact:
    """Train an image model. A finished run is returned at once, an interrupted one resumed.

    `text_model` names a language model of the lab, a copy of which reads the captions and learns with the
    network; without one, a small text encoder is trained from scratch. Every rank of `world` calls this with
    the same arguments. Raises GlaswerkError if the corpus has no pictures.
    """
    world = world or World.alone()
    source = lab.need("corpus", corpus, hint="glaswerk curate")
    captions = CaptionSet.of(source)
    planned = plan(config, usual_side(lab, captions.trained), copied=bool(text_model))
    inputs = {"corpus": source.id}
    reader = base_of(lab, text_model) if text_model else None
    if reader:
        inputs["text_model"] = reader.id
    spec = Spec("image-model", name, RECIPE, inputs, planned.settings())
    job = _Job(lab, captions, planned, reader.path if reader else None, lab.run_folder(spec.id), name, world)
    made = make_collective_artifact(lab, spec, world, job.write)
    if world.first:
        Checkpoints(job.runs, steps=planned.loop.steps).clear()
        forget_pixels(job.runs)
        forget_pixels(job.runs / "held-out")
    return made


@dataclass(frozen=True, slots=True)
class _Job:
    lab: Lab
    captions: CaptionSet
    planned: ImagePlan
    reader: Path | None
    runs: Path
    name: str
    world: World

    def write(self, folder: Path | None) -> Mapping[str, Any]:
        planned, trained = self.planned, self.captions.trained
        model, prompts = self._model()
        pixels = decoded(self.lab, trained, planned.side, self.runs)
        sampler = PictureSampler(
            trained,
            pixels,
            prompts,
            rows=planned.rows,
            seed=planned.seed,
            tokens=planned.tokens,
            times=planned.times,
        )
        monitor = self._monitor(model, prompts)
        loop = planned.loop
        stats = run(
            model,
            sampler,
            loop,
            self.runs,
            label=f"images {self.name}",
            objective=flow,
            validate=monitor.validate,
            refresh=monitor.refresh if self.world.first else lambda rows: None,
            world=self.world,
            optimise=optimisers(
                learning_rate=loop.learning_rate,
                weight_decay=loop.weight_decay,
                text_ratio=planned.text_ratio,
                average=planned.average,
            ),
        )
        if folder is None:
            return stats
        save(PictureFolder(model, prompts, planned.side), folder)
        figures = {**stats, **counts(model), **_rate(stats, planned)}
        report = monitor.finish(figures)
        return {**figures, "report": report.relative_to(self.lab.root).as_posix()}

    def _model(self) -> tuple[PictureModel, Prompts]:
        planned, preset = self.planned, self.planned.preset
        texts = [caption.text for caption in self.captions.trained]
        if self.reader:
            tokenizer, encoder = Tokenizer.load(self.reader), text_encoder.copied(self.reader)
            prompts = _fitting(Prompts.of(self.reader, tokenizer.end_id, _LONGEST), texts)
        else:
            prompts = _fitting(_own_prompts(self.runs / "tokenizer", texts), texts)
            encoder = text_encoder.small(
                prompts.vocabulary,
                width=preset.text_width,
                layers=preset.text_layers,
                end_id=prompts.start_id,
                seed=planned.seed,
                length=_LONGEST,
            )
        shape = planned.shape(int(encoder.config.hidden_size))
        return PictureModel(shape, encoder, seed=planned.seed), prompts

    def _monitor(self, model: PictureModel, prompts: Prompts) -> ImageMonitor:
        held, planned = self.captions.held_out, self.planned
        pixels = decoded(self.lab, held, planned.side, self.runs / "held-out")
        pictures = len({caption.picture for caption in self.captions.trained})
        head = {
            "name": self.name,
            "steps": planned.loop.steps,
            "tokens": planned.tokens,
            **counts(model),
            "data": {
                "pictures": f"{pictures:,}",
                "captions": f"{len(self.captions.trained):,}",
                "captions held out": f"{len(held):,}",
                "side, pixels": planned.side,
                "patches of a picture": planned.tokens,
                "epochs": f"{planned.loop.steps * planned.rows / len(self.captions.trained):.2f}",
            },
        }
        return ImageMonitor(self.runs, head, held, pixels, prompts, planned.side)


def counts(model: PictureModel) -> dict[str, int]:
    """Parameters of all, and of the text encoder."""
    text = sum(p.numel() for p in model.text_encoder.parameters())
    return {"parameters": sum(p.numel() for p in model.parameters()), "text_parameters": text}


def _rate(stats: Mapping[str, Any], planned: ImagePlan) -> dict[str, Any]:
    pictures = planned.loop.steps * planned.rows
    return {"pictures_per_second": round(pictures / max(stats["train_seconds"], 1e-9), 2)}


def _own_prompts(folder: Path, texts: Sequence[str]) -> Prompts:
    """Prompts with a tokenizer of the captions alone, trained again at each start: it takes a moment."""
    folder.mkdir(exist_ok=True)
    write_tokenizer(folder, map(clean_caption, texts), _VOCABULARY)
    return Prompts.of(folder, Tokenizer.load(folder).end_id, _LONGEST)


def _fitting(prompts: Prompts, texts: Sequence[str]) -> Prompts:
    """With room for the longest caption, in steps of 8 tokens: padding in diffusers' pipeline costs time."""
    longest = max(map(len, _ids(prompts, texts)))
    prompts.length = min(_LONGEST, -(-longest // 8) * 8 + 8)
    return prompts


def _ids(prompts: Prompts, texts: Sequence[str]) -> Iterator[list[int]]:
    return (prompts.ids(text) for text in texts)


def captions_of(lab: Lab, model: Artifact) -> list[Caption]:
    """The captions that an image model was trained on, while its corpus is in the lab; else none."""
    corpora = [made for made in lab.all("corpus") if made.id == model.inputs.get("corpus")]
    return list(CaptionSet.of(corpora[0]).trained) if corpora else []
