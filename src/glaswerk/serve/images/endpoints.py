"""The endpoints /v1/images/generations, /edits and /variations, and /v1/detect."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.responses import JSONResponse, Response, StreamingResponse

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.images.pixels import to_image
from glaswerk.infer.images.sampler import Drawing
from glaswerk.lab import Artifact, Lab
from glaswerk.model.images.facts import PictureFacts, facts_of
from glaswerk.release.marking.mark import Marker
from glaswerk.release.marking.watermark import THRESHOLD
from glaswerk.serve import chat_response
from glaswerk.serve.accounts.account import Usage
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema, check
from glaswerk.serve.contract.shapes import TEXT, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.forms import read_form
from glaswerk.serve.images import forms
from glaswerk.serve.images.request import GENERATIONS, Asked
from glaswerk.serve.images.response import GIVES, Envelope
from glaswerk.serve.images.studio import Sketch, Studio
from glaswerk.serve.pool import unless_disconnected
from glaswerk.serve.stored.store import new_id

_EDIT_STRENGTH, _VARIATION_STRENGTH = 0.8, 0.6
_DETECT: Schema = object_of({"image": {"type": "string", "format": "binary"}})
_DETECTED = object_of(
    {
        "watermark": {"type": "boolean"},
        "score": {"type": "number"},
        "threshold": {"type": "number"},
        "credentials": object_of({"state": TEXT, "signer": TEXT, "generation": {"type": "object"}}),
    }
)


@dataclass(frozen=True, slots=True)
class _Job:
    """A request that may be drawn."""

    model: Artifact
    asked: Asked
    drawings: Sequence[Drawing]
    envelope: Envelope
    usage: Usage
    how: str


class Images:
    """The endpoints of one lab; `studio` draws."""

    def __init__(self, lab: Lab, studio: Studio) -> None:
        self._lab, self._studio = lab, studio
        self._marker: Marker | None = None

    def operations(self) -> Sequence[Operation]:
        """The endpoints."""
        tag, most = "images", forms.MOST_BYTES
        make = partial(Operation, "POST", tag=tag)
        return [
            make(
                "/v1/images/generations",
                summary="Pictures from a prompt, signed and watermarked",
                handler=self.generate,
                body=GENERATIONS,
                gives=GIVES,
                stream=True,
            ),
            make(
                "/v1/images/edits",
                summary="A picture changed, everywhere or where a mask is transparent",
                handler=self.edit,
                body=forms.EDITS,
                gives=GIVES,
                form=True,
                bytes=most,
                stream=True,
            ),
            make(
                "/v1/images/variations",
                summary="Pictures like another one",
                handler=self.vary,
                body=forms.VARIATIONS,
                gives=GIVES,
                form=True,
                bytes=most,
            ),
            make(
                "/v1/detect",
                summary="Whether a picture carries this lab's watermark and credentials",
                handler=self.detect,
                body=_DETECT,
                gives=_DETECTED,
                form=True,
                bytes=most,
            ),
        ]

    async def generate(self, call: Call) -> Response:
        """POST /v1/images/generations."""
        model = await to_thread.run_sync(self._studio.model, call.body.get("model"))
        facts = await to_thread.run_sync(facts_of, model.path)
        asked = Asked.of(call.body, facts.side, facts.patch)
        return await self._answer(call, model, facts, asked, asked.drawings(), "image_generation")

    async def edit(self, call: Call) -> Response:
        """POST /v1/images/edits: with a mask only its transparent part changes."""
        return await self._changed(call, forms.EDIT_FIELDS, "image_edit", _EDIT_STRENGTH)

    async def vary(self, call: Call) -> Response:
        """POST /v1/images/variations: half of the picture is lost in noise and drawn again."""
        return await self._changed(call, forms.VARIATION_FIELDS, "image_variation", _VARIATION_STRENGTH)

    async def _changed(self, call: Call, schema: Schema, event: str, strength: float) -> Response:
        form = await read_form(call.request, "image", {"type": "object"}, ("mask",), aliases=("image[]",))
        try:
            body = forms.typed(form.fields, schema)
            check(body, schema)
            sent, masked = await forms.bytes_of(form, ""), await forms.bytes_of(form, "mask")
        finally:
            await form.close()
        model = await to_thread.run_sync(self._studio.model, body.get("model"))
        facts = await to_thread.run_sync(facts_of, model.path)
        asked = Asked.of(body, facts.side, facts.patch)
        more = await to_thread.run_sync(_given, sent, masked, asked)
        chosen = body.get("strength") or (1.0 if masked else strength)
        drawings = asked.drawings(strength=float(chosen), **more)
        return await self._answer(call, model, facts, asked, drawings, event, seen=1)

    async def detect(self, call: Call) -> Response:
        """POST /v1/detect."""
        form = await read_form(call.request, "image", {"type": "object"})
        try:
            sent = await forms.bytes_of(form, "")
        finally:
            await form.close()
        return JSONResponse(await to_thread.run_sync(self._detected, sent))

    def _detected(self, sent: bytes) -> dict[str, Any]:
        marker = self._marks()
        try:
            score, found = marker.score(sent), marker.inspect(sent)
        except GlaswerkError as error:
            raise ApiError(400, error.message, param="image", code="invalid_image") from error
        said = {"state": found.state, "signer": found.signer, "generation": dict(found.generation)}
        watermark = {"watermark": score > THRESHOLD, "score": round(score, 2), "threshold": THRESHOLD}
        return {**watermark, "credentials": said}

    def _marks(self) -> Marker:
        if self._marker is None:
            self._marker = Marker.of(self._lab.root)
        return self._marker

    async def _answer(
        self,
        call: Call,
        model: Artifact,
        facts: PictureFacts,
        asked: Asked,
        drawings: Sequence[Drawing],
        event: str,
        *,
        seen: int = 0,
    ) -> Response:
        words = facts.words(asked.prompt) + (facts.words(asked.negative) if asked.guidance > 1 else 0)
        patches = asked.width * asked.height // facts.patch**2
        envelope = Envelope(asked, model, event, words * asked.n, patches, seen * patches)
        counts = envelope.usage()
        usage = await call.request.app.state.accounts.begin(
            call.request.state.account,
            model=model.name,
            endpoint=event.replace("image_", "images/"),
            prompt_tokens=counts["input_tokens"],
            max_tokens=counts["output_tokens"],
            response=new_id("img"),
        )
        job = _Job(model, asked, drawings, envelope, usage, event)
        if asked.stream:
            headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
            return StreamingResponse(self._events(job), headers=headers, media_type="text/event-stream")
        files = await unless_disconnected(call.request, self._files(job))
        return JSONResponse(envelope.body(files))

    async def _sketches(self, job: _Job) -> AsyncGenerator[Sketch]:
        """Counts the work while it is done: whoever leaves pays for what was drawn."""
        counts, done = job.envelope.usage(), [0.0] * len(job.drawings)
        async with aclosing(self._studio.draw(job.model, job.drawings)) as sketches:
            async for sketch in sketches:
                done[sketch.index] = sketch.done / sketch.steps
                drawn = round(counts["output_tokens"] * sum(done) / len(done))
                job.usage.count(counts["input_tokens"], 0, drawn)
                yield sketch

    async def _files(self, job: _Job) -> list[bytes]:
        files: dict[int, bytes] = {}
        async with aclosing(self._sketches(job)) as sketches:
            async for sketch in sketches:
                if sketch.finished:
                    files[sketch.index] = await self._file(job, sketch)
        await self._finish(job)
        return [files[place] for place in range(len(job.drawings))]

    async def _events(self, job: _Job) -> AsyncIterator[bytes]:
        """Previews are spread evenly over the steps. After the first event, an error is another event."""
        shown, at = 0, _previews(job)
        left = len(job.drawings)
        try:
            async with aclosing(self._sketches(job)) as sketches:
                async for sketch in sketches:
                    if sketch.finished:
                        left -= 1
                        if not left:
                            await self._finish(job)
                        yield job.envelope.completed(await self._file(job, sketch), sketch.index)
                    elif sketch.index == 0 and at(sketch):
                        yield job.envelope.partial(await self._file(job, sketch), shown)
                        shown += 1
        except (ApiError, GlaswerkError) as error:
            yield chat_response.failure(error)
        except RuntimeError as error:
            yield chat_response.failure(error)
            raise

    async def _finish(self, job: _Job) -> None:
        counts = job.envelope.usage()
        await job.usage.finish(counts["input_tokens"], 0, counts["output_tokens"], "stop")

    async def _file(self, job: _Job, sketch: Sketch) -> bytes:
        return await to_thread.run_sync(self._marked, job, sketch)

    def _marked(self, job: _Job, sketch: Sketch) -> bytes:
        """Previews are marked, too: they are pictures that a model drew."""
        said = job.asked.said(job.model, sketch.index, job.how)
        if not sketch.finished:
            said["preview"] = f"step {sketch.done} of {sketch.steps}"
        asked = job.asked
        return self._marks().file(to_image(sketch.picture), asked.kind, said, quality=asked.quality)


def _previews(job: _Job) -> Callable[[Sketch], bool]:
    """Whether a sketch is one of the previews that were asked for."""
    partial = job.asked.partial

    def chosen(sketch: Sketch) -> bool:
        places = {round(sketch.steps * (place + 1) / (partial + 1)) for place in range(partial)}
        return sketch.done in places

    return chosen


def _given(sent: bytes, masked: bytes, asked: Asked) -> dict[str, Any]:
    """What the drawings begin with. Raises ApiError 400."""
    image = forms.opened(sent, "image")
    found: dict[str, Any] = {"start": forms.start_of(image, asked.width, asked.height)}
    if masked:
        mask = forms.opened(masked, "mask")
        found["kept"] = forms.kept_of(mask, image, asked.width, asked.height)
    return found
