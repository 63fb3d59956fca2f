"""Reservations of text and data mining that a site states by machine: headers, meta elements, robots.txt.

TDM Reservation Protocol (W3C community group, 2024): `tdm-reservation: 1` as an HTTP header or a meta
element. `noai` as DeviantArt brought it in (2022). robots.txt (RFC 9309) counts where it names a crawler of
those that train; a rule for every crawler (`*`) speaks of search engines and does not. ai.txt (Spawning,
2023) speaks of nothing but training, so its `*` counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from protego import Protego

from glaswerk.core.errors import GlaswerkError

# User agents under which content is fetched for training, or that stand for its use in training.
AI_CRAWLERS = (
    "GPTBot", "CCBot", "Google-Extended", "GoogleOther", "anthropic-ai", "ClaudeBot", "Claude-Web",
    "Applebot-Extended", "Bytespider", "meta-externalagent", "FacebookBot", "cohere-ai",
    "cohere-training-data-crawler", "Diffbot", "Omgilibot", "omgili", "ImagesiftBot", "Amazonbot",
    "AI2Bot", "Ai2Bot-Dolma", "PanguBot", "Timpibot", "img2dataset", "DeepSeekBot", "ICC-Crawler",
)  # fmt: skip
# RFC 9309 asks crawlers to read at least 500 KiB.
ROBOTS_LIMIT = 500 << 10
_AGENT = re.compile(r"^\s*user-agent\s*:\s*([^\s#]+)", re.IGNORECASE | re.MULTILINE)
_PATHS = {"/robots.txt": False, "/ai.txt": True, "/.well-known/ai.txt": True}


def reserved_by_headers(headers: Mapping[str, str]) -> bool:
    """Whether HTTP headers (names in lower case) reserve mining."""
    return _has_reservation(headers) or _has_noai(headers.get("x-robots-tag", ""))


def reserved_by_meta(meta: Mapping[str, str]) -> bool:
    """Whether meta elements (names in lower case) reserve mining."""
    return _has_reservation(meta) or _has_noai(meta.get("robots", ""))


def _has_reservation(facts: Mapping[str, str]) -> bool:
    """A policy names the terms of a licence, which only who reserves has to offer: it stands for `1`."""
    reservation = facts.get("tdm-reservation", "").strip()
    return reservation == "1" or (reservation != "0" and bool(facts.get("tdm-policy", "").strip()))


def _has_noai(directives: str) -> bool:
    """`noai` alone counts: noindex is about search and noimageai about pictures."""
    words = (word.rpartition(":")[2].strip().lower() for word in directives.split(","))
    return "noai" in words


class Robots:
    """robots.txt and ai.txt of sites, asked whether training crawlers may fetch a page."""

    def __init__(self) -> None:
        self._rules: dict[str, list[tuple[Protego, tuple[str, ...]]]] = {}

    def add(self, site: str, data: bytes, *, is_ai: bool) -> None:
        """Rules of a site (host and port; empty for every site). Several snapshots of one hold together."""
        text = data[:ROBOTS_LIMIT].decode("utf-8-sig", "replace").replace("\0", "")
        named = {name.lower() for name in _AGENT.findall(text)}
        agents = tuple(agent for agent in AI_CRAWLERS if agent.lower() in named)
        if is_ai and "*" in named:
            agents = (*agents, "any-crawler")
        if agents:
            self._rules.setdefault(site.lower(), []).append((Protego.parse(text), agents))

    def add_snapshot(self, url: str, data: bytes) -> None:
        """Rules fetched from `url`, where that is the address of such a file."""
        is_ai = self.is_rules(url)
        if is_ai is not None:
            self.add(urlsplit(url).netloc, data, is_ai=is_ai)

    @staticmethod
    def is_rules(url: str) -> bool | None:
        """Whether `url` is that of an ai.txt (True) or robots.txt (False), or of neither (None)."""
        try:
            return _PATHS.get(urlsplit(url).path)
        except ValueError:
            return None

    def disallows(self, url: str) -> bool:
        """Whether any crawler that trains is kept from `url`."""
        if not url or not self._rules:
            return False
        try:
            site = urlsplit(url).netloc.lower()
        except ValueError:
            return False
        rules = [*self._rules.get(site, ()), *self._rules.get("", ())]
        return any(not parser.can_fetch(url, agent) for parser, agents in rules for agent in agents)


def read_robots(path: Path, site: str, into: Robots) -> None:
    """Add a robots.txt or ai.txt (told by its name) that the user has; without `site` it is for every url.

    Raises GlaswerkError for a file that cannot be read or a site that is no web address.
    """
    host = urlsplit(site).netloc if "://" in site else ""
    if site and not host:
        raise GlaswerkError(
            f"expected the address of a site, found {site!r}", hint="--site https://example.org"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GlaswerkError(
            f"expected a robots.txt or ai.txt, found {path}: {error.strerror}", hint="check the path"
        ) from error
    into.add(host, data, is_ai=path.name.lower() == "ai.txt")
