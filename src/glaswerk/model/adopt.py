"""Adopt open weights: import a published model into the lab, with its origin, licence and digests."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from transformers import GenerationConfig

from glaswerk.core.artifact_files import CHAT_TEMPLATE, TOKENIZER, TOKENIZER_CONFIG, WEIGHTS, WEIGHTS_INDEX
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file, digest_files
from glaswerk.core.progress import track
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.stages import ADOPTED
from glaswerk.model.gguf_file import GgufFile
from glaswerk.model.gguf_licence import STATED, stated_licence, stated_terms
from glaswerk.model.gguf_model import GgufModel, tensor_groups
from glaswerk.model.hub_folder import HubFolder
from glaswerk.model.licence import licence_of
from glaswerk.model.licence_files import copy_licences, licence_files
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.chat_format import TEMPLATE_DATE
from glaswerk.tokenizer.from_gguf import TokenizerFiles, tokenizer_from_gguf
from glaswerk.tokenizer.template_probe import fault_of_template
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer
from glaswerk.tokenizer.tokenizer_probe import fault_of

RECIPE = "adopt/4"
# The key in the config of weights that were downloaded by their name on a hub.
HUB = "hub"
_SHARD = 2 << 30
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_NAMES = ("bos_token", "eos_token", "pad_token", "unk_token")
# Accepted keys of generation_config.json: type, smallest and largest value.
_SAMPLING: Mapping[str, tuple[type, float, float]] = {
    "temperature": (float, 0, 100),
    "top_p": (float, 0, 1),
    "top_k": (int, 0, 1 << 24),
    "min_p": (float, 0, 1),
}
_GENERATION = {"do_sample": (bool, 0, 1), **_SAMPLING, "repetition_penalty": (float, 0.001, 1000)}


@dataclass(frozen=True, slots=True)
class Adopted:
    """The two artifacts that `adopt` makes."""

    tokenizer: Artifact
    model: Artifact


@dataclass(frozen=True, slots=True)
class HubOrigin:
    """Where weights were downloaded from: repository, commit, and the hub if it is not Hugging Face's."""

    repository: str
    commit: str
    endpoint: str = ""

    def to_json(self) -> dict[str, str]:
        """The value of `HUB` in the config of a model."""
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found at the path: the network, its tokenizer and its metadata."""

    network: GgufModel | HubFolder
    tokenizer: TokenizerFiles
    generation: Mapping[str, Any]
    digests: Mapping[str, str]
    licence: str
    name: str
    kind: str
    terms: Sequence[str] = ()
    ours: bool = False


def adopt(
    lab: Lab, path: Path, *, name: str = "", licence: str = "", hub: HubOrigin | None = None
) -> Adopted:
    """Import the weights at `path` (a Hugging Face folder or a GGUF file) into the lab.

    `hub`: where `hub_adopt` downloaded the folder from.

    Makes a tokenizer and a model `<name>/step-0`, a plain Hugging Face folder, with licence, digests and
    origin in their lineage, and with the texts of its licences. Raises GlaswerkError for unsafe, damaged or
    unsupported files.
    """
    found = replace(_open(path), ours=path.parent == lab.root / "runs")
    named = name or found.name
    _check_free(lab, named)
    terms, where = licence_of(path, licence, found.licence)
    settings = {
        "stage": ADOPTED,
        "origin": "adopted weights of unknown training data",
        "licence": terms,
        "licence_from": where,
        "format": found.kind,
        "files": dict(found.digests),
        "digest": digest_files(found.digests),
        **({"template_date": TEMPLATE_DATE} if found.tokenizer.template else {}),
        **({HUB: hub.to_json()} if hub else {}),
    }
    vocabulary = lab.make(
        Spec("tokenizer", named, RECIPE, {}, settings), lambda folder: _write_tokenizer(folder, found)
    )
    more = {"chat": bool(found.tokenizer.template), "licence_files": list(found.terms)}
    spec = Spec("model", f"{named}/step-0", RECIPE, {"tokenizer": vocabulary.id}, settings | more)
    model = lab.make(spec, lambda folder: _write_model(folder, found, vocabulary.path))
    return Adopted(vocabulary, model)


def _open(path: Path) -> _Found:
    if path.is_dir():
        folder = HubFolder(path)
        terms = licence_files(path)
        digests = {name: digest_file(path / name) for name in (*folder.files, *terms)}
        name = slug(path.resolve().name)
        generation = _generation(folder.generation())
        return _Found(folder, folder.tokenizer(), generation, digests, "", name, "safetensors", terms)
    if not path.is_file():
        raise GlaswerkError(
            f"expected a Hugging Face folder or a GGUF file, found nothing at {path}",
            hint=f"glaswerk adopt hf:{path}, if it is the name of a model on Hugging Face"
            if _HUB_NAME.fullmatch(str(path))
            else "check the path",
        )
    if path.suffix != ".gguf":
        raise GlaswerkError(
            f"expected a Hugging Face folder or a .gguf file, found {path.name}",
            hint="convert pickled weights (.bin, .pt) to safetensors first: reading a pickle can run code",
        )
    file = GgufFile.open(path)
    network = GgufModel(file)
    tokenizer = tokenizer_from_gguf(file.metadata, str(path))
    name = slug(file.text("general.basename") or path.stem)
    beside = licence_files(path.parent)
    digests = {path.name: digest_file(path), **{each: digest_file(path.parent / each) for each in beside}}
    kind, licence = f"gguf {network.quantised}", stated_licence(file)
    terms = [*beside, *([STATED] if stated_terms(file) else [])]
    return _Found(network, tokenizer, {}, digests, licence, name, kind, terms)


def _generation(said: Mapping[str, Any]) -> dict[str, Any]:
    """The accepted keys of `generation_config.json`; without sampling, no sampling keys."""
    chosen = {key: said[key] for key in _GENERATION if said.get(key) is not None}
    for key, value in chosen.items():
        _check_generation(key, value)
    # Temperature 0 means greedy decoding, which transformers expresses only as do_sample off.
    if chosen.get("do_sample") and chosen.get("temperature") != 0:
        return chosen
    return {key: value for key, value in chosen.items() if key not in ("do_sample", *_SAMPLING)}


def _check_generation(key: str, value: Any) -> None:
    kind, lowest, highest = _GENERATION[key]
    fits = type(value) is kind or (kind is float and type(value) is int)
    if not fits or not lowest <= value <= highest:
        number = "a whole number" if kind is int else "a number"
        wanted = "true or false" if kind is bool else f"{number} from {lowest} to {highest:,}"
        raise GlaswerkError(
            f"expected {wanted} for {key} in generation_config.json, found {value!r}",
            hint="correct the value or remove the key",
        )


def _check_free(lab: Lab, name: str) -> None:
    """Raises GlaswerkError if the name belongs to a tokenizer or model that was trained in this lab."""
    own = [a for a in (lab.find("tokenizer", name), lab.latest("model", name)) if a is not None]
    if any(a.config.get("stage") != ADOPTED for a in own):
        raise GlaswerkError(
            f"the name {name!r} belongs to a tokenizer or model trained in this lab", hint="--name another"
        )


def _write_tokenizer(folder: Path, found: _Found) -> Mapping[str, Any]:
    files = found.tokenizer
    fault = fault_of(files.tokenizer.encode())
    if fault:
        raise GlaswerkError(
            f"expected a tokenizer that encodes every text in time, found: {fault}",
            hint="adopt weights whose tokenizer.json has the split rule and normaliser of its family",
        )
    (folder / TOKENIZER).write_text(files.tokenizer, encoding="utf-8")
    named = {key: files.config.get(key) for key in _NAMES}
    _check_template(files)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **{key: value.get("content") if isinstance(value, dict) else value for key, value in named.items()},
        "clean_up_tokenization_spaces": False,
        # The day that a template's clock shows, whatever this package's next release has.
        "template_date": TEMPLATE_DATE,
        "model_max_length": found.network.config.max_position_embeddings,
    }
    (folder / TOKENIZER_CONFIG).write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n")
    if files.template:
        (folder / CHAT_TEMPLATE).write_text(files.template, encoding="utf-8")
    tokenizer = _loaded(folder)
    rows = found.network.config.vocab_size
    if tokenizer.vocab_size > rows:
        raise GlaswerkError(
            f"the tokenizer has {tokenizer.vocab_size:,} entries, but the network has rows for {rows:,} only",
            hint="adopt a folder whose tokenizer and network belong together",
        )
    return {"vocab_size": tokenizer.vocab_size}


def _loaded(folder: Path) -> Tokenizer:
    try:
        return Tokenizer.load(folder)
    except GlaswerkError as error:
        # The lab is whole: what is damaged came with the weights.
        raise GlaswerkError(
            error.message.replace(f" in {folder / TOKENIZER}", " with these weights"),
            hint="download tokenizer.json and tokenizer_config.json again, then run glaswerk adopt again",
        ) from error


def _check_template(files: TokenizerFiles) -> None:
    """Raises GlaswerkError for a chat template that is there but says nothing of a dialogue."""
    names = {key: files.config.get(key) for key in _NAMES}
    plain = {key: name.get("content") if isinstance(name, dict) else name for key, name in names.items()}
    tokens = {key: name for key, name in plain.items() if isinstance(name, str)}
    fault = fault_of_template(files.template, tokens) if files.template else ""
    if fault:
        raise GlaswerkError(
            f"expected a chat template that writes the messages of a dialogue, found that {fault}",
            hint="correct chat_template.jinja, or remove it (and chat_template in tokenizer_config.json) to "
            "adopt weights that do not chat; of a GGUF file, adopt its Hugging Face folder",
        )


def _write_model(folder: Path, found: _Found, vocabulary: Path) -> Mapping[str, Any]:
    network = found.network
    if isinstance(network, HubFolder):
        for name in network.weights:
            # Only what this lab has downloaded: others may change their own files.
            (_link if found.ours else shutil.copyfile)(network.path / name, folder / name)
        _write_index(folder, network.places)
        copy_licences(network.path, found.terms, folder)
    else:
        _write_weights(folder, network)
        beside = [each for each in found.terms if each != STATED]
        copy_licences(network.file.path.parent, beside, folder)
        if STATED in found.terms:
            (folder / STATED).write_text(stated_terms(network.file), encoding="utf-8")
    network.config.save_pretrained(folder)
    copy_tokenizer(vocabulary, folder)
    tokenizer = Tokenizer.load(vocabulary)
    ends = sorted({tokenizer.end_id, tokenizer.turn_end_id})
    generation = GenerationConfig(**found.generation, eos_token_id=ends, pad_token_id=tokenizer.end_id)
    generation.save_pretrained(folder)
    return {"parameters": sum(_count(shape) for shape in network.shapes.values())}


def _link(file: Path, final: Path) -> None:
    """A second link to `file` instead of a second copy of gigabytes; a copy where the disk has no links."""
    try:
        os.link(file, final)
    except OSError:
        shutil.copyfile(file, final)


def _write_weights(folder: Path, network: GgufModel) -> None:
    """Write safetensors files of about 2 GB each, so that memory holds at most one."""
    groups = list(tensor_groups(network, _SHARD))
    index: dict[str, str] = {}
    for number, group in enumerate(track(groups, "dequantise"), 1):
        name = f"model-{number:05}-of-{len(groups):05}.safetensors" if groups[1:] else WEIGHTS
        save_file({key: network.tensor(key) for key in group}, folder / name, metadata={"format": "pt"})
        index |= dict.fromkeys(group, name)
    _write_index(folder, index)


def _write_index(folder: Path, places: Mapping[str, str]) -> None:
    """Write the index of tensors to files, if there are several files."""
    names = set(places.values())
    if len(names) > 1:
        size = sum((folder / name).stat().st_size for name in names)
        content = {"metadata": {"total_size": size}, "weight_map": dict(places)}
        (folder / WEIGHTS_INDEX).write_text(json.dumps(content, indent=2) + "\n")


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def slug(name: str) -> str:
    """A name for the lab: small letters, digits and "-", "_", "."."""
    return re.sub(r"[^\w.-]+", "-", name.casefold()).strip("-.") or "adopted"
