"""An answer of the model to messages, for every endpoint that is not chat completions itself.

`answer.py` says what a question and an answer are, whoever writes it; here is who answers with an engine of
this server: checks the model and the prompt's size, admits the answer with the accounts, starts the engine's
job, and records what was used (`local.py`). `parts.py` has what an answer is made of: thoughts, text, calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from anyio import to_thread
from starlette.requests import Request

from glaswerk.core.document import Message
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.answering.answer import Answer, Answerer, Answerers, Question, Step, read_through
from glaswerk.serve.answering.local import LocalAnswer
from glaswerk.serve.chat_parts.keeping import Keeping, reading
from glaswerk.serve.chat_parts.pictures import refuse_pictures
from glaswerk.serve.chat_parts.prompt import ChatPrompt, Wishes, characters, chat_prompt
from glaswerk.serve.errors import ApiError
from glaswerk.serve.limits import Limits
from glaswerk.serve.pool import Pool
from glaswerk.serve.recent_answers import RecentAnswers, TracedText, spoken
from glaswerk.serve.served_model import ServedModel

__all__ = ["Answer", "Answerer", "Answerers", "Answering", "Question", "Step", "read_through"]


class Answering:
    """Starts answers of the models of this server: an `Answerer`."""

    exact = True

    def __init__(
        self, served: ServedModel, pool: Pool, answers: RecentAnswers, accounts: Accounts, limits: Limits
    ) -> None:
        self.served, self.limits, self.keeping = served, limits, Keeping(served)
        self._pool, self._answers, self._accounts = pool, answers, accounts

    def check(self, model: str) -> None:
        """Raises ApiError 404 for a model that is not served."""
        self.served.check(model)

    def default(self) -> str:
        """The name of the model of requests that name none."""
        return self.served.id

    @property
    def context(self) -> int:
        """See `Answerer`."""
        return self.served.engine.context

    def sampling(self, asked: Mapping[str, Any]) -> tuple[float, float]:
        """See `Answerer`."""
        given = {name: asked.get(name) for name in ("temperature", "top_p")}
        found = self.served.engine.sampling.changed(**given)
        return found.temperature, found.top_p

    async def start(self, asked: Question, account: Account, request: Request | None = None) -> Answer:
        """See `Answerer`."""
        form = asked.form.source() if asked.form else None
        prompt = await to_thread.run_sync(self._prompt, asked)
        (grammar,) = await to_thread.run_sync(self.keeping.grammars, asked.tools, form, 1, asked.places)
        engine = self.served.engine
        most = min(asked.max_tokens or self.limits.default_max_tokens, engine.context - len(prompt.ids))
        usage = await self._accounts.begin(
            account,
            # Its own name counts, whatever name the client knows it by.
            model=self.served.id,
            endpoint=asked.endpoint,
            prompt_tokens=len(prompt.ids),
            max_tokens=most,
            response=asked.id,
        )
        sampling = engine.sampling.changed(**asked.sampling)
        job = engine.job(prompt.ids, sampling, most, top=asked.top_logprobs, grammar=grammar)
        decoder = engine.text(asked.stop, within=asked.continues)
        generation = self._pool.start(self.served.tokens, [job], [decoder], usage.key)
        context = spoken(asked.messages, self.limits.context_characters)

        def keep(text: str) -> None:
            self._answers.keep(asked.id, TracedText(text, context))

        choice = reading(asked.tools, form, prompt, grammar)
        spell = None if asked.top_logprobs is None else lambda token: engine.tokenizer.decode_bytes([token])
        return LocalAnswer(generation, decoder, choice, usage, keep, spell)

    def tokens(self, asked: Question) -> int:
        """See `Answerer`."""
        if asked.form:
            asked.form.source()
        return len(self._prompt(asked).ids)

    def _prompt(self, asked: Question) -> ChatPrompt:
        """The prompt of a question; with `shorten`, without its oldest turns if it is too long."""
        messages = list(asked.messages)
        refuse_pictures(messages, asked.places.messages)
        while True:
            try:
                return self._rendered(messages, asked)
            except ApiError:
                dropped = next((i for i, m in enumerate(messages[:-1]) if m["role"] != "system"), None)
                if not asked.shorten or dropped is None:
                    raise
                # Half of what is there at a time: a long history costs few attempts.
                del messages[dropped : max(dropped + 1, len(messages) // 2)]

    def _rendered(self, messages: Sequence[Message], asked: Question) -> ChatPrompt:
        where, engine = asked.places.messages, self.served.engine
        self.served.check_characters(characters(messages, asked.tools), self.limits, where)
        enforced = asked.form is not None or asked.tools.choice == "required"
        found = chat_prompt(
            *(engine.tokenizer, messages, asked.tools, Wishes(asked.effort, continues=asked.continues)),
            enforced=enforced,
            places=asked.places,
        )
        if len(found.ids) >= engine.context:
            message = (
                f"the prompt has {len(found.ids):,} tokens; this model's context is {engine.context:,}\n"
                "hint: shorten the messages or start a new conversation"
            )
            raise ApiError(400, message, param=where, code="context_length_exceeded")
        return found
