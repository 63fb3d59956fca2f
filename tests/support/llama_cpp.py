"""llama.cpp (xllamacpp) as a second opinion: ids of a text, and log-probabilities after a prompt."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xllamacpp


class LlamaCpp:
    """A GGUF file in llama.cpp as exact as it can be: keys and values in fp32, no flash attention."""

    def __init__(self, file: Path) -> None:
        settings = xllamacpp.CommonParams()
        settings.model.path = str(file)
        settings.n_ctx, settings.n_parallel, settings.port = 256, 1, 0
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
        settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        settings.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        settings.fit_params = settings.warmup = False
        self._server = xllamacpp.Server(settings)

    def ids(self, text: str, *, parse: bool = False) -> list[int]:
        found = self._post("/tokenize", content=text, add_special=False, parse_special=parse)
        return list(found["tokens"])

    def chat(self, messages: Sequence[Any]) -> str:
        return str(self._post("/apply-template", messages=list(messages))["prompt"])

    def after(self, ids: Sequence[int], top: int) -> dict[int, float]:
        """The `top` likeliest next tokens with their log-probabilities."""
        found = self._post("/completion", prompt=list(ids), n_predict=1, n_probs=top, temperature=0.0)
        entries = found["completion_probabilities"][0]["top_logprobs"]
        return {int(entry["id"]): float(entry["logprob"]) for entry in entries}

    def _post(self, route: str, **body: Any) -> Any:
        address = f"{self._server.listening_address}{route}"
        request = urllib.request.Request(address, json.dumps(body).encode())
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
