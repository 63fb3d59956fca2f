"""What the page shows about its model: size, data sources, licences, trust badge; and the trust report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

import pyarrow.parquet as pq
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

import glaswerk
from glaswerk.core.artifact_files import DOCUMENTS, REPORT_FIGURES, REPORT_PAGE
from glaswerk.evaluate import trust_badge
from glaswerk.lab import Artifact
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.errors import ApiError
from glaswerk.serve.grounded import Content, GroundSettings
from glaswerk.serve.page.settings import feedback_on
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.sources import SourcesApi

SUGGESTIONS = 4
# The report is a single page with inline styles, without scripts or network access.
_REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class ModelInfo:
    """The two endpoints. They read the lab's files on each request, so a new report appears at once."""

    def __init__(
        self, served: ServedModel, sources: SourcesApi, content: Content, ground: GroundSettings
    ) -> None:
        self._served, self._sources = served, sources
        self._content, self._ground = content, ground
        self._counted: dict[str, list[dict[str, Any]]] = {}

    async def info(self, request: Request) -> Response:
        """GET /v1/glaswerk/info: model, corpus, trust badge, suggestions, and the key's image models."""
        account: Account = request.state.account
        found = await to_thread.run_sync(self._info)
        return JSONResponse(found | {"images": [name for name in found["images"] if account.may_use(name)]})

    async def report(self, _: Request) -> Response:
        """GET /report: the trust report of exactly these weights. Raises ApiError 404 if there is none."""
        found = await to_thread.run_sync(self._report)
        page = found.path / REPORT_PAGE if found else None
        if page is None or not page.is_file():
            message = f"{self._served.artifact.name} has no trust report yet\nhint: glaswerk evaluate"
            raise ApiError(404, message, code="no_report")
        return HTMLResponse(page.read_bytes(), headers={"content-security-policy": _REPORT_POLICY})

    def _info(self) -> dict[str, Any]:
        served, ancestors = self._served, self._served.ancestors()
        report = self._report()
        return {
            "model": {
                "id": served.id,
                "name": served.artifact.name,
                "digest": served.artifact.digest,
                "created": served.artifact.finished_at,
                **served.facts,
            },
            "corpus": self._corpus(ancestors["corpus"]),
            "trust": _badge(report) if report else None,
            "trace": self._sources.index() is not None,
            "ground": {"on": self._ground.on, "there": self._content.there()},
            "images": list(dict.fromkeys(made.name for made in served.lab.all("image-model"))),
            "feedback": feedback_on(served.lab),
            "suggestions": self._suggestions(),
            "version": glaswerk.__version__,
        }

    def _report(self) -> Artifact | None:
        """The newest report on these weights, matched by digest; reports with an answer key come first."""
        digest = self._served.artifact.digest
        found = [a for a in self._served.lab.all("report") if a.config.get("model_digest") == digest]
        keyed = [a for a in found if a.config.get("key_digest")]
        return (keyed or found)[-1] if found else None

    def _corpus(self, corpora: list[Artifact]) -> dict[str, Any] | None:
        """The documents the model was trained on, by source and licence; None if the corpus is gone."""
        if not corpora:
            return None
        corpus = corpora[0]
        if corpus.id not in self._counted:
            self._counted[corpus.id] = _count(corpus, self._splits())
        sources = self._counted[corpus.id]
        return {
            "name": corpus.name,
            "documents": sum(source["documents"] for source in sources),
            "licences": sorted({source["licence"] for source in sources}),
            "sources": sources,
        }

    def _splits(self) -> tuple[str, ...]:
        stage = self._served.artifact.config.get("stage")
        if stage == "dpo":
            return "train", "chat", "preference"
        return ("train", "chat") if stage in ("chat", "grpo") else ("train",)

    def _suggestions(self) -> list[str]:
        chat = self._served.lab.settings.get("chat", {})
        given = chat.get("suggestions", []) if isinstance(chat, dict) else []
        texts = [text.strip() for text in given if isinstance(text, str)] if isinstance(given, list) else []
        return [text for text in texts if text][:SUGGESTIONS] or self._content.suggestions(SUGGESTIONS)


def _badge(report: Artifact) -> dict[str, Any]:
    return trust_badge(json.loads((report.path / REPORT_FIGURES).read_text()))


def _count(corpus: Artifact, splits: Collection[str]) -> list[dict[str, Any]]:
    wanted = [("split", "in", list(splits))]
    file = corpus.path / DOCUMENTS
    table = pq.read_table(file, columns=["source", "licence"], filters=wanted)
    pairs = Counter(zip(table["source"].to_pylist(), table["licence"].to_pylist(), strict=True))
    rows = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [{"source": s, "licence": licence, "documents": count} for (s, licence), count in rows]
