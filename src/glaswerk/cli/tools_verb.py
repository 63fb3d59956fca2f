"""`glaswerk tools ls|confirm|withdraw`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.groups import Words
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, open_lab, print_json
from glaswerk.cli.tables import columns
from glaswerk.core.errors import GlaswerkError

if TYPE_CHECKING:
    from glaswerk.lab import Lab
    from glaswerk.tools.mcp.settings import McpServer


@click.group("tools", cls=Words)
def command() -> None:
    """List tools that a model may call, and confirm MCP servers on this machine.

    \b
    glaswerk tools ls
    glaswerk tools confirm time
    glaswerk tools withdraw time

    Servers are in lab.toml, as [serve.mcp.time] with command = ["mcp-server-time"] or a url. A lab may be a
    stranger's: no program is started, and no address asked, before it is confirmed here.
    """


@command.command("ls")
@lab_option
@json_option
def ls(lab_path: Path, as_json: bool) -> None:
    """Glaswerk's own tools and the MCP servers of lab.toml; nothing is started.

    \b
    glaswerk tools ls
    glaswerk tools ls --json
    """
    from glaswerk.tools.mcp.confirmed import confirmed
    from glaswerk.tools.mcp.settings import mcp_servers
    from glaswerk.tools.settings import ToolSettings

    lab = open_lab(lab_path)
    rows = [{"name": name, "state": "ready", "what": "Glaswerk's own"} for name in ToolSettings.of(lab).own]
    for name, server in mcp_servers(lab).items():
        state = "not confirmed" if confirmed(server) is None else "confirmed"
        rows.append({"name": f"mcp:{name}", "state": state, "what": server.shown()})
    if as_json:
        print_json(rows)
        return
    for line in columns(("tool", "state", "what"), [list(row.values()) for row in rows]):
        echo(line)


@command.command("confirm")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@lab_option
@json_option
def confirm(name: str, yes: bool, lab_path: Path, as_json: bool) -> None:
    """Confirm the MCP server NAME on this machine: it is started, or reached, and its tools are listed.

    \b
    glaswerk tools confirm time
    glaswerk tools confirm time --yes

    What `allow` in lab.toml names may then be called without asking; every other call waits for a person.
    """
    import asyncio

    from glaswerk.core.extras import load_extra
    from glaswerk.tools.mcp import confirmed as records

    lab = open_lab(lab_path)
    server = _server(lab, name)
    load_extra("mcp", "mcp", "tools of MCP servers")
    echo(f"{name}: {server.shown()}", err=True)
    echo(f"  may be called without asking: {', '.join(server.allow) or 'nothing'}", err=True)
    if not yes:
        word = "reach this address" if server.url else "start this program with your rights"
        click.confirm(f"May Glaswerk {word}?", abort=True, err=True)
    listed = asyncio.run(_listed(lab, server))
    tools = {
        t.name: records.definition(t.description, t.input_schema) for t in listed if t.name in server.allow
    }
    records.confirm(server, tools)
    for missing in sorted(set(server.allow) - {tool.name for tool in listed}):
        echo(f"note: {name} has no tool named {missing}, which lab.toml allows", err=True)
    rows = [_row(server, tool) for tool in listed]
    if as_json:
        print_json(rows)
        return
    for line in columns(("tool", "state", "its server"), [list(row.values()) for row in rows]):
        echo(line)
    next_step("glaswerk serve")


@command.command("withdraw")
@click.argument("name")
@lab_option
def withdraw(name: str, lab_path: Path) -> None:
    """Take back the confirmation of the MCP server NAME.

    \b
    glaswerk tools withdraw time
    glaswerk tools withdraw time --lab other/
    """
    from glaswerk.tools.mcp import confirmed as records

    gone = records.withdraw(_server(open_lab(lab_path), name))
    echo(f"{name} is {'no longer' if gone else 'not'} confirmed")


def _server(lab: Lab, name: str) -> McpServer:
    from glaswerk.tools.mcp.settings import mcp_servers

    found = mcp_servers(lab)
    if name not in found:
        there = ", ".join(found) or "none"
        raise GlaswerkError(
            f"expected an MCP server of lab.toml ({there}), found {name!r:.80}",
            hint=f'a table [serve.mcp.NAME] with command = ["mcp-server-time"] in {lab.root / "lab.toml"}',
        )
    return found[name]


async def _listed(lab: Lab, server: McpServer) -> list[Any]:
    from glaswerk.tools.mcp.servers import McpServers

    home = McpServers(lab, 60)
    try:
        return list(await home.connection(server).tools())
    finally:
        await home.close()


def _row(server: McpServer, tool: Any) -> dict[str, str]:
    from glaswerk.core.terminal import one_line

    hints = tool.annotations
    # A hint is the server's word; what may be called without asking is the user's alone.
    says = "says that it only reads" if hints is not None and hints.read_only_hint else ""
    state = "allowed" if tool.name in server.allow else "asks"
    return {"name": one_line(str(tool.name))[:80], "state": state, "says": says}
