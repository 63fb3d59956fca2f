"""Writing systems as ranges for character classes: which put no spaces between words, which are Latin."""

from __future__ import annotations

import re

# Thai, Lao, Tibetan, Myanmar, Khmer, kana, bopomofo, Han with its extensions, half-width katakana.
UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0ece\u0f40-\u0fbc\u1000-\u109f\u1780-\u17d3\u3005-\u3007\u3041-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
# Korean has spaces, but joins particles to names, numbers and addresses.
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
# Letters with their combining accents, as in "mu\u0308ller".
LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u1e00-\u1eff"
_UNSPACED = re.compile(f"[{UNSPACED}]")


_LETTER = re.compile(r"[^\W\d_]")
# Enough to tell, however long the text is.
_CHARACTERS = 2000


def is_unspaced(text: str) -> bool:
    """Whether at least a third of the letters at the start of `text` belong to scripts without spaces."""
    start = text[:_CHARACTERS]
    return has_unspaced(start) and 3 * len(_UNSPACED.findall(start)) >= len(_LETTER.findall(start))


def has_unspaced(text: str) -> bool:
    """Whether a character of `text` belongs to a script without spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None
