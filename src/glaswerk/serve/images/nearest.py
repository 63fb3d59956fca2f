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
from PIL import Image
from starlette.responses import JSONResponse, Response

from glaswerk.data.pictures.captions import Caption, CaptionSet, read_all
from glaswerk.data.pictures.square import square, squared
from glaswerk.evaluate.images.nearest import EXTRACTOR, GRID, Features, features, nearest
from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve.unshown import Unshown
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.forms import read_form
from glaswerk.serve.images import forms
from glaswerk.serve.images.studio import Studio
from glaswerk.serve.source_documents import closed_ids

# Pictures that are shown, and pictures of a corpus that are looked at: 3 kB of features each.
SHOWN, MOST = 3, 50_000
# Requests that wait while the pictures of a corpus are read for the first time.
_WAITING = 8
# Pixels of what is shown and of what is compared, and pictures that are compared at once.
_SIDE, _SEEN, _ROWS = 96, 4 * GRID, 4096
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
        self._unshown = Unshown(lab)

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
        image = await to_thread.run_sync(forms.opened, sent, "image")
        if self._threads.statistics().tasks_waiting >= _WAITING:
            raise ApiError(429, "others compare pictures; try again", headers={"retry-after": "5"})
        return JSONResponse(await to_thread.run_sync(self._found, model, image, limiter=self._threads))

    def _found(self, model: Artifact, image: Image.Image) -> dict[str, Any]:
        known, hidden = self._of(model), self._unshown.ids()
        asked = features([squared(image, _SEEN)])[0]
        parts = range(0, len(known.features), _ROWS)
        away = np.concatenate([_distances(known.features[at : at + _ROWS], asked) for at in parts or [0]])
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

    def _of(self, model: Artifact) -> _Known:
        if self._known is None or self._known[0] != model.id:
            corpus = self._corpus(model)
            closed = frozenset(closed_ids(corpus, private=self._private))
            captions = CaptionSet.of(corpus)
            shown = [caption for caption in captions.trained if caption.document not in closed]
            trained, vectors = self._vectors(shown)
            _, held = self._vectors(captions.held_out)
            usual = nearest(held, vectors).median if len(held) and len(vectors) else None
            count = len({caption.picture for caption in captions.trained})
            self._known = model.id, _Known(trained, vectors, count, usual)
        return self._known[1]

    def _vectors(self, captions: Sequence[Caption]) -> tuple[list[Caption], Features]:
        """The first caption of each picture, up to `MOST` pictures, and their features."""
        firsts: dict[str, Caption] = {}
        for caption in captions:
            if len(firsts) < MOST:
                firsts.setdefault(caption.picture, caption)
        names, rows = [], [np.zeros((0, 3 * GRID**2), np.float32)]
        for name, data in read_all(self._lab, list(firsts.values())):
            names.append(firsts[name])
            rows.append(features([square(data, _SEEN)]))
        return names, np.concatenate(rows)


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
