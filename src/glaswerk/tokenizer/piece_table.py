"""A SentencePiece model as `tokenizer.json`: the same ids as the `sentencepiece` library gives.

SentencePiece merges the pair whose piece has the best score, `tokenizers` the pair with the lowest rank, so
the ranks follow the scores. A symbol that the user defined is matched before the text is normalised, so one
of spaces does not match the character U+2581 in a text, which the library takes for a space.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from glaswerk.core.errors import GlaswerkError

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
SPACE = "\u2581"
# Gemma 3 has 262,144 pieces of 7 characters on average; its longest piece has 48.
_LONGEST_PIECE = 512
_MOST_CHARACTERS = 1 << 24
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_FLAGS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


@dataclass(frozen=True, slots=True)
class PieceTable:
    """The pieces of a SentencePiece model by id, with scores and kinds, and how it changes a text first.

    prefix: it puts a space before every text. trims: it removes outer and repeated spaces. charsmap: its
    precompiled replacements.
    """

    pieces: Sequence[str]
    scores: Sequence[float]
    kinds: Sequence[int]
    prefix: bool
    trims: bool = False
    charsmap: bytes = b""

    def check(self, where: str) -> None:
        """Raises GlaswerkError, naming the file `where`, for tables that are no SentencePiece model."""
        if not len(self.pieces) == len(self.scores) == len(self.kinds) > 0:
            raise GlaswerkError(
                f"expected a score and a kind for each token in {where}, found {len(self.pieces):,} tokens, "
                f"{len(self.scores):,} scores, {len(self.kinds):,} kinds",
                hint="download the file again",
            )
        fault = self._fault()
        if fault:
            raise GlaswerkError(f"expected a sound SentencePiece model in {where}, found {fault}")

    def _fault(self) -> str:
        if len(set(self.pieces)) < len(self.pieces) or not all(self.pieces):
            return "a piece twice, or an empty one"
        if not all(isinstance(score, int | float) and math.isfinite(score) for score in self.scores):
            return "a score that is no number"
        if not all(kind in range(1, 7) for kind in self.kinds):
            return "a piece of an unknown kind"
        if max(map(len, self.pieces)) > _LONGEST_PIECE or sum(map(len, self.pieces)) > _MOST_CHARACTERS:
            return f"a piece of more than {_LONGEST_PIECE} characters, or {_MOST_CHARACTERS:,} in all"
        odd = [
            p for p, kind in zip(self.pieces, self.kinds, strict=True) if kind == BYTE and not _BYTE.match(p)
        ]
        return f"the byte piece {odd[0]!r:.40}" if odd else ""


def tokenizer_json(table: PieceTable, opening: str) -> str:
    """The content of `tokenizer.json`. opening: the token before every text, or ""."""
    names = _names(table)
    data = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": list(_added(table, names)),
        "normalizer": _normalizer(table),
        "pre_tokenizer": None,
        "post_processor": opening_processor(opening, names.index(opening)) if opening else None,
        "decoder": _decoder(table),
        "model": _bpe(table, names),
    }
    return json.dumps(data, ensure_ascii=False)


def opening_processor(opening: str, identifier: int) -> dict[str, Any]:
    """A post-processor that puts the start token before every text, as these models expect."""
    first = {"SpecialToken": {"id": opening, "type_id": 0}}
    one, other = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    names = {opening: {"id": opening, "ids": [identifier], "tokens": [opening]}}
    return {
        "type": "TemplateProcessing",
        "single": [first, one],
        "pair": [first, one, other],
        "special_tokens": names,
    }


def merges_of(table: PieceTable) -> list[tuple[str, str]]:
    """The pairs that make each piece, from the best score on."""
    normal = [i for i, kind in enumerate(table.kinds) if kind == NORMAL]
    known = {table.pieces[i] for i in normal}
    normal.sort(key=lambda i: (-table.scores[i], i))
    return [pair for i in normal for pair in _pairs(table.pieces[i]) if known.issuperset(pair)]


def _pairs(piece: str) -> Iterator[tuple[str, str]]:
    return ((piece[:cut], piece[cut:]) for cut in range(1, len(piece)))


def _names(table: PieceTable) -> list[str]:
    """What each piece is called: a symbol of the user is matched in the text, where a space is a space."""
    taken = set(table.pieces)
    plain = [piece.replace(SPACE, " ") for piece in table.pieces]
    return [
        new if kind == USER_DEFINED and new not in taken else piece
        for piece, new, kind in zip(table.pieces, plain, table.kinds, strict=True)
    ]


def _added(table: PieceTable, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for i, (name, kind) in enumerate(zip(names, table.kinds, strict=True)):
        if kind in (UNKNOWN, CONTROL, USER_DEFINED):
            yield {"id": i, "content": name, **_FLAGS, "special": kind != USER_DEFINED}


def _normalizer(table: PieceTable) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    if table.charsmap:
        steps.append(
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(table.charsmap).decode()}
        )
    if table.trims:
        steps.append({"type": "Strip", "strip_left": True, "strip_right": True})
        steps.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    if table.prefix:
        steps.append({"type": "Prepend", "prepend": SPACE})
    steps.append({"type": "Replace", "pattern": {"String": " "}, "content": SPACE})
    return {"type": "Sequence", "normalizers": steps}


def _decoder(table: PieceTable) -> dict[str, Any]:
    spaces = {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}
    steps = [spaces, {"type": "ByteFallback"}, {"type": "Fuse"}]
    if table.prefix:
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {"type": "Sequence", "decoders": steps}


def _bpe(table: PieceTable, names: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": _unknown(table, names),
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": BYTE in table.kinds,
        "ignore_merges": False,
        "vocab": {name: i for i, name in enumerate(names)},
        "merges": merges_of(table),
    }


def _unknown(table: PieceTable, names: Sequence[str]) -> str | None:
    return next((name for name, kind in zip(names, table.kinds, strict=True) if kind == UNKNOWN), None)
