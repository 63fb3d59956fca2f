"""What `glaswerk make` made a lab from: the paths that were given to it, in the lab's make.json."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.terminal import one_line
from glaswerk.data.survey import Root, is_lab

MADE_FROM = "make.json"
# What is said of content if nothing else is.
_RIGHTS = {"licence": "own", "acquired": "", "author": ""}


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """`roots`: the paths, in the order in which they were given, each with a name of its own.

    `rights`: licence, acquired and author, as they were said of all of them. `sources`: the names of the
    sources that came from them; others of these names are the user's own.
    """

    roots: tuple[Root, ...] = ()
    rights: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    @classmethod
    def read(cls, lab: Path) -> MadeFrom:
        """Of the lab at this path; empty if there is none. Raises GlaswerkError for a broken file."""
        file = lab / MADE_FROM
        try:
            found = json.loads(file.read_text()) if file.exists() else {"paths": []}
            roots = tuple(Root(Path(each["path"]), str(each["name"])) for each in found["paths"])
            rights = {key: str(found["rights"][key]) for key in _RIGHTS} if "rights" in found else {}
            return cls(roots, rights, tuple(map(str, found.get("sources", ()))))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise GlaswerkError(
                f"expected the paths that this lab was made from in {file}, found {error!r:.200}",
                hint="give all paths again, with another --lab",
            ) from error

    def write(self, lab: Path) -> None:
        """Write it into the lab, atomically."""
        paths = [{"path": str(root.path), "name": root.name} for root in self.roots]
        value: dict[str, Any] = {"paths": paths, "rights": dict(self.rights), "sources": list(self.sources)}
        # ASCII: a file's name need not be UTF-8.
        write_atomic(lab / MADE_FROM, json.dumps(value, indent=2) + "\n")

    def with_paths(self, paths: Sequence[Path]) -> MadeFrom:
        """These paths, too. Raises GlaswerkError for one that does not exist or is a lab itself."""
        roots = list(self.roots)
        for path in paths:
            _check(path)
            whole = _absolute(path)
            if not any(_same(root.path, whole) for root in roots):
                taken = {root.name.casefold() for root in roots}
                roots.append(Root(whole, next(n for n in _names(whole) if n.casefold() not in taken)))
        return replace(self, roots=tuple(roots))

    def with_rights(self, said: Mapping[str, str], paths: Sequence[Path]) -> MadeFrom:
        """What was said now of the rights, else what was said before.

        Raises GlaswerkError if it differs while other paths came in before: it is said of all of them.
        """
        others = [r for r in self.roots if not any(_same(r.path, _absolute(path)) for path in paths)]
        known = {**_RIGHTS, **self.rights}
        changed = [key for key, value in said.items() if known[key] != value]
        if changed and others:
            key, other = changed[0], others[0].path
            raise GlaswerkError(
                f"expected --{key} {known[key] or 'left out'}, as for {other}, found {said[key]!r:.60}",
                hint="content under other rights goes into a lab of its own: --lab FOLDER",
            )
        return replace(self, rights={**known, **said})

    def there(self) -> tuple[list[Root], list[Root]]:
        """The roots that are there, and those that are gone."""
        here = [root for root in self.roots if _is_there(root.path)]
        return here, [root for root in self.roots if root not in here]


def _check(path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise GlaswerkError(
            f"expected a file or folder, found {path}, a link to {os.readlink(path)}, where nothing is",
            hint="check the path",
        )
    if is_lab(path):
        raise GlaswerkError(
            f"expected content, found the lab {path}",
            hint="name the folder of the content; --lab FOLDER says where the lab goes",
        )
    if not _is_there(path):
        raise GlaswerkError(f"expected a file or folder, found nothing at {path}", hint="check the path")


def _is_there(path: Path) -> bool:
    return os.path.exists(path) or (glob.has_magic(str(path)) and bool(glob.glob(str(path), recursive=True)))


def _absolute(path: Path) -> Path:
    """The path in full; of a link, the link's own."""
    if path.name in ("", ".."):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent)) / path.name


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _names(path: Path) -> Iterator[str]:
    """The path's own name, then others; hidden ones would not be read."""
    top = Root(path).top
    own = Path(one_line(top.name).lstrip(".") or "files")
    stem, ending = (own.name, "") if top.is_dir() else (own.stem, own.suffix)
    yield own.name
    yield from (f"{stem}-{number}{ending}" for number in count(2))
