"""The settings of a mixture: shares and caps by source, language and author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.language import UNKNOWN, tidy_code

# Applies to every name that is not listed.
ALL = "*"

# By kind of name, the column of a document that has it.
COLUMNS = {"source": "source", "language": "lang", "author": "author"}


@dataclass(frozen=True)
class MixtureConfig:
    """Shares from 0 to 1 and maximum numbers of documents (caps), by name.

    "*" applies to each name that is not listed. Authors are handles, with or without @; documents without
    an author are not limited by author.
    """

    share_by_source: dict[str, float] = field(default_factory=dict)
    share_by_language: dict[str, float] = field(default_factory=dict)
    share_by_author: dict[str, float] = field(default_factory=dict)
    cap_by_source: dict[str, int] = field(default_factory=dict)
    cap_by_language: dict[str, int] = field(default_factory=dict)
    cap_by_author: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raises GlaswerkError for a share outside 0 to 1, a negative cap or an unknown language code."""
        for by in COLUMNS:
            for name, share in self.shares(by).items():
                if not 0 <= share <= 1:
                    raise GlaswerkError(
                        f"expected a share of {name!r} between 0 and 1, found {share}",
                        hint="to give content more weight, train more epochs and lower the other shares",
                    )
            for name, cap in self.caps(by).items():
                if cap < 0:
                    raise GlaswerkError(f"expected a cap of {name!r} of 0 or more, found {cap}")
        for name in {*self.share_by_language, *self.cap_by_language} - {ALL}:
            if tidy_code(name) != name and name != UNKNOWN:
                raise GlaswerkError(
                    f"expected a language code such as 'de' in [curate.mixture] of lab.toml, found {name!r}"
                )

    def check_sources(self, names: Sequence[str]) -> None:
        """Raises GlaswerkError for a setting on a source that is not among `names`."""
        for name in {*self.share_by_source, *self.cap_by_source} - {ALL, *names}:
            near = get_close_matches(name, names, n=1)
            raise GlaswerkError(
                f"expected sources of the lab in [curate.mixture] of lab.toml ({', '.join(names)}), "
                f"found {name!r}",
                hint=f"write {near[0]}" if near else None,
            )

    def shares(self, by: str) -> dict[str, float]:
        """The shares by "source", "language" or "author"."""
        found: dict[str, float] = getattr(self, f"share_by_{by}")
        return found

    def caps(self, by: str) -> dict[str, int]:
        """The caps by "source", "language" or "author"."""
        found: dict[str, int] = getattr(self, f"cap_by_{by}")
        return found
