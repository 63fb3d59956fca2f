"""All MCP servers of a lab: which are confirmed, their tools, and their end."""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.tools.mcp.confirmed import confirmed
from glaswerk.tools.mcp.connection import Connection
from glaswerk.tools.mcp.settings import McpServer, mcp_servers
from glaswerk.tools.mcp.tools_of import tools_of
from glaswerk.tools.tool import Tool


class McpServers:
    """Of one lab. Nothing is started or reached before its tools are asked for."""

    def __init__(self, lab: Lab, seconds: float) -> None:
        """Raises GlaswerkError for settings that are none."""
        self._lab, self._seconds = lab, seconds
        self.servers = mcp_servers(lab)
        self._connections: dict[str, Connection] = {}

    def connection(self, server: McpServer) -> Connection:
        """The connection to a server, confirmed or not."""
        if server.name not in self._connections:
            log = self._lab.root / "logs" / f"mcp-{server.name}.log"
            self._connections[server.name] = Connection(server, log, self._seconds)
        return self._connections[server.name]

    async def tools(self, name: str) -> Sequence[Tool]:
        """The tools of a server. Raises GlaswerkError if it is not confirmed, or not there."""
        server = self.servers[name]
        agreed = confirmed(server)
        if agreed is None:
            message = f"the MCP server {name} ({server.shown()[:80]}) is not confirmed on this machine"
            raise GlaswerkError(message, hint=f"glaswerk tools confirm {name}")
        found = self.connection(server)
        return tools_of(server, await found.tools(), agreed, found.call)

    async def close(self) -> None:
        """End all connections."""
        for connection in self._connections.values():
            await connection.close()
