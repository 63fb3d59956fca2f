"""The tables [serve.mcp.NAME] of lab.toml."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,23}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_HINT = "fix that line in lab.toml, or delete it"
_KEYS = {"command", "url", "env", "key_env", "allow"}
_OWN = "glaswerk"


@dataclass(frozen=True, slots=True)
class McpServer:
    """One server: a program by its `command`, or one that runs by its `url`.

    `env`: names of environment variables that the program gets. `key_env`: the variable with the key of a
    URL; "" for none. `allow`: its tools that may be called without asking, as the user says.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    env: tuple[str, ...] = ()
    key_env: str = ""
    allow: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of all that the user confirms: another command, address or list of tools is another server."""
        text = json.dumps(asdict(self), sort_keys=True)
        return "b2:" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def shown(self) -> str:
        """What is started or reached, on one line."""
        return self.url or " ".join(self.command)

    def environment(self) -> dict[str, str]:
        """The variables of its program that are set."""
        return {name: os.environ[name] for name in self.env if name in os.environ}


def mcp_servers(lab: Lab) -> dict[str, McpServer]:
    """The servers of a lab by name. Raises GlaswerkError for a setting that is none."""
    serve = lab.settings.get("serve", {})
    found = serve.get("mcp", {}) if isinstance(serve, Mapping) else {}
    if not isinstance(found, Mapping):
        raise _wrong("", "tables such as [serve.mcp.time]", found)
    return {name: _server(name, table) for name, table in found.items()}


def _server(name: str, table: Any) -> McpServer:
    if not _NAME.fullmatch(name) or name == _OWN:
        raise _wrong("", f"a name of up to 24 small letters, digits, - and _ (not {_OWN})", name)
    if not isinstance(table, Mapping) or table.keys() - _KEYS:
        raise _wrong(name, f"some of {', '.join(sorted(_KEYS))}", table)
    lists = {key: _texts(f"{name}.{key}", table.get(key, [])) for key in ("command", "env", "allow")}
    url, key = table.get("url", ""), table.get("key_env", "")
    if bool(lists["command"]) == bool(url):
        raise _wrong(name, "either a command or a url", dict(table))
    if url:
        _check_url(name, url)
    for variable in (*lists["env"], *([key] if key else [])):
        if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
            raise _wrong(f"{name}.env", "names of environment variables", variable)
    return McpServer(name, lists["command"], url, lists["env"], key, lists["allow"])


def _texts(where: str, value: Any) -> tuple[str, ...]:
    fine = isinstance(value, list) and len(value) <= 128
    if not fine or not all(isinstance(one, str) and one and one.isprintable() for one in value):
        raise _wrong(where, 'a list of texts such as ["mcp-server-time"]', value)
    return tuple(value)


def _check_url(name: str, url: Any) -> None:
    expected = "a URL such as http://127.0.0.1:8001/mcp, without a password"
    try:
        parts = urlsplit(url if isinstance(url, str) and url.isascii() and url.isprintable() else "")
        _ = parts.port
    except ValueError as error:
        raise _wrong(f"{name}.url", expected, url) from error
    if parts.username or parts.password:
        raise _wrong(f"{name}.url", expected, "one with it")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise _wrong(f"{name}.url", expected, url)


def _wrong(where: str, expected: str, found: Any) -> GlaswerkError:
    place = f"[serve.mcp{'.' if where else ''}{where}]"
    return GlaswerkError(f"expected {place} of lab.toml to be {expected}, found {found!r:.80}", hint=_HINT)
