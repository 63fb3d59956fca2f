"""This server's tools for every API: those that a request names, checked, and an answer that calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from glaswerk.serve.answering import Answerer, Question
from glaswerk.serve.errors import ApiError
from glaswerk.serve.grounded.admission import Admission
from glaswerk.serve.toolbox.approvals import Approvals
from glaswerk.serve.toolbox.begin import Client, begin
from glaswerk.serve.toolbox.rounds import RoundsAnswer
from glaswerk.serve.toolbox.toolbox import READING, Toolbox
from glaswerk.tools import Tool


@dataclass(frozen=True, slots=True)
class OurTools:
    """Of one server."""

    toolbox: Toolbox
    approvals: Approvals
    admission: Admission

    async def named(self, names: Sequence[str], model: str, param: str) -> dict[str, Tool]:
        """The tools of these names, by what a model calls them.

        Raises ApiError 400 for an unknown name, and for a model that may not have them: private content is
        not sent to other servers. param: the field that names them.
        """
        found = await self.toolbox.chosen(names, param)
        place = self.admission.place(model)
        if place == "quotes":
            message = "this lab has no model, only quotes\nhint: glaswerk adopt hf:ORG/NAME"
            raise ApiError(400, message, param=param, code="unsupported_model")
        if place == "elsewhere" and self.toolbox.private and READING & found.keys():
            message = "private documents are not sent to other servers; leave out search and tables"
            raise ApiError(400, message, param=param, code="private_content")
        return found

    async def start(
        self,
        answerer: Answerer,
        question: Question,
        tools: Mapping[str, Tool],
        client: Client,
        most: int | None = None,
    ) -> RoundsAnswer:
        """An answer whose calls of these tools are made here. most: calls. Raises as `Answerer.start`."""
        bounds = self.toolbox.bounds
        if most is not None:
            bounds = replace(bounds, calls=min(bounds.calls, most))
        # What is found is read through `search`.
        asked = replace(question, ours={"ground": False})
        answer = await begin(answerer, asked, tools, client, self.approvals, bounds)
        await answer.open()
        return answer
