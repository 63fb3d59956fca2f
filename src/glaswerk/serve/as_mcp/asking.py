"""Questions of MCP clients as requests to this server's own API, and its answers as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx
from starlette.types import ASGIApp

from glaswerk.retrieve.retriever import FILTERS

Fields = Mapping[str, Any]
# Headers of a client that say who it is.
KEYS = ("authorization", "x-api-key")
_SPANS, _SECONDS = 20, 600


class Refused(Exception):
    """What the API refused, in its words."""


class Asking:
    """Asks an application of this process."""

    def __init__(self, app: ASGIApp) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=_SECONDS)

    async def call(self, name: str, arguments: Fields, keys: Mapping[str, str]) -> str:
        """What the tool of a name gives. Raises Refused."""
        tools: Mapping[str, Callable[..., Any]] = {
            "search": self._search,
            "trace": self._trace,
            "why": self._why,
            "ask": self._ask,
        }
        if name not in tools:
            raise Refused(f"expected one of {', '.join(tools)}, found {name[:80]!r}")
        text: str = await tools[name](arguments, {key: keys[key] for key in KEYS if key in keys})
        return text

    async def _get(self, path: str, keys: Fields, **query: Any) -> Any:
        return _checked(await self._http.get(path, params=query, headers=dict(keys)))

    async def _post(self, path: str, keys: Fields, body: Any) -> Any:
        return _checked(await self._http.post(path, json=body, headers=dict(keys)))

    async def _search(self, asked: Fields, keys: Fields) -> str:
        filters = {name: asked[name] for name in FILTERS if name in asked}
        limit = asked.get("limit", 5)
        return search_text(
            await self._get("/v1/glaswerk/search", keys, q=asked["query"], limit=limit, **filters)
        )

    async def _trace(self, asked: Fields, keys: Fields) -> str:
        found = await self._post("/v1/glaswerk/trace", keys, {"text": asked["text"]})
        spans = (found.get("spans") or [])[:_SPANS]
        return "\n".join(map(_span, spans)) or "No passage of this text occurs in the training data."

    async def _why(self, asked: Fields, keys: Fields) -> str:
        found = await self._get(f"/v1/documents/{quote(str(asked['document']), safe=':')}", keys)
        text = " ".join(str(found.pop("text", "")).split())[:2_000]
        facts = [
            f"{name}: {_words(value)}" for name, value in found.items() if value not in (None, "", [], {})
        ]
        return "\n".join([*facts, f"text: {text}"])

    async def _ask(self, asked: Fields, keys: Fields) -> str:
        model = asked.get("model") or _first(await self._get("/v1/models", keys))
        body = {"model": model, "messages": [{"role": "user", "content": asked["question"]}]}
        try:
            found = await self._post("/v1/chat/completions", keys, body | {"glaswerk": {"ground": True}})
        except Refused as error:
            # A lab without passages has only what its model says.
            if "no passages" not in str(error):
                raise
            found = await self._post("/v1/chat/completions", keys, body)
            return f"{_content(found)}\n\n(Nothing bears this out: the lab has no passages to search.)"
        return _content(found)


def _first(models: Any) -> str:
    if not models["data"]:
        raise Refused("this key may ask no model of the lab")
    return str(models["data"][0]["id"])


def search_text(found: Any) -> str:
    """The answer of GET /v1/glaswerk/search as text: quotes or the nearest passages, each with its source."""
    quotes, near = found.get("quotes") or [], found.get("near") or []
    if count := found.get("count"):
        return f"{count['documents']:,} documents say this: {count['about']}"
    passages = [_passage(i, one.get("quote") or one["text"], one) for i, one in enumerate(quotes or near, 1)]
    head = {"answered": "", "closest": "Nothing answers this for certain. The closest:\n"}
    first = (
        head.get(found.get("verdict"), "Nothing answers this. The nearest passages:\n") if passages else ""
    )
    return first + ("\n".join(passages) or "Nothing in the content has these words.")


def _passage(number: int, text: str, one: Fields) -> str:
    who, day = one["author"] or one["source"], (one["created_at"] or "")[:10]
    source = ", ".join(filter(None, (who, day, one["id"], one["url"])))
    return f"[{number}] {' '.join(text.split())}\n    source: {' '.join(source.split())}"


def _span(span: Fields) -> str:
    text = f"“{' '.join(str(span.get('text')).split())}” {span.get('count')} × in the training data"
    documents = span.get("documents") or []
    names = [str(one.get("id")) for one in documents[:3] if isinstance(one, Mapping)]
    return text + (f", e.g. {', '.join(names)}" if names else "")


def _words(value: Any) -> str:
    """A value of JSON on one line, without its marks."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(one)}" for name, one in value.items() if one not in (None, "", []))
    if isinstance(value, list):
        return "; ".join(map(_words, value))
    return " ".join(str(value).split())


def _content(found: Any) -> str:
    return str(found["choices"][0]["message"]["content"] or "")


def _checked(response: httpx.Response) -> Any:
    try:
        found = response.json()
    except ValueError as error:
        raise Refused(f"the server answered with status {response.status_code}") from error
    if response.status_code != 200:
        error_ = found.get("error") if isinstance(found, dict) else None
        raise Refused(str(error_.get("message") if isinstance(error_, dict) else response.status_code))
    return found
