"""What a hub lists of a model: its commit, and the files that adopting needs, with sizes and hashes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.hf_api import ModelInfo, RepoSibling

import glaswerk
from glaswerk.core.artifact_files import (
    CHAT_TEMPLATE,
    GENERATION_CONFIG,
    MODEL_CARD,
    MODEL_CONFIG,
    SENTENCEPIECE,
    TOKENIZER,
    TOKENIZER_CONFIG,
    WEIGHTS,
    WEIGHTS_INDEX,
)
from glaswerk.core.errors import GlaswerkError
from glaswerk.model.hub_errors import garbage, hub_errors
from glaswerk.model.hub_folder import ADDED_TOKENS
from glaswerk.model.hub_name import HubModel
from glaswerk.model.licence_files import is_licence_name

LIBRARY: dict[str, Any] = {"library_name": "glaswerk", "library_version": glaswerk.__version__}
COMPANIONS = (
    MODEL_CONFIG,
    GENERATION_CONFIG,
    TOKENIZER,
    SENTENCEPIECE,
    TOKENIZER_CONFIG,
    ADDED_TOKENS,
    CHAT_TEMPLATE,
    WEIGHTS_INDEX,
    MODEL_CARD,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PIECE = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_PATH = re.compile(r"[^/\\\x00-\x1f]{1,200}(?:/[^/\\\x00-\x1f]{1,200})?")
# Larger than any tokenizer; only weights may be larger, but not than every disk.
LARGEST_COMPANION = 256 << 20
_LARGEST = 1 << 50
_OTHERS = 3


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a model: bytes, and its hash: "sha256:…" of a large file, "git:…" of a small one, or ""."""

    name: str
    size: int
    digest: str

    @property
    def is_weights(self) -> bool:
        """Whether it holds tensors."""
        return self.name.endswith(".safetensors")


@dataclass(frozen=True, slots=True)
class HubListing:
    """A model of a hub at one commit. `files`: those that adopting needs, the weights last."""

    model: HubModel
    endpoint: str
    commit: str
    licence: str
    gated: bool
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def pinned(self) -> HubModel:
        """The model at this commit."""
        return HubModel(self.model.repo, self.commit)


def list_model(model: HubModel, *, endpoint: str = "") -> HubListing:
    """Ask the hub at `endpoint` (by default HF_ENDPOINT) for `model`.

    Raises GlaswerkError if the hub has no such model or revision, if it has no safetensors, if the hub cannot
    be reached, and if what it says makes no sense.
    """
    # Else the client also asks the hub which programs start it.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    api = huggingface_hub.HfApi(endpoint=endpoint or None, **LIBRARY)
    asked = str(api.endpoint)
    with hub_errors(model, asked):
        try:
            found = api.model_info(model.repo, revision=model.revision, files_metadata=True)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise garbage(model, asked, f"{type(error).__name__}: {error}") from error
    if not isinstance(found.sha, str) or not _COMMIT.fullmatch(found.sha):
        raise garbage(model, asked, f"the commit {found.sha!r:.60}")
    siblings = found.siblings or []
    names = [one.rfilename for one in siblings if isinstance(one.rfilename, str)]
    wanted = _wanted(model, asked, names)
    files = [_file(model, asked, one) for one in siblings if one.rfilename in wanted]
    files.sort(key=lambda file: (file.is_weights, file.name))
    return HubListing(model, asked, found.sha, _licence(found), bool(found.gated), tuple(files))


def _licence(found: ModelInfo) -> str:
    """The licence that the card of a model names; "" if it names none."""
    said = getattr(found.card_data, "license", "")
    return said[:100] if isinstance(said, str) else ""


def _wanted(model: HubModel, endpoint: str, names: Sequence[str]) -> set[str]:
    """The names of the files that adopting needs. Raises GlaswerkError if no safetensors are there."""
    if WEIGHTS in names:
        weights = [WEIGHTS]
    else:
        weights = [name for name in names if _PIECE.fullmatch(name)] if WEIGHTS_INDEX in names else []
    if not weights:
        raise _no_weights(model, endpoint, names)
    if MODEL_CONFIG not in names:
        raise GlaswerkError(
            f"expected {MODEL_CONFIG} in {model}, found none: {_listed(names)}",
            hint="adopt the repository of the whole model, not of a part of it",
        )
    companions = [name for name in COMPANIONS if name in names]
    if TOKENIZER in names:
        companions = [name for name in companions if name != SENTENCEPIECE]
    if len(weights) == 1:
        companions = [name for name in companions if name != WEIGHTS_INDEX or weights != [WEIGHTS]]
    return {*weights, *companions, *_licences(names)}


def _licences(names: Iterable[str]) -> list[str]:
    return [name for name in names if is_licence_name(name) and _PATH.fullmatch(name) and ".." not in name]


def _no_weights(model: HubModel, endpoint: str, names: Sequence[str]) -> GlaswerkError:
    hint = f"look for a repository with model.safetensors at {endpoint}/models"
    if gguf := next((name for name in names if name.endswith(".gguf")), ""):
        hint = f"download {gguf} from {endpoint}/{model.repo}, then: glaswerk adopt {gguf}"
    elif "adapter_config.json" in names:
        hint = "these are adapters: adopt the model that their adapter_config.json names as its base"
    return GlaswerkError(
        f"expected safetensors in {model}, found {_listed(names)}; other files of weights can run code",
        hint=hint,
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"{name:.60}" for name in sorted(names)[:_OTHERS])
    more = f" and {len(names) - _OTHERS:,} more files" if len(names) > _OTHERS else ""
    return (shown or "no file") + more


def _file(model: HubModel, endpoint: str, one: RepoSibling) -> HubFile:
    """A file of the listing. Raises GlaswerkError for a size that it cannot have."""
    size = one.lfs.size if one.lfs else one.size
    weights = one.rfilename.endswith(".safetensors")
    most = _LARGEST if weights else LARGEST_COMPANION
    if type(size) is not int or not 0 <= size <= most:
        raise GlaswerkError(
            f"expected up to {most:,} bytes in {one.rfilename} of {model}, found from {endpoint}: "
            f"{size!r:.40}",
            hint="check HF_ENDPOINT, or download the files by hand and adopt their folder",
        )
    if one.lfs and re.fullmatch(r"[0-9a-f]{64}", str(one.lfs.sha256)):
        return HubFile(one.rfilename, size, f"sha256:{one.lfs.sha256}")
    known = _COMMIT.fullmatch(str(one.blob_id))
    return HubFile(one.rfilename, size, f"git:{one.blob_id}" if known else "")
