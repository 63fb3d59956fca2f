"""What the user confirmed on this machine: servers by the digest of their settings, and their allowed tools.

A lab may be a stranger's, so this file is not in it: `~/.config/glaswerk/mcp.json`, or below
$XDG_CONFIG_HOME. A changed command, address or list of allowed tools is confirmed again; an allowed tool that
its server describes anew asks before each call, until it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.tools.mcp.settings import McpServer


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Of one server: the digests of its allowed tools as they were described at that time, by name."""

    tools: Mapping[str, str] = field(default_factory=dict)


def definition(description: str | None, schema: Any) -> str:
    """The digest of a tool's description and schema."""
    text = json.dumps([description, schema], sort_keys=True, default=str)
    return "b2:" + hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def confirmed(server: McpServer) -> Confirmed | None:
    """What was confirmed of a server as it is now; None if nothing was."""
    found = _read().get(server.digest)
    tools = found.get("tools") if isinstance(found, dict) else None
    return Confirmed({str(k): str(v) for k, v in tools.items()}) if isinstance(tools, dict) else None


def confirm(server: McpServer, tools: Mapping[str, str]) -> None:
    """Record that the user agreed to a server. tools: digests of its allowed tools."""
    found = {digest: one for digest, one in _read().items() if one.get("name") != server.name}
    found[server.digest] = {"name": server.name, "shown": server.shown(), "tools": dict(tools)}
    _write(found)


def withdraw(server: McpServer) -> bool:
    """Forget that the user agreed; false if there was nothing."""
    found = _read()
    gone = found.pop(server.digest, None)
    if gone is not None:
        _write(found)
    return gone is not None


def _file() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "glaswerk" / "mcp.json"


def _read() -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(_file().read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        message = f"expected the confirmed servers in {_file()}, found what cannot be read: {error}"
        raise GlaswerkError(message, hint=f"mv '{_file()}' '{_file()}.damaged'") from error
    fine = isinstance(found, dict) and all(isinstance(one, dict) for one in found.values())
    return found if fine else {}


def _write(found: Mapping[str, Any]) -> None:
    _file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(_file(), json.dumps(found, indent=1).encode())
