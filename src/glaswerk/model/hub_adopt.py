"""Adopt a model from a hub by its name: list, download, check, and adopt the folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError

from glaswerk.core.artifact_files import MODEL_CONFIG
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.lab import Artifact, Lab
from glaswerk.model.adopt import HUB, Adopted, HubOrigin, adopt, slug
from glaswerk.model.hub_download import check_room, download, download_small
from glaswerk.model.hub_errors import offline
from glaswerk.model.hub_folder import read_json_object
from glaswerk.model.hub_listing import COMPANIONS, HubListing, list_model
from glaswerk.model.hub_name import HubModel
from glaswerk.model.licence import licence_of
from glaswerk.model.supported_models import read_config

_PATTERNS = [
    *COMPANIONS,
    "model*.safetensors",
    "*LICENSE*",
    "*NOTICE*",
    "*POLICY*",
    "*COPYING*",
    "LICENSES/*",
]


def adopt_from_hub(
    lab: Lab, model: HubModel, *, name: str = "", licence: str = "", endpoint: str = ""
) -> Adopted:
    """Adopt `model` of the hub at `endpoint` (by default HF_ENDPOINT), pinned to its commit.

    Only safetensors and the texts beside them are downloaded; an interrupted download resumes where it
    stopped. With HF_HUB_OFFLINE only what Hugging Face's cache holds is taken. A model that the lab has from
    the same commit is returned as it is. Raises GlaswerkError; see also `adopt`.
    """
    if constants.HF_HUB_OFFLINE:
        folder = cached_snapshot(model)
        return adopt(
            lab, folder, name=name or slug(model.name), licence=licence, hub=_origin(model, folder.name)
        )
    listing = list_model(model, endpoint=endpoint)
    named = name or slug(model.name)
    if made := _held(lab, listing, named, licence):
        return made
    folder = lab.run_path(listing.commit, "hub-")
    for line in described(listing):
        note(line)
    download_small(listing, folder)
    _check_usable(listing, folder, licence)
    download(listing, folder)
    origin = _origin(model, listing.commit, listing.endpoint)
    made = adopt(lab, folder, name=named, licence=licence, hub=origin)
    shutil.rmtree(folder)
    return made


def described(listing: HubListing) -> list[str]:
    """What would be downloaded, in a line or two."""
    size, weights = listing.size / 1e6, sum(file.size for file in listing.files if file.is_weights) / 1e6
    words = f"{size:,.0f} MB in {len(listing.files)} files (weights {weights:,.0f} MB)"
    terms = f"licence {listing.licence or 'not stated in its card'}"
    gate = "; its owner asks to accept terms" if listing.gated else ""
    return [f"hf:{listing.model.repo}@{listing.commit}: {words}, {terms}{gate}"]


def plan_adoption(lab: Lab, model: HubModel, *, name: str = "", endpoint: str = "") -> dict[str, Any]:
    """What `adopt_from_hub` would do, as --dry-run prints it. Nothing is downloaded.

    Raises GlaswerkError as listing does, and if the disk has too little room.
    """
    listing = list_model(model, endpoint=endpoint)
    check_room(listing, lab.root, listing.size)
    return {
        "name": name or slug(model.name),
        "repository": model.repo,
        "revision": model.revision,
        "commit": listing.commit,
        "endpoint": listing.endpoint,
        "licence": listing.licence,
        "gated": listing.gated,
        "bytes": listing.size,
        "free": shutil.disk_usage(lab.root).free,
        "files": [{"name": file.name, "bytes": file.size} for file in listing.files],
    }


def cached_snapshot(model: HubModel) -> Path:
    """The folder of `model` in Hugging Face's cache. Raises GlaswerkError if it is not whole."""
    try:
        found = huggingface_hub.snapshot_download(
            model.repo, revision=model.revision, local_files_only=True, allow_patterns=_PATTERNS
        )
    except (LocalEntryNotFoundError, ValueError) as error:
        raise offline(model) from error
    folder = Path(found)
    if not (folder / MODEL_CONFIG).exists() or not any(folder.glob("*.safetensors")):
        raise offline(model)
    return folder


def _origin(model: HubModel, commit: str, endpoint: str = "") -> HubOrigin:
    usual = endpoint in ("", "https://huggingface.co")
    return HubOrigin(model.repo, commit, "" if usual else endpoint)


def _held(lab: Lab, listing: HubListing, name: str, licence: str) -> Adopted | None:
    """The model of this name if it was adopted from the same commit before, under the same licence."""
    model = lab.find("model", f"{name}/step-0")
    tokenizer = lab.find("tokenizer", name)
    if model is None or tokenizer is None or not _same(model, listing):
        return None
    same = not licence or model.config.get("licence") == licence
    return Adopted(tokenizer, model) if same and model.inputs["tokenizer"] == tokenizer.id else None


def _same(model: Artifact, listing: HubListing) -> bool:
    origin: Mapping[str, Any] = model.config.get(HUB, {})
    wanted = _origin(listing.model, listing.commit, listing.endpoint)
    return dict(origin) == wanted.to_json()


def _check_usable(listing: HubListing, folder: Path, licence: str) -> None:
    """Raises GlaswerkError, before gigabytes are on the way, for what `adopt` would refuse anyway."""
    read_config(read_json_object(folder / MODEL_CONFIG), f"{MODEL_CONFIG} of {listing.model}")
    try:
        licence_of(folder, licence, "")
    except GlaswerkError as error:
        raise GlaswerkError(
            f"expected a licence for the weights of {listing.model}, found none in its files",
            hint=f"glaswerk adopt {listing.model} --licence Apache-2.0 (or whichever it is)",
        ) from error
