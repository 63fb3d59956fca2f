"""The tables [serve.upstreams.NAME] of lab.toml."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_KNOWN = ("url", "key_env", "models", "ground", "picture_urls")
_HINT = "fix that line in lab.toml, or delete it: every setting has a default"


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server with OpenAI's API.

    `url` ends before "/chat/completions", such as "http://127.0.0.1:11434/v1". `key_env`: the environment
    variable with its key; "" for none. `models`: the ids that are offered; empty for all that it lists.
    Here a model is called "NAME/ID". `ground`: whether answers of its models rest on documents; None for what
    [serve.ground] says. `picture_urls`: whether it may fetch pictures from the addresses that clients name.
    """

    name: str
    url: str
    key_env: str = ""
    models: tuple[str, ...] = ()
    ground: bool | None = None
    picture_urls: bool = False
    # The key itself, of a program that we started.
    secret: str = field(default="", repr=False)

    def key(self) -> str:
        """The key. Raises GlaswerkError if the variable is not set."""
        if self.secret:
            return self.secret
        if not self.key_env:
            return ""
        found = os.environ.get(self.key_env, "")
        if not found or not found.isascii() or not found.isprintable():
            raise GlaswerkError(
                f"expected the key of the upstream {self.name} in the environment variable {self.key_env}, "
                "found nothing that is a key",
                hint=f"export {self.key_env}=…",
            )
        return found


def upstreams_of(lab: Lab) -> list[Upstream]:
    """The upstreams of a lab. Raises GlaswerkError for a setting that is none."""
    table = lab.settings.get("serve", {})
    found = table.get("upstreams", {}) if isinstance(table, Mapping) else {}
    if not isinstance(found, Mapping):
        raise _wrong("", "tables such as [serve.upstreams.ollama]", found)
    return [_upstream(name, one) for name, one in found.items()]


def _upstream(name: str, table: Any) -> Upstream:
    if not _NAME.fullmatch(name):
        raise _wrong("", "a name of small letters, digits, - and _", name)
    if not isinstance(table, Mapping) or table.keys() - _KNOWN:
        raise _wrong(name, f"some of {', '.join(_KNOWN)}", table)
    models = table.get("models", [])
    if not isinstance(models, list) or not all(isinstance(model, str) and model for model in models):
        raise _wrong(f"{name}.models", 'a list such as ["llama3"]', models)
    variable = table.get("key_env", "")
    if not isinstance(variable, str) or (variable and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable)):
        raise _wrong(f"{name}.key_env", "the name of an environment variable", variable)
    ground = table.get("ground")
    if not isinstance(ground, bool | None):
        raise _wrong(f"{name}.ground", "true or false", ground)
    fetches = table.get("picture_urls", False)
    if not isinstance(fetches, bool):
        raise _wrong(f"{name}.picture_urls", "true or false", fetches)
    return Upstream(name, _url(name, table.get("url")), variable, tuple(models), ground, fetches)


def _url(name: str, found: Any) -> str:
    if not isinstance(found, str) or not found.isascii() or not found.isprintable():
        raise _wrong(f"{name}.url", "a URL such as http://127.0.0.1:11434/v1", found)
    try:
        parts = urlsplit(found)
        _ = parts.port
    except ValueError as error:
        raise _wrong(f"{name}.url", "a URL such as http://127.0.0.1:11434/v1", found) from error
    if parts.username or parts.password:
        # Not the value: it has a password.
        raise _wrong(f"{name}.url", "a URL without a password; use key_env", "one with it")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise _wrong(f"{name}.url", "a URL such as http://127.0.0.1:11434/v1", found)
    return found.rstrip("/")


def _wrong(where: str, expected: str, found: Any) -> GlaswerkError:
    place = f"[serve.upstreams{'.' if where else ''}{where}]"
    return GlaswerkError(
        f"expected {place} of lab.toml to be {expected}, found {str(found)[:80]!r}", hint=_HINT
    )
