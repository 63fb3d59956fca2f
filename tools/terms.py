"""python tools/terms.py [FILE ...]: phrases that this project does not write, and what it writes instead.

Without files it reads the README, the docs and the package. Dated records (docs/log.md, docs/decisions,
docs/scaling.md) stay as they were written, generated pages repeat the package, and the made-up town's
sentences are data. Exits with 1 if it finds a phrase.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Phrase → plain English. Only phrases that are wrong wherever they occur.
PHRASES = {
    r"(?:made|makes?|making|written|writes?) anew": "rebuilt, written again",
    r"(?:train|tune|read|traced?|packed|built) anew": "again",
    r"\blies? (?:in|on|at|beside|there|below|under)\b": "is in, is stored in",
    r"\bstands? (?:in|at|on|beside|there|under)\b(?! the way)": "is in, appears in, occurs in",
    r"\bis told (?:by|from)\b|\bare told (?:by|from|apart)\b|\btold by (?:its|their)\b": "is detected from",
    r"\bin the place of\b|\bin (?:its|their) place\b": "instead of, instead",
    r"\bhow dear\b": "strength of the penalty",
    r"\bwho sees whom\b": "which positions may attend to which",
    r"\b(?:is|are|was|were) to be had\b": "is available",
    r"\b(?:left )?in peace\b": "undisturbed",
    r"\bof a sudden\b": "suddenly",
    r"\bsays? of itself\b|\bsay of themselves\b": "declares",
    r"\bpasses? by\b(?= the manifest)": "bypasses",
    r"\bit goes on where\b|\bgoes on where it\b": "resumes where",
    r"\bmend (?:it|that|the|this)\b|\bto mend\b": "fix",
    r"\bthe whole path\b": "the complete path",
}
# A phrase may run over the end of a line, and over the sign of a comment.
_GAP = r"(?:[ \t]|\n[ \t]*(?:(?:#|//|\*) ?)?)+"
_ALL = re.compile(
    "|".join(f"(?P<p{number}>{phrase.replace(' ', _GAP)})" for number, phrase in enumerate(PHRASES)),
    re.IGNORECASE,
)
_INSTEAD = tuple(PHRASES.values())
_RECORDS = {"docs/log.md", "docs/scaling.md"}
_GENERATED = {f"docs/reference/{name}.md" for name in ("cli", "json", "reasons", "settings")}


@dataclass(frozen=True, slots=True)
class Finding:
    """A phrase in a file, by its line."""

    path: str
    line: int
    phrase: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.phrase!r}: write {self.instead!r}"


def files(root: Path = ROOT) -> Iterator[Path]:
    """The files that are held to the list."""
    yield from sorted(root.glob("*.md"))
    yield from (path for path in sorted((root / "docs").rglob("*.md")) if _counts(path, root))
    yield from (path for path in sorted((root / "docs").rglob("*.py")))
    yield from sorted((root / "src").rglob("*.py"))
    yield from sorted(path for path in (root / "src").rglob("*.jinja"))
    web = (root / "web" / "src").rglob("*")
    yield from sorted(path for path in web if path.suffix in (".ts", ".tsx", ".css"))


def _counts(path: Path, root: Path) -> bool:
    name = path.relative_to(root).as_posix()
    return name not in _RECORDS | _GENERATED and not name.startswith("docs/decisions/")


def findings(paths: Iterable[Path], root: Path = ROOT) -> Iterator[Finding]:
    """Every phrase of the list in these files."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
        for found in _ALL.finditer(text):
            number = int((found.lastgroup or "p0")[1:])
            line = text.count("\n", 0, found.start()) + 1
            yield Finding(name, line, re.sub(_GAP, " ", found[0]), _INSTEAD[number])


def main(arguments: list[str]) -> int:
    """Print every finding; 1 if there is one."""
    found = list(findings([Path(one).resolve() for one in arguments] or files()))
    for one in found:
        sys.stdout.write(f"{one}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
