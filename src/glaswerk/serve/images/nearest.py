"""POST /v1/glaswerk/images/nearest: the training pictures that a picture is nearest to, and how near that is.

Whoever sees a drawn picture can look whether it repeats one that the model learned from.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from anyio import CapacityLimiter, to_thread
from starlette.responses import JSONResponse, Response

from glaswerk.data.pictures.captions import Caption, CaptionSet, read_all
from glaswerk.data.pictures.square import square
from glaswerk.evaluate.images.nearest import EXTRACTOR, GRID, Features, features, nearest
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.exposure import exposure_basis
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.forms import read_form
from glaswerk.serve.images import forms
from glaswerk.serve.images.studio import Studio
from glaswerk.serve.source_documents import unshown

# Pictures that are shown, and pictures of a corpus that are looked at: 3 kB of features each.
SHOWN, MOST = 3, 50_000
# Requests that wait while the pictures of a corpus are read for the first time.
_WAITING = 8
_SIDE, _ROWS = 96, 4096
_COUNT: Schema = {"type": "integer"}
_ONE = object_of(
    {
        "document": TEXT,
        "text": TEXT,
        "author": TEXT,
        "licence": TEXT,
        "source": TEXT,
        "distance": {"type": "number"},
        "b64_json": TEXT,
    }
)
_BODY: Schema = object_of({"image": {"type": "string", "format": "binary"}}, {"model": TEXT})
_FIELDS: Schema = object_of({}, {"model": TEXT})
_GIVES = object_of(
    {
        "model": TEXT,
        "extractor": TEXT,
        "compared": _COUNT,
        "pictures": _COUNT,
        "held_out_distance": {"type": ["number", "null"]},
        "data": {"type": "array", "items": _ONE},
    }
)


@dataclass(frozen=True, slots=True)
class _Known:
    """Training pictures of a model: the caption and the features of each, and how many there are in all."""

    captions: Sequence[Caption]
    features: Features
    count: int
    # The median distance of a held-out picture to its nearest one; None where nothing is held out.
    usual: float | None


class NearestPictures:
    """The endpoint of one lab; what it knows of the model that was last asked for stays in memory."""

    def __init__(self, lab: Lab, studio: Studio, *, private: bool) -> None:
        self._lab, self._studio, self._private = lab, studio, private
        # One at a time, and no thread of others' waits for it.
        self._threads = CapacityLimiter(1)
        self._known: tuple[str, _Known] | None = None
        self._hidden: tuple[tuple[str, str], frozenset[str]] | None = None

    def operation(self) -> Operation:
        """The endpoint."""
        return Operation(
            "POST",
            "/v1/glaswerk/images/nearest",
            tag="images",
            summary="The training pictures that a picture is nearest to",
            handler=self.near,
            body=_BODY,
            gives=_GIVES,
            form=True,
            bytes=forms.MOST_BYTES,
        )

    async def near(self, call: Call) -> Response:
        """The nearest ones first. Documents that must not be shown are left out."""
        form = await read_form(call.request, "image", _FIELDS)
        try:
            sent = await forms.bytes_of(form, "")
        finally:
            await form.close()
        model = await to_thread.run_sync(self._studio.model, form.fields.get("model"))
        call.request.state.account.check(model.name)
        # Refused here by name, if it is no picture.
        await to_thread.run_sync(forms.opened, sent, "image")
        if self._threads.statistics().tasks_waiting >= _WAITING:
            raise ApiError(429, "others compare pictures; try again", headers={"retry-after": "5"})
        return JSONResponse(await to_thread.run_sync(self._found, model, sent, limiter=self._threads))

    def _found(self, model: Artifact, sent: bytes) -> dict[str, Any]:
        corpus = self._corpus(model)
        known, hidden = self._of(model, corpus), self._unshown(corpus)
        asked = _features(sent)
        parts = range(0, len(known.features), _ROWS)
        away = np.concatenate([_distances(known.features[at : at + _ROWS], asked) for at in parts])
        found: list[tuple[Caption, float]] = []
        for place in away.argsort(kind="stable"):
            caption = known.captions[int(place)]
            if caption.document not in hidden:
                found.append((caption, float(away[place])))
            if len(found) == SHOWN:
                break
        files = dict(read_all(self._lab, [caption for caption, _ in found]))
        return {
            "model": model.name,
            "extractor": EXTRACTOR,
            "compared": len(known.captions),
            "pictures": known.count,
            "held_out_distance": None if known.usual is None else round(known.usual, 1),
            "data": [_shown(caption, distance, files[caption.picture]) for caption, distance in found],
        }

    def _corpus(self, model: Artifact) -> Artifact:
        wanted = model.inputs.get("corpus")
        found = next((made for made in self._lab.all("corpus") if made.id == wanted), None)
        if found is None:
            message = f"the corpus that {model.name} was trained on is no longer in the lab"
            raise ApiError(404, message, param="model", code="corpus_not_found")
        return found

    def _of(self, model: Artifact, corpus: Artifact) -> _Known:
        if self._known is None or self._known[0] != model.id:
            captions = CaptionSet.of(corpus)
            trained, vectors = self._vectors(captions.trained)
            _, held = self._vectors(captions.held_out)
            usual = nearest(held, vectors).median if len(held) else None
            count = len({caption.picture for caption in captions.trained})
            self._known = model.id, _Known(trained, vectors, count, usual)
        return self._known[1]

    def _vectors(self, captions: Sequence[Caption]) -> tuple[list[Caption], Features]:
        """The first caption of each picture, up to `MOST`, and the pictures' features."""
        firsts = {caption.picture: caption for caption in reversed(captions)}
        chosen = list(firsts.values())[:MOST]
        names, rows = [], []
        for name, data in read_all(self._lab, chosen):
            names.append(firsts[name])
            rows.append(_features(data))
        return names, np.stack(rows) if rows else np.zeros((0, 0), np.float32)

    def _unshown(self, corpus: Artifact) -> frozenset[str]:
        basis = corpus.id, exposure_basis(self._lab)
        if self._hidden is None or self._hidden[0] != basis:
            self._hidden = basis, unshown(self._lab, [corpus], private=self._private)
        return self._hidden[1]


def _features(data: bytes) -> Features:
    """Of the upright middle square, which is what a network learns from."""
    found: Features = features([square(data, 4 * GRID)])[0]
    return found


def _distances(known: Features, asked: Features) -> Features:
    found: Features = np.sqrt(((known - asked) ** 2).mean(1))
    return found


def _shown(caption: Caption, distance: float, data: bytes) -> dict[str, Any]:
    small = io.BytesIO()
    square(data, _SIDE).save(small, "PNG")
    return {
        "document": caption.document,
        "text": caption.text,
        "author": caption.author,
        "licence": caption.licence,
        "source": caption.source,
        "distance": round(distance, 1),
        "b64_json": base64.b64encode(small.getvalue()).decode(),
    }
