"""Find the licence of weights: given by the user, or stated in the files that came with them."""

from __future__ import annotations

import re
from pathlib import Path

from glaswerk.core.artifact_files import MODEL_CARD
from glaswerk.core.errors import GlaswerkError
from glaswerk.model.hub_folder import is_cached
from glaswerk.model.licence_files import licence_files

# Licence id of Hugging Face and GGUF → SPDX id.
_SPDX = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "bsd-3-clause": "BSD-3-Clause",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
    "cc0-1.0": "CC0-1.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0",
}
_UNKNOWN = ("", "other", "unknown", "none")
_FRONT = re.compile(r"\A---\s*\n(.*?)^---", re.DOTALL | re.MULTILINE)
# With "license: other", Hugging Face's cards name it here.
_NAME = re.compile(r"^license_name:[ \t]*[\"']?([^\"'\n#]*)", re.MULTILINE)
_LINE = re.compile(r"^licen[sc]e:[ \t]*[\"']?([^\"'\n#]*)", re.MULTILINE)
_TEXTS = (
    (re.compile(r"Apache License\s+Version 2\.0"), "Apache-2.0"),
    (re.compile(r"\A\s*(?:The )?MIT License"), "MIT"),
    (re.compile(r"Attribution-NonCommercial 4\.0 International"), "CC-BY-NC-4.0"),
    (re.compile(r"Attribution-ShareAlike 4\.0 International"), "CC-BY-SA-4.0"),
    (re.compile(r"\A\s*GNU GENERAL PUBLIC LICENSE\s+Version 3"), "GPL-3.0-only"),
    (re.compile(r"\A\s*GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3"), "AGPL-3.0-only"),
    (re.compile(r"\A\s*LLAMA 3\.1 COMMUNITY LICENSE", re.I), "llama3.1"),
    (re.compile(r"\A\s*LLAMA 3\.2 COMMUNITY LICENSE", re.I), "llama3.2"),
    (re.compile(r"\A\s*LLAMA 3\.3 COMMUNITY LICENSE", re.I), "llama3.3"),
    (re.compile(r"\A\s*Gemma Terms of Use", re.I), "gemma"),
)
_READ = 1 << 16


def licence_of(path: Path, said: str, metadata: str) -> tuple[str, str]:
    """(licence, where it was found): the user's option, GGUF metadata, README.md or LICENSE, in this order.

    said: the user's `--licence`; metadata: `general.license` of a GGUF file. Raises GlaswerkError if none
    states a licence, as weights without one may not be passed on.
    """
    folder = path if path.is_dir() else path.parent
    candidates = [(said, "--licence"), (metadata, "general.license of the file")]
    if path.is_dir():
        candidates += [(_front_matter(folder / MODEL_CARD), MODEL_CARD), (_text(folder), "LICENSE")]
    for licence, where in candidates:
        if licence.strip().casefold() not in _UNKNOWN:
            return _SPDX.get(licence.strip().casefold(), licence.strip()), where
    raise GlaswerkError(
        f"expected a licence for the weights in {path}, found none",
        hint=f"glaswerk adopt {path} --licence Apache-2.0 (or whichever it is)",
    )


def hub_licence(licence: str) -> str | None:
    """Hugging Face's id of an SPDX licence, or None if it has none."""
    return next((hub for hub, spdx in _SPDX.items() if licence.casefold() in (hub, spdx.casefold())), None)


def _front_matter(readme: Path) -> str:
    block = _FRONT.match(_head(readme))
    found = _LINE.search(block[1]) if block else None
    said = found[1].strip() if found else ""
    name = _NAME.search(block[1]) if block and said.casefold() in _UNKNOWN else None
    return name[1].strip() if name else said


def _text(folder: Path) -> str:
    usual = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE")
    for name in dict.fromkeys((*usual, *licence_files(folder))):
        head = _head(folder / name)
        for pattern, licence in _TEXTS:
            if pattern.search(head):
                return licence
    return ""


def _head(path: Path) -> str:
    # A link might lead to any file of this machine.
    if (path.is_symlink() and not is_cached(path)) or not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_READ)
