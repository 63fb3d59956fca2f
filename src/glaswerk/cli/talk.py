"""A conversation in the terminal: its model, its settings, its turns, and the sources of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from glaswerk.cli.echo import echo, echo_error, echo_text
from glaswerk.cli.forgotten_warning import warn_of_forgotten
from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError

if TYPE_CHECKING:
    from glaswerk.cli.grounded_chat import GroundedChat
    from glaswerk.infer import Engine
    from glaswerk.lab import Artifact, Lab
    from glaswerk.trace import Tracer
    from glaswerk.trace.novelty import Baseline


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources below each answer, on standard error."""

    tracer: Tracer
    baseline: Baseline

    def show(self, answer: str, before: Sequence[Message]) -> None:
        """Which training text an answer repeats, and how much of it."""
        context = "\n".join(message["content"] for message in before)
        found = self.tracer.trace(answer, context=context, documents=1)
        for span in found.spans:
            # There may be a match but no document that may be shown.
            match = next(iter(span.documents), None)
            who = ", ".join(filter(None, (match.author, match.created_at[:10]))) if match else ""
            known = f", e.g. {who}" if who else ""
            echo(f"  “{' '.join(span.text.split())}” {span.count} ×{known}", err=True, dim=True)
        echo(f"  {self.baseline.judge(self.tracer, answer, found)}", err=True, dim=True)


@dataclass(slots=True)
class Talk:
    """`sources`: show them below each answer. `ground`: answer with quotes. `system`: "" for none."""

    lab: Lab
    temperature: float
    max_tokens: int
    sources: bool = True
    ground: bool = False
    system: str = ""
    messages: list[Message] = field(default_factory=list)
    model: Artifact | None = None
    _engine: Engine | None = None
    _shown: Sources | None = None
    _grounded: GroundedChat | None = None

    def use(self, name: str) -> None:
        """Talk to the newest model of this name. Raises GlaswerkError if there is none."""
        from glaswerk.infer import Engine

        chosen = self.lab.latest("model", name)
        if chosen is None:
            there = ", ".join(made.name for made in self.lab.all("model")) or "none"
            raise GlaswerkError(f"the lab has no model named {name!r} (there: {there})", hint="glaswerk tune")
        warn_of_forgotten(self.lab, chosen)
        self._engine, self.model = Engine.load(chosen.path), chosen
        self._shown = self._sources_of(chosen) if self.sources else None

    def ask(self, text: str) -> None:
        """Print the answer to a question and remember both."""
        self.messages.append(Message(role="user", content=text))
        self.again()

    def again(self) -> None:
        """Answer the last question, once more if it has an answer. Raises GlaswerkError without one."""
        if self.messages and self.messages[-1]["role"] == "assistant":
            self.messages.pop()
        if not self.messages or self._engine is None:
            raise GlaswerkError("expected a question to answer, found none yet", hint="type one")
        if self.ground:
            self.grounded().answer(self._engine, [m["content"] for m in self.messages])
        else:
            self._answer(self._engine)

    def undo(self) -> None:
        """Forget the last question and its answer."""
        while self.messages and self.messages.pop()["role"] != "user":
            continue

    def show_sources(self) -> None:
        """The sources of the last answer. Raises GlaswerkError without one, or without an index."""
        if not self.messages or self.messages[-1]["role"] != "assistant":
            raise GlaswerkError("expected an answer to trace, found none yet", hint="type a question")
        if self._shown is None and self.model is not None:
            self._shown = self._sources_of(self.model)
        if self._shown is None:
            raise GlaswerkError(
                "the lab has no index of what this model was trained on", hint="glaswerk index"
            )
        self._shown.show(self.messages[-1]["content"], self.messages[:-1])

    def grounded(self) -> GroundedChat:
        """Answers from documents. Raises GlaswerkError if the corpus has no passages."""
        from glaswerk.cli.grounded_chat import GroundedChat
        from glaswerk.retrieve import Retriever, find_passages
        from glaswerk.serve.offers.ground_settings import GroundSettings

        if self._grounded is None:
            corpus = GroundSettings.of(self.lab).corpus
            passages = find_passages(self.lab, corpus)
            if passages is None:
                raise GlaswerkError(f"the corpus {corpus} has no passages to quote", hint="glaswerk index")
            self._grounded = GroundedChat(Retriever.open(self.lab, passages))
        return self._grounded

    def _sources_of(self, model: Artifact) -> Sources | None:
        from glaswerk.trace import Tracer
        from glaswerk.trace.novelty import Baseline

        traces = self.lab.all("trace")
        index = next((t for t in traces if t.inputs["shards"] == model.inputs.get("shards")), None)
        if index is None:
            return None
        tracer = Tracer.open(self.lab, index)
        return Sources(tracer, Baseline.of(self.lab, index, tracer))

    def _answer(self, engine: Engine) -> None:
        before = [Message(role="system", content=self.system)] if self.system else []
        answer, asked = "", [*before, *self.messages]
        try:
            for delta in engine.stream(asked, temperature=self.temperature, max_tokens=self.max_tokens):
                echo_text(delta.text, nl=False)
                answer += delta.text
        except GlaswerkError as error:
            echo_error(error.message, error.hint)
            self.messages.pop()
            return
        except KeyboardInterrupt:
            echo_text(" [stopped]", nl=False)
        echo()
        if self.sources and self._shown:
            self._shown.show(answer, self.messages)
        self.messages.append(Message(role="assistant", content=answer))
