"""The texts of licences, notices and policies of use that come with weights, and must go where they go."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from glaswerk.core.artifact_files import MODEL_CARD
from glaswerk.core.errors import GlaswerkError
from glaswerk.model.hub_folder import check_regular

# Llama's folders have LICENSE.txt and USE_POLICY.md, Gemma's a Notice, Qwen's LICENSE, others LICENSES/*.
_NAME = re.compile(
    r"(?:^|[-_. ])(?:licen[sc]es?|notices?|copying|copyright|terms|use[-_ ]?policy)(?:[-_. ]|$)",
    re.IGNORECASE,
)
# What programs read, and pictures of a badge: no text of a licence.
_OTHER = (".json", ".jinja", ".safetensors", ".bin", ".gguf", ".py", ".svg", ".png", ".jpg", ".yaml", ".yml")
_LINK = re.compile(r"^license_link:[ \t]*[\"']?([^\"'\n#]*)", re.MULTILINE)
# The GPL has 35,149 bytes; notices of many parts have some hundred thousand.
_LARGEST = 1 << 20
_MOST = 32
_HEAD = 1 << 16
_HINT = "move it out of the folder if it is none; else save it there as plain text of at most 1 MiB"


def licence_files(folder: Path) -> list[str]:
    """Names of the files with the terms of the weights in `folder`, sorted; those of a folder LICENSES, too.

    The file that README.md names as `license_link` is one of them. Raises GlaswerkError, naming the file, for
    a link, for more than 1 MiB, for what is no plain text, and for more than 32 files.
    """
    names = sorted({path.relative_to(folder).as_posix() for path in _candidates(folder)})
    if len(names) > _MOST:
        raise GlaswerkError(
            f"expected at most {_MOST} files of licences in {folder}, found {len(names):,}", hint=_HINT
        )
    for name in names:
        _check(folder / name)
    return names


def copy_licences(source: Path, names: Sequence[str], folder: Path) -> None:
    """Copy the files of `licence_files` from `source` to `folder`, byte for byte."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, folder / name)


def is_licence_name(name: str) -> bool:
    """Whether a file of this name, which may be in one folder, is by its name one of `licence_files`."""
    first, _, inner = name.partition("/")
    return bool(_NAME.search(first)) and not name.casefold().endswith(_OTHER) and "/" not in inner


def _candidates(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not _NAME.search(path.name) or path.name.casefold().endswith(_OTHER):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from (inner for inner in sorted(path.iterdir()) if inner.is_symlink() or inner.is_file())
        else:
            yield path
    if named := _linked(folder):
        yield named


def _linked(folder: Path) -> Path | None:
    """The file of this folder that the model card names, if it names one: the link may be an address."""
    card = folder / MODEL_CARD
    if card.is_symlink() or not card.is_file():
        return None
    with card.open(encoding="utf-8", errors="replace") as file:
        found = _LINK.search(file.read(_HEAD))
    name = found[1].strip() if found else ""
    # Other kinds of text could have the name of a paper of a release.
    plain = name and Path(name).name == name and Path(name).suffix.casefold() in ("", ".txt", ".rst")
    return folder / name if plain and (folder / name).is_file() else None


def _check(path: Path) -> None:
    check_regular(path)
    if (size := path.stat().st_size) > _LARGEST:
        raise GlaswerkError(
            f"expected up to {_LARGEST:,} bytes in the licence {path}, found {size:,}", hint=_HINT
        )
    # Whatever its encoding: text has no control characters but white space.
    odd = re.search(rb"[\x00-\x08\x0e-\x1f]", path.read_bytes())
    if odd:
        raise GlaswerkError(
            f"expected plain text in the licence {path}, found the byte {odd[0]!r}", hint=_HINT
        )
