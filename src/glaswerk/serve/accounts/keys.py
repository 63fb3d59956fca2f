"""Keys: their text, what is stored of it, and what a key may do.

A key is `gw_`, 12 hex digits of id, `_` and 64 hex digits of secret: 256 bits from the system's generator.
The store has its SHA-256. A slow hash such as argon2 protects secrets that people choose, which can be
guessed; 2^256 values cannot, so it would only cost time on every request. A server secret (HMAC) would
protect nothing more, and every gateway over one database would need it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.accounts.limits import KeyLimits

_KEY = re.compile(r"gw_([0-9a-f]{12})_[0-9a-f]{64}")
_PROJECT = re.compile(r"\w[\w.-]{0,63}", re.ASCII)
_ENDPOINT = re.compile(r"[a-z][a-z0-9_]*(/[a-z0-9_]+)*")
# Compared with the digest of a key whose id is unknown, so that it takes as long as a known one.
NOBODY = "sha256:" + "0" * 64


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored: without its secret. Times are seconds since 1970, 0: never.

    `models` and `endpoints` ("chat/completions") are what it may use; empty: all. `limits` are by model;
    those of "" count all models together.
    """

    id: str
    digest: str
    project: str
    name: str
    created: int
    models: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    limits: Mapping[str, KeyLimits] = field(default_factory=dict)
    expires: int = 0
    revoked: int = 0

    def state(self, now: float) -> str:
        """ "revoked", "expired" or "active"."""
        return "revoked" if self.revoked else "expired" if 0 < self.expires <= now else "active"

    def reaches(self, path: str) -> bool:
        """Whether the key may call a path below /v1/, such as "chat/completions"."""
        return not self.endpoints or any(path == one or path.startswith(f"{one}/") for one in self.endpoints)

    def to_json(self, now: float) -> dict[str, Any]:
        """Everything but the digest, as `glaswerk keys ls --json` prints it."""
        return {
            "id": self.id,
            "project": self.project,
            "name": self.name,
            "state": self.state(now),
            "models": list(self.models),
            "endpoints": list(self.endpoints),
            "limits": {scope: limits.to_json() for scope, limits in self.limits.items()},
            "created": self.created,
            "expires": self.expires or None,
            "revoked": self.revoked or None,
        }


def new_secret() -> tuple[str, str]:
    """(id, complete text) of a new key."""
    identifier = secrets.token_hex(6)
    return identifier, f"gw_{identifier}_{secrets.token_hex(32)}"


def digest_of(text: str) -> str:
    """What is stored of a key's text."""
    return f"sha256:{hashlib.sha256(text.encode(errors='replace')).hexdigest()}"


def proven(text: str, keys: Mapping[str, Key]) -> Key | None:
    """The key that a text is, or None. Wrong ids, wrong secrets and other texts take the same work."""
    match = _KEY.fullmatch(text)
    key = keys.get(match[1]) if match else None
    same = hmac.compare_digest(digest_of(text[:256]), key.digest if key else NOBODY)
    return key if same and key else None


def checked_name(name: str) -> str:
    """A key's name: a line of up to 100 printable characters. Raises GlaswerkError."""
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise GlaswerkError(
            f"expected a name of up to 100 printable characters, found {name!r:.120}",
            hint="glaswerk keys create laptop",
        )
    return name.strip()


def checked_project(project: str) -> str:
    """A project's name. Raises GlaswerkError."""
    if not _PROJECT.fullmatch(project):
        raise GlaswerkError(
            f"expected a project of up to 64 letters, digits, '-', '_' and '.', found {project!r:.80}",
            hint="glaswerk keys create laptop --project research",
        )
    return project


def checked_endpoint(endpoint: str) -> str:
    """An endpoint without "/v1/" in front: "chat/completions". Raises GlaswerkError."""
    path = endpoint.strip("/").removeprefix("v1/")
    if not _ENDPOINT.fullmatch(path):
        raise GlaswerkError(
            f"expected an endpoint such as chat/completions, found {endpoint!r:.80}",
            hint="glaswerk keys create laptop --endpoint chat/completions",
        )
    return path
