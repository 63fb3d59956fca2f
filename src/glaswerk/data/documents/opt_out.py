"""Machine-readable reservations of text and data mining: HTTP headers, meta elements, robots.txt and ai.txt.

TDM Reservation Protocol (W3C community group, 2024): `tdm-reservation: 1` as an HTTP header or a meta
element. `noai`, introduced by DeviantArt (2022). A robots.txt (RFC 9309) counts if it names a crawler that
collects training data; a rule for every crawler (`*`) is about search engines and does not count. ai.txt
(Spawning, 2023) is only about training, so its `*` counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from protego import Protego

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import ROBOTS_BYTES

# User agents that fetch content for training, or that represent its use in training.
AI_CRAWLERS = (
    "GPTBot",
    "CCBot",
    "Google-Extended",
    "GoogleOther",
    "anthropic-ai",
    "ClaudeBot",
    "Claude-Web",
    "Applebot-Extended",
    "Bytespider",
    "meta-externalagent",
    "FacebookBot",
    "cohere-ai",
    "cohere-training-data-crawler",
    "Diffbot",
    "Omgilibot",
    "omgili",
    "ImagesiftBot",
    "Amazonbot",
    "AI2Bot",
    "Ai2Bot-Dolma",
    "PanguBot",
    "Timpibot",
    "img2dataset",
    "DeepSeekBot",
    "ICC-Crawler",
)
_AGENT = re.compile(
    r"^([ \t]*+user-agent[ \t]*+:[ \t]*+)([^\s#/]++)(/[^\s#]*+)?", re.IGNORECASE | re.MULTILINE
)
_DISALLOW = re.compile(r"^[ \t]*+disallow[ \t]*+:[ \t]*+[^\s#]", re.IGNORECASE | re.MULTILINE)
_PATHS = {"/robots.txt": False, "/ai.txt": True, "/.well-known/ai.txt": True}


def reserved_by_headers(headers: Mapping[str, str]) -> bool:
    """Whether HTTP headers (names in lower case) reserve mining."""
    return _has_reservation(headers) or _has_noai(headers.get("x-robots-tag", ""))


def reserved_by_meta(meta: Mapping[str, str]) -> bool:
    """Whether meta elements (names in lower case) reserve mining."""
    return _has_reservation(meta) or _has_noai(meta.get("robots", ""))


def _has_reservation(facts: Mapping[str, str]) -> bool:
    """A policy names licence terms, which only a site that reserves its rights offers: it counts as `1`."""
    said = {value.strip() for value in facts.get("tdm-reservation", "").split(",")}
    return "1" in said or ("0" not in said and bool(facts.get("tdm-policy", "").strip()))


def _has_noai(directives: str) -> bool:
    """Only `noai` counts: noindex is about search, and noimageai about pictures."""
    words = (word.rpartition(":")[2].strip().lower() for word in directives.split(","))
    return "noai" in words


@dataclass(frozen=True, slots=True)
class _Rules:
    """One rules file, the training crawlers that it names, and whether it forbids anything."""

    parser: Protego
    agents: tuple[str, ...]
    restricts: bool

    def disallows(self, url: str) -> bool:
        """Whether any of the named crawlers may not fetch `url`."""
        return any(not self.parser.can_fetch(url, agent) for agent in self.agents)


def _parsed(data: bytes, *, is_ai: bool) -> _Rules | None:
    """The rules in a file; None if they name no training crawler."""
    text = data[:ROBOTS_BYTES].decode("utf-8-sig", "replace").replace("\0", "")
    # RFC 9309 allows only names; with a version ("GPTBot/1.0") a rule would match no crawler.
    text = _AGENT.sub(r"\1\2", "\n".join(text.splitlines()))
    named = {match[2].lower() for match in _AGENT.finditer(text)}
    agents = tuple(agent for agent in AI_CRAWLERS if agent.lower() in named)
    if is_ai and "*" in named:
        agents = (*agents, "any-crawler")
    return _Rules(Protego.parse(text), agents, _DISALLOW.search(text) is not None) if agents else None


def site_of(url: str) -> str:
    """The host of a url in lower case, with the port unless it is 80 or 443; "" if there is none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    return host if port in (None, 80, 443) else f"{host}:{port}"


def is_rules_file(name: str, head: bytes) -> bool:
    """Whether a file is named robots.txt or ai.txt and contains rules: an ai.txt may also be an essay."""
    if name.rpartition("/")[2].lower() not in ("robots.txt", "ai.txt"):
        return False
    return _AGENT.search(head.decode("utf-8-sig", "replace")) is not None


class Robots:
    """The robots.txt and ai.txt rules of sites; answers whether training crawlers may fetch a page."""

    def __init__(self) -> None:
        self._rules: dict[str, list[_Rules]] = {}
        self._folders: dict[str, list[_Rules]] = {}

    def add(self, site: str, data: bytes, *, is_ai: bool) -> None:
        """Add rules for a site (host and port; "" for every site). Several snapshots of a site all apply."""
        rules = _parsed(data, is_ai=is_ai)
        if rules is not None:
            self._rules.setdefault(site.lower(), []).append(rules)

    def add_folder(self, place: str, data: bytes) -> None:
        """Add the rules file at path `place`, as in a mirror of a site: they apply to its folder."""
        folder, _, name = place.rpartition("/")
        rules = _parsed(data, is_ai=name.lower() == "ai.txt")
        if rules is not None:
            self._folders.setdefault(folder, []).append(rules)

    def add_snapshot(self, url: str, data: bytes) -> None:
        """Add rules that were fetched from `url`, if that is the address of a rules file."""
        is_ai = self.is_rules(url)
        if is_ai is not None:
            self.add(site_of(url), data, is_ai=is_ai)

    @staticmethod
    def is_rules(url: str) -> bool | None:
        """Whether `url` is that of an ai.txt (True), a robots.txt (False), or neither (None)."""
        try:
            return _PATHS.get(urlsplit(url).path)
        except ValueError:
            return None

    def disallows(self, url: str, place: str = "") -> bool:
        """Whether any training crawler is barred from `url`, or from the file at path `place` in a mirror.

        Without a url, rules for every site apply to the document if they forbid anything, because its page is
        unknown.
        """
        everywhere = self._rules.get("", [])
        if not url:
            return any(rules.restricts for rules in everywhere) or self._disallows_place(place)
        rules = [*everywhere, *(self._rules.get(site_of(url), []) if self._rules else [])]
        return any(each.disallows(url) for each in rules) or self._disallows_place(place, url)

    def _disallows_place(self, place: str, url: str = "") -> bool:
        for folder, rules in self._folders.items():
            if place.startswith(f"{folder}/"):
                addresses = [quote(place.removeprefix(folder)), *([url] if url else [])]
                if any(each.disallows(address) for each in rules for address in addresses):
                    return True
        return False


def read_robots(path: Path, site: str, into: Robots) -> None:
    """Add a robots.txt or ai.txt (by its file name) of the user; without `site` it applies to every url.

    Raises GlaswerkError for a file that cannot be read or a site that is not a web address.
    """
    host = site_of(site) if "://" in site else ""
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
