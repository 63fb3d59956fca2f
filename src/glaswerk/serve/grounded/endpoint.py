"""POST /v1/chat/completions with a ground: quotes first, then what the model says, checked against them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from glaswerk.core.errors import GlaswerkError
from glaswerk.retrieve import Grounds
from glaswerk.retrieve.prompt import TOKENS, prompt
from glaswerk.retrieve.sentences import Span, sentences
from glaswerk.retrieve.support import Claim, claims
from glaswerk.serve.chat_parts.choice import Choice
from glaswerk.serve.chat_response import ANSWER_ID, DONE, Envelope, answer_id, failure, usage
from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import model
from glaswerk.serve.grounded.admission import Admission
from glaswerk.serve.grounded.content import Content
from glaswerk.serve.grounded.inner import Endpoint, streamed
from glaswerk.serve.grounded.wishes import Wishes, asked_of, wishes
from glaswerk.serve.grounded.wording import Wording
from glaswerk.serve.limits import Limits
from glaswerk.serve.offers.ground_settings import GroundSettings
from glaswerk.serve.pool import unless_disconnected
from glaswerk.serve.request_body import read_object, with_object

# Where a sentence of a model may end; and the characters that such a place has at most.
_END, _MARKS = re.compile(r"[.!?…][\"'”’»)\]]*\s|[。！？\n]"), 8
_FINGERPRINT = "glaswerk-ground"


class Grounded:
    """The endpoint in front of `inner`, which answers requests that want no ground, and writes the model's
    words for the others.
    """

    def __init__(
        self,
        inner: Endpoint,
        content: Content,
        settings: GroundSettings,
        limits: Limits,
        admission: Admission,
    ) -> None:
        self._inner, self._content, self._settings, self._limits = inner, content, settings, limits
        self._admission = admission
        self._threads = CapacityLimiter(limits.threads)

    async def __call__(self, request: Request) -> Response:
        body = await read_object(request, self._limits.body_bytes)
        place = self._admission.place(str(body.get("model")))
        silent = place == "quotes"
        wanted = wishes(body, replace(self._settings, on=True) if silent else self._settings)
        if wanted is None and silent:
            message = "this lab has no model, only quotes\nhint: glaswerk adopt hf:ORG/NAME"
            raise ApiError(400, message, param="glaswerk.ground", code="unsupported_model")
        if wanted is None:
            return await self._inner(_plainly(request, body))
        asked, called = asked_of(body.get("messages")), model(body)
        name = answer_id(request.scope)
        grounds = await to_thread.run_sync(
            self._content.ground, asked[-1], asked[:-1], wanted.filters, limiter=self._threads
        )
        shown = Envelope(called, _FINGERPRINT, _told_usage(body), name)
        abroad = place == "elsewhere" and self._settings.private
        wanted = replace(wanted, model=False) if silent or abroad else wanted
        answer = _GroundedAnswer(shown, grounds, wanted)
        if abroad:
            answer.note("private documents are not sent to other servers: quotes alone")
        events = answer.events(self._written(request, body, name, grounds, wanted))
        # The first event comes after the model's endpoint has admitted the request: its errors have a status.
        first = await anext(events)
        if body.get("stream") is True:
            return _Stream(first, events)
        await unless_disconnected(request, _drained(events))
        if answer.error is not None:
            raise answer.error
        return JSONResponse(answer.whole())

    async def _written(
        self, request: Request, body: dict[str, Any], name: str, grounds: Grounds, wanted: Wishes
    ) -> AsyncGenerator[dict[str, Any]]:
        """Events of the model's own words; the first one, empty, says that the request is admitted."""
        request.scope[ANSWER_ID] = name
        if not wanted.model or not grounds.quotes:
            await self._admission.of_quotes(request, str(body["model"]), name)
            yield {}
            return
        note = "the model's context has no room for a passage"
        begun = False
        for passages in ([q.hit.text for q in grounds.quotes], [grounds.quotes[0].text]):
            try:
                async with streamed(self._inner, request, _question(body, grounds, passages)) as events:
                    begun = True
                    yield {}
                    async for event in events:
                        yield event
                return
            except ApiError as error:
                # A small model has no room for whole passages; then one sentence must do, and then none. The
                # quotes are there whether a model fails or not.
                if error.code != "context_length_exceeded" and error.status < 500:
                    raise
                if error.status >= 500:
                    note = f"the model gave no answer: {error.message}"
                    break
        if not begun:
            await self._admission.of_quotes(request, str(body["model"]), name)
            yield {}
        yield {"note": note}


@dataclass(slots=True)
class _GroundedAnswer:
    """One answer while it is written. `text` is all that a client without our fields sees."""

    envelope: Envelope
    grounds: Grounds
    wishes: Wishes
    text: str = ""
    claims: list[Claim] = field(default_factory=list)
    error: ApiError | None = None
    _said: str = ""
    _read: int = 0
    _used: dict[str, Any] = field(default_factory=lambda: usage(0, 0))
    _extra: dict[str, Any] = field(default_factory=dict)

    async def events(self, written: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
        """The events of a stream. Raises ApiError before the first one, later an error is an event."""
        try:
            self._note(await anext(written))
            async for event in self._events(written):
                yield event
        finally:
            # The model stops writing as soon as nobody reads.
            await written.aclose()

    async def _events(self, written: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
        yield self.envelope.chunk({"role": "assistant", "content": "", "refusal": None})
        yield self.envelope.extra_chunk({"grounded": self._grounded()})
        wording = Wording(self.grounds.question)
        yield self._add(wording.found(self.grounds))
        try:
            async for event in written:
                before = len(self._said)
                self._note(event)
                # Only what is new is looked at: a model that ends no sentence costs no more than another.
                if _END.search(self._said, max(self._read, before - _MARKS)):
                    for piece in await to_thread.run_sync(self._checked, wording, _but_the_last):
                        yield self._add(piece)
            for piece in await to_thread.run_sync(self._checked, wording, list):
                yield self._add(piece)
        except (ApiError, GlaswerkError) as error:
            self.error = error if isinstance(error, ApiError) else ApiError(400, str(error))
            yield failure(error)
            return
        yield self.envelope.chunk({}, "stop")
        yield self.envelope.extra_chunk(self._ours())
        if self.envelope.include_usage:
            yield self.envelope.usage_chunk(self._used)
        yield DONE

    def whole(self) -> dict[str, Any]:
        """The answer as one object."""
        choice = Choice()
        choice.feed(self.text, "stop")
        return self.envelope.completion([choice], self._used) | {"glaswerk": self._ours()}

    def _ours(self) -> dict[str, Any]:
        return self._extra | {"grounded": self._grounded()}

    def _grounded(self) -> dict[str, Any]:
        said = [
            {"text": one.text, "mark": one.mark, "quote": one.passage, "reason": one.reason}
            for one in self.claims
        ]
        return self.grounds.to_json() | {"strict": self.wishes.strict, "claims": said}

    def _add(self, piece: str) -> bytes:
        self.text += piece
        return self.envelope.chunk({"content": piece})

    def note(self, text: str) -> None:
        """Say beside the answer why a model says nothing."""
        self._extra["note"] = text

    def _note(self, event: Mapping[str, Any]) -> None:
        """Take what the model added, its counts and its trace."""
        choices = event.get("choices")
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        said = first.get("delta") or first.get("message")
        text = said.get("content") if isinstance(said, dict) else None
        self._said += text if isinstance(text, str) else ""
        if isinstance(counts := event.get("usage"), dict):
            self._used = counts
        if isinstance(note := event.get("note"), str):
            self.note(note)
        extra = event.get("glaswerk")
        if isinstance(extra, dict) and "trace" in extra:
            self._extra["trace"] = extra["trace"]

    def _checked(self, wording: Wording, which: Callable[[list[Span]], list[Span]]) -> list[str]:
        """Those of the model's new sentences that may be shown, each as it is shown; `which` are whole."""
        whole = which(sentences(self._said[self._read :]))
        shown: list[str] = []
        for start, stop in whole:
            sentence = self._said[self._read + start : self._read + stop]
            passages = [quote.hit.text for quote in self.grounds.quotes]
            for one in claims(sentence, self.grounds.question, passages):
                self.claims.append(one)
                if one.passage is not None or not self.wishes.strict:
                    shown.append("\n\n" + wording.said(one.text, one.passage, one.reason))
        self._read += whole[-1][1] if whole else 0
        return shown


def _but_the_last(spans: list[Span]) -> list[Span]:
    """The sentences of a text that goes on."""
    return spans[:-1]


def _question(body: dict[str, Any], grounds: Grounds, passages: list[str]) -> dict[str, Any]:
    """The request that the model sees: the passages and the question, without what was said before."""
    asked = prompt(grounds.question, passages)
    most = body.get("max_completion_tokens") or body.get("max_tokens") or TOKENS
    ours = {name: value for name, value in (body.get("glaswerk") or {}).items() if name != "ground"}
    rest = {name: value for name, value in body.items() if name not in ("glaswerk", "max_completion_tokens")}
    sampling = {} if body.get("temperature") is not None else {"temperature": 0}
    own = {"messages": [{"role": "user", "content": asked}], "max_tokens": most}
    return rest | sampling | own | ({"glaswerk": ours} if ours else {})


def _plainly(request: Request, body: dict[str, Any]) -> Request:
    """The request without the word that it wants no ground."""
    ours = body.get("glaswerk")
    if not isinstance(ours, dict) or "ground" not in ours:
        return request
    rest = {name: value for name, value in ours.items() if name != "ground"}
    return with_object(request, body | {"glaswerk": rest or None})


def _told_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, Mapping) and options.get("include_usage") is True


async def _drained(events: AsyncGenerator[bytes]) -> None:
    async with aclosing(events):
        async for _ in events:
            pass


class _Stream(StreamingResponse):
    """Server-sent events whose source is closed when the response ends, fails or loses its client."""

    media_type = "text/event-stream"

    def __init__(self, first: bytes, events: AsyncGenerator[bytes]) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(self._all(first, events), headers=headers)
        self._source = events

    async def _all(self, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        yield first
        async for event in rest:
            yield event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._source.aclose()
