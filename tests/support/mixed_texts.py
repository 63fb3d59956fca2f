"""200 texts of all kinds, the same on every machine: words, numbers, signs, space, emoji."""

from __future__ import annotations

import random

_WORDS = (
    "the goose fair",
    "Straße",
    "Übergröße",
    "naïve café",
    "it's",
    "they'LL",
    "don’t",
    "Ärger mit Öl",
    "größer als",
    "12.000 €",
    "1987",
    "3,14159",
    "0x1F",
    "№ 5",
    "½ + ¼",
    "x²",
    "١٢٣",
    "五百",
    "日本語",
    "привет",
    "שלום",
    "مرحبا",
    "हिन्दी",
    "🦆",
    "🦆🏽",
    "👨‍👩‍👧",
    "🇩🇪",
    "❤️",
    "RT @hazel_hogben:",
    "#GansMarkt",
    "https://x.com/a?b=1&c=2",
    "def f(x):\n    return x[0]",
    "a\tb",
    '{"k": [1, 2]}',
    "<|im_end|>",
    "<b>bold</b>",
    "…",
    "—",
    "“quoted”",
    "...",
    "!!!???",
    "C++",
    "e.g.",
    "U.S.A.",
    "MiXeD",
    "ß",
    "\u00a0",
    "\u200b",
    "e\u0301",
    "ﬁ",
    "𝔸",
)
_GAPS = (" ", "  ", "", "\n", "\n\n", " \n ", "\t", "   ", ", ", ". ", "-")


def mixed_texts(count: int = 200) -> list[str]:
    """Texts of 1 to 12 pieces; the first are the pieces by themselves."""
    chance = random.Random(7)
    texts = list(_WORDS)
    while len(texts) < count:
        pieces = [chance.choice(_WORDS) + chance.choice(_GAPS) for _ in range(chance.randint(1, 12))]
        texts.append(chance.choice(("", " ", "\n")) + "".join(pieces))
    return texts
