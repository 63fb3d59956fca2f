"""The tools of one server, and those of them that a request names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.settings import AUDIENCES
from glaswerk.lab import Lab
from glaswerk.retrieve import Grounds
from glaswerk.retrieve.unshown import Unshown
from glaswerk.serve.errors import ApiError
from glaswerk.serve.grounded.content import Content
from glaswerk.serve.offers.ground_settings import GroundSettings
from glaswerk.serve.toolbox.rounds import Bounds
from glaswerk.tools import Tool
from glaswerk.tools.calculator import calculator
from glaswerk.tools.search import search
from glaswerk.tools.settings import ToolSettings
from glaswerk.tools.tables import Shown, tables
from glaswerk.tools.tool import OWN

# Of Glaswerk's tools, those that read one's own content.
READING = frozenset({"search", "tables"})


class Toolbox:
    """Of one lab. `private`: the content that its tools read may be private."""

    def __init__(self, lab: Lab, content: Content, ground: GroundSettings) -> None:
        """Raises GlaswerkError for settings that are none."""
        self.settings, self.private = ToolSettings.of(lab), ground.private
        self._lab, self._content, self._ground = lab, content, ground
        self.bounds = Bounds(self.settings.rounds, self.settings.calls)
        self._unshown = Unshown(lab)
        made = (search(self._grounds), tables(self._shown), calculator())
        self._own = {tool.name: tool for tool in made if tool.name in self.settings.own}

    async def listed(self) -> list[dict[str, Any]]:
        """Every tool, as GET /v1/glaswerk/tools shows it."""
        return [_shown(name, tool) for name, tool in self._own.items()]

    async def chosen(self, names: Sequence[str], param: str) -> dict[str, Tool]:
        """The tools of these names, by what a model calls them. Raises ApiError 400 for an unknown name."""
        found: dict[str, Tool] = {}
        for name in names:
            if name not in self._own:
                known = ", ".join(self._own) or "none"
                message = f"{param} must be names of tools ({known}), found {name[:80]!r}"
                raise ApiError(400, message, param=param, code="unknown_tool")
            found[name] = self._own[name]
        return found

    def _grounds(self, question: str) -> Grounds:
        try:
            return self._content.ground(question)
        except ApiError as error:
            raise GlaswerkError(error.message) from error

    def _shown(self) -> Shown:
        corpus = self._lab.find("corpus", self._ground.corpus)
        if corpus is None:
            raise GlaswerkError(f"the lab has no corpus {self._ground.corpus!r}", hint="glaswerk curate")
        audiences = AUDIENCES if self.private else ("public",)
        return Shown(corpus.path / DOCUMENTS, tuple(audiences), self._unshown.ids())


def strict(tools: Mapping[str, Tool]) -> dict[str, Tool]:
    """The same tools, where a person must agree to each call of another server's."""
    return {name: tool if tool.server == OWN else replace(tool, asks=True) for name, tool in tools.items()}


def _shown(name: str, tool: Tool) -> dict[str, Any]:
    return {
        "name": name,
        "server": tool.server,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "asks": tool.asks,
    }
