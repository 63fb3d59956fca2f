"""The tools of one server, and those of them that a request names."""

from __future__ import annotations

from collections.abc import Sequence
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
from glaswerk.tools.mcp.servers import McpServers
from glaswerk.tools.mcp.tools_of import apart
from glaswerk.tools.search import search
from glaswerk.tools.settings import ToolSettings
from glaswerk.tools.tables import Shown, tables

# Of Glaswerk's tools, those that read one's own content.
READING = frozenset({"search", "tables"})
_MCP = "mcp:"


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
        self._mcp = McpServers(lab, self.settings.seconds)

    async def close(self) -> None:
        """End the connections to other servers."""
        await self._mcp.close()

    async def listed(self) -> list[dict[str, Any]]:
        """Every tool, as GET /v1/glaswerk/tools shows it; a server that is not there with the reason."""
        found = [_shown(name, tool) for name, tool in self._own.items()]
        for name in self._mcp.servers:
            try:
                tools = await self._of_server(name)
                found += [_shown(f"{_MCP}{name}/{tool.called}", tool) for tool in tools]
            except GlaswerkError as error:
                found.append({"name": f"{_MCP}{name}", "server": name, "error": str(error)})
        return found

    async def chosen(self, names: Sequence[str], param: str) -> dict[str, Tool]:
        """The tools of these names, by what a model calls them. Raises ApiError 400 for an unknown name."""
        found: dict[str, Tool] = {}
        for name in names:
            for tool in await self._named(name, param):
                there = found.get(tool.name, tool)
                same = (there.server, there.called) == (tool.server, tool.called)
                made = tool if same else apart(tool)
                found.setdefault(made.name, made)
        return found

    async def _named(self, name: str, param: str) -> Sequence[Tool]:
        """ "search", "mcp:SERVER" for all tools of a server, "mcp:SERVER/TOOL" for one."""
        if name in self._own:
            return [self._own[name]]
        server, _, own = name.removeprefix(_MCP).partition("/")
        if not name.startswith(_MCP) or server not in self._mcp.servers:
            raise _unknown(name, param, [*self._own, *(f"{_MCP}{one}" for one in self._mcp.servers)])
        try:
            tools = await self._of_server(server)
        except GlaswerkError as error:
            raise ApiError(503, str(error), param=param, code="mcp_server_unavailable") from error
        if own and not (tools := [tool for tool in tools if tool.called == own]):
            raise _unknown(name, param, [f"{_MCP}{server}"])
        return tools

    async def _of_server(self, name: str) -> Sequence[Tool]:
        """Where private content may be read, a person must agree to each call that leaves this server."""
        tools = await self._mcp.tools(name)
        return [replace(tool, asks=True) for tool in tools] if self.private else tools

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


def _unknown(name: str, param: str, known: Sequence[str]) -> ApiError:
    shown = ", ".join(known) or "none"
    message = f"{param} must be names of tools ({shown}), found {name[:80]!r}"
    return ApiError(400, message, param=param, code="unknown_tool")


def _shown(name: str, tool: Tool) -> dict[str, Any]:
    return {
        "name": name,
        "server": tool.server,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "asks": tool.asks,
    }
