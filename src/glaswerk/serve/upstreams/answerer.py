"""Who answers for the models of upstreams where an endpoint is not chat completions itself.

Responses and Anthropic's messages are translated to chat completions, which every OpenAI-compatible server
has; their events are written here, by the same code as for our own models.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request

from glaswerk.serve.accounts.account import Account
from glaswerk.serve.answering import Answer, Answerer, Question
from glaswerk.serve.chat_parts.pictures import check_pictures
from glaswerk.serve.chat_parts.prompt import Wishes, chat_prompt
from glaswerk.serve.chat_parts.tools import NO_TOOLS
from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import unsupported
from glaswerk.serve.upstreams.answer import UpstreamAnswer
from glaswerk.serve.upstreams.chat_body import chat_body
from glaswerk.serve.upstreams.counts import Counting, estimate
from glaswerk.serve.upstreams.gateway import Upstreams
from glaswerk.serve.upstreams.own import Target
from glaswerk.serve.upstreams.reading import Reading
from glaswerk.tokenizer import Tokenizer


async def answerer_of(home: Upstreams, model: str, account: Account) -> Answerer | None:
    """Who answers for a model of an upstream; None for a model that no upstream has.

    Raises ApiError 403 if the account may not use it, 503 for a program of ours that is not there.
    """
    target = await home.find(model, account)
    return None if target is None else UpstreamAnswerer(home, target)


class UpstreamAnswerer:
    """See `Answerer`. The tokenizers of other servers are not known here: they are estimated."""

    def __init__(self, home: Upstreams, target: Target) -> None:
        self._home, self._target = home, target
        self.exact = target.own is not None

    @property
    def context(self) -> int:
        """See `Answerer`."""
        if self._target.context:
            return self._target.context
        message = (
            f"the context of {self._target.name[:80]} is not known here, so no history is fitted to it\n"
            "hint: send the turns that are to be kept as input"
        )
        raise ApiError(400, message, param="model", code="unsupported_model")

    def sampling(self, asked: Mapping[str, Any]) -> tuple[float, float]:
        """See `Answerer`: 1 is what OpenAI's API has where nothing is said."""
        temperature, top_p = asked.get("temperature"), asked.get("top_p")
        return 1.0 if temperature is None else temperature, 1.0 if top_p is None else top_p

    def tokens(self, asked: Question) -> int:
        """See `Answerer`."""
        if self._target.own is None:
            return max(1, estimate(self._body(asked)))
        tokenizer = _tokenizer(self._target.own.artifact.path)
        # Without a word about tools in its template, vLLM shows the model none.
        tools = asked.tools if "tools" in tokenizer.template else NO_TOOLS
        prompt = chat_prompt(
            *(tokenizer, asked.messages, tools, Wishes(asked.effort, continues=asked.continues)),
            enforced=False,
            places=asked.places,
        )
        return len(prompt.ids)

    async def start(self, asked: Question, account: Account, request: Request | None = None) -> Answer:
        """See `Answerer`. For an answer that nobody waits for, the upstream is asked at its first step."""
        body, target = self._body(asked), self._target
        usage = await self._home.begin(account, target.name, asked.endpoint, body, asked.id)
        name, stops = target.client.upstream.name, asked.stop
        reading = Reading(name, Counting(estimate(body)), stops, logprobs=asked.top_logprobs is not None)

        def keep(text: str) -> None:
            self._home.keep(asked.id, text, body)

        answer = UpstreamAnswer(target.client, body, reading, usage, keep)
        if not asked.later:
            await answer.open(request)
        return answer

    def _body(self, asked: Question) -> dict[str, Any]:
        upstream, own = self._target.client.upstream, self._target.own
        body = chat_body(asked, self._target.model, upstream.url)
        check_pictures(body["messages"], asked.places.messages, fetched=upstream.picture_urls)
        if not asked.continues:
            return body
        if own is None:
            message = "must end with a turn of the user: a begun answer is continued by models of this server"
            raise unsupported(asked.places.messages, message)
        return body | {"continue_final_message": True, "add_generation_prompt": False}


@lru_cache(4)
def _tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.load(folder)
