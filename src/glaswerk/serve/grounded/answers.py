"""A ground below answers of any kind of request: quotes first, then what the model says, checked by them.

`Answerers` puts it over whoever answers, here or elsewhere; responses and messages need not know of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from anyio import to_thread
from starlette.requests import Request

from glaswerk.core.document import Message
from glaswerk.retrieve import Answer as Quote
from glaswerk.retrieve import Grounds
from glaswerk.retrieve.prompt import TOKENS, prompt
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.answering import Answer, Answerer, Question, Step
from glaswerk.serve.answering.answer import NoAnswer
from glaswerk.serve.answering.parts import Citation, Part
from glaswerk.serve.errors import ApiError
from glaswerk.serve.grounded.asking import Asking
from glaswerk.serve.grounded.checked import Checked
from glaswerk.serve.grounded.wishes import Wishes, apart, asked_of
from glaswerk.serve.grounded.wording import Wording

NO_ROOM = "the model's context has no room for a passage"
# Addresses that a browser may open.
_WEB = ("https://", "http://")


class GroundedAnswerer:
    """See `Answerer`. `inner` answers what wants no ground, and writes the model's words for the rest."""

    def __init__(self, name: str, inner: Answerer, asking: Asking) -> None:
        self._name, self._inner, self._asking = name, inner, asking
        self.exact = inner.exact

    @property
    def context(self) -> int:
        """See `Answerer`."""
        return self._inner.context

    def sampling(self, asked: Mapping[str, Any]) -> tuple[float, float]:
        """See `Answerer`: where no model is, nothing is sampled."""
        silent = self._asking.admission.place(self._name) == "quotes"
        return (0.0, 1.0) if silent else self._inner.sampling(asked)

    def tokens(self, asked: Question) -> int:
        """See `Answerer`."""
        return self._inner.tokens(asked)

    async def start(self, asked: Question, account: Account, request: Request | None = None) -> Answer:
        """See `Answerer`. Raises ApiError 400 for what a ground does not allow."""
        wanted = self._asking.wishes(self._name, asked.ours)
        if wanted is None:
            return await self._inner.start(asked, account, request)
        _refuse_apart(asked)
        questions = asked_of(asked.messages, asked.places.messages)
        grounds = await self._asking.grounds(account, self._name, questions, wanted)
        answer = GroundedAnswer(Checked(grounds, wanted.strict), apart=asked.endpoint == "messages")
        answer.note(wanted.note)
        await self._let_write(answer, asked, wanted, account, request)
        return answer

    async def _let_write(
        self,
        answer: GroundedAnswer,
        asked: Question,
        wanted: Wishes,
        account: Account,
        request: Request | None,
    ) -> None:
        grounds, note = answer.checked.grounds, ""
        if wanted.model and grounds.quotes:
            for passages in passages_of(grounds):
                try:
                    answer.written = await self._inner.start(
                        _to_model(asked, grounds, passages), account, request
                    )
                    return
                except ApiError as error:
                    # A small model has no room for whole passages; then one must do, and then none. The
                    # quotes are there whether a model fails or not.
                    if error.code != "context_length_exceeded" and error.status < 500:
                        raise
                    note = NO_ROOM if error.status < 500 else failed(error)
                    if error.status >= 500:
                        break
        await self._asking.admission.of_quotes(account, self._name, asked.endpoint, asked.id)
        answer.note(note)


class GroundedAnswer:
    """See `Answer`. apart: each quote is a part by itself, so that a block cites its own words."""

    called, stopped_by = False, None

    def __init__(self, checked: Checked, *, apart: bool) -> None:
        self.checked, self._apart = checked, apart
        # What the model writes; NoAnswer where none does.
        self.written: Answer = NoAnswer()
        self.parts: list[Part] = []
        self.finish: str | None = None
        self._note, self._stopped = "", False

    @property
    def thought(self) -> int:
        """See `Answer`."""
        return self.written.thought

    @property
    def counts(self) -> tuple[int, int, int]:
        """See `Answer`."""
        return self.written.counts

    @property
    def extra(self) -> Mapping[str, Any]:
        """See `Answer`: quotes, verdict and claims so far, and why a model says nothing."""
        note = {"note": self._note} if self._note else {}
        return {"grounded": self.checked.to_json()} | note

    def note(self, text: str) -> None:
        """Say beside the answer why a model says nothing; "" leaves what was said."""
        self._note = text or self._note

    async def steps(self) -> AsyncIterator[Step]:
        """See `Answer`."""
        wording = Wording(self.checked.grounds.question)
        for text, quote in wording.pieces(self.checked.grounds):
            yield self._add(text, wording, quote)
        try:
            async with aclosing(_texts(self.written)) as texts:
                async for text in texts:
                    if self.checked.feed(text):
                        for piece in await to_thread.run_sync(self.checked.whole):
                            yield self._add(piece, wording)
        except ApiError as error:
            if error.status < 500:
                raise
            self.note(failed(error))
        for piece in await to_thread.run_sync(self.checked.rest):
            yield self._add(piece, wording)
        self.finish = "cancelled" if self._stopped else "stop"

    def _add(self, text: str, wording: Wording, quote: Quote | None = None) -> Step:
        if not self.parts or (self._apart and (quote or self.parts[-1].cited)):
            self.parts.append(Part("text"))
        part = self.parts[-1]
        start = len(part.text) + len(text) - len(text.lstrip("\n"))
        part.text += text
        if quote is not None:
            number = self.checked.grounds.quotes.index(quote)
            part.cited.append(_citation(quote, number, wording, start, len(part.text)))
        return Step([(part, text)])

    def stop(self) -> None:
        """See `Answer`."""
        self._stopped = True
        self.written.stop()


def passages_of(grounds: Grounds) -> tuple[list[str], list[str]]:
    """What a model is shown of quotes: the passages of all, or where there is no room, of the first."""
    return [quote.hit.text for quote in grounds.quotes], [grounds.quotes[0].hit.text]


def failed(error: ApiError) -> str:
    """Why a model says nothing."""
    return f"the model gave no answer: {error.message}"


def _refuse_apart(asked: Question) -> None:
    """Raises ApiError 400 for what changes an answer in ways that a ground does not allow."""
    wants = {
        "tools": asked.tools.functions,
        asked.places.form: asked.form,
        "top_logprobs": asked.top_logprobs is not None,
        "background": asked.later,
        asked.kept: asked.kept,
    }
    if name := next((name for name, wanted in wants.items() if wanted), ""):
        raise apart(name)


def _to_model(asked: Question, grounds: Grounds, passages: list[str]) -> Question:
    """What the model reads: the passages and the question, without what was said before."""
    content = prompt(grounds.question, passages)
    cold = {**asked.sampling, "temperature": asked.sampling.get("temperature") or 0}
    return replace(
        asked,
        messages=[Message(role="user", content=content)],
        max_tokens=asked.max_tokens or TOKENS,
        sampling=cold,
    )


async def _texts(written: Answer) -> AsyncGenerator[str]:
    async for step in written.steps():
        yield "".join(added for part, added in step.pieces if part.kind == "text")


def _citation(quote: Quote, number: int, wording: Wording, start: int, end: int) -> Citation:
    hit = quote.hit
    return Citation(
        *(start, end, hit.document, wording.title(hit)),
        url=hit.url if hit.url.startswith(_WEB) else "",
        quote=quote.text,
        first=quote.start,
        last=quote.end,
        number=number,
    )
