"""Read an untrusted `tokenizer.model` of SentencePiece, a protobuf message, without a library.

Only the fields that decide about ids are read, within the bytes of the file.
Format: https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.piece_table import NORMAL, PieceTable, tokenizer_json

# Numbers of fields in the messages.
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_PIECE, _SCORE, _KIND = 1, 2, 3
_MODEL_TYPE, _SUFFIX = 3, 24
_IDS = {"unk_token": (40, 0), "bos_token": (41, 1), "eos_token": (42, 2), "pad_token": (43, -1)}
_CHARSMAP, _PREFIX, _TRIMS, _ESCAPES = 2, 3, 4, 5
_KINDS = {1: "unigram", 2: "BPE", 3: "word", 4: "character"}
_MOST_PIECES = 1 << 21
# Families that put pieces at other ids, or other tokens around a text, have a class of their own.
_CLASSES = ("", "LlamaTokenizer", "GemmaTokenizer", "PreTrainedTokenizer", "TokenizersBackend")
_CONVERT = (
    "pip install sentencepiece protobuf; then, with transformers: "
    "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) writes tokenizer.json"
)
Fields = Mapping[int, list[Any]]


def tokenizer_from_sentencepiece(
    content: bytes, config: Mapping[str, Any], where: str
) -> tuple[str, dict[str, str]]:
    """`tokenizer.json` of a `tokenizer.model`, and the names of its special tokens by role.

    config: the `tokenizer_config.json` beside it, which goes before what the model says; where: the file, for
    errors. Raises GlaswerkError if it is damaged or of a kind that `tokenizer.json` cannot express.
    """
    kind = str(config.get("tokenizer_class") or "").removesuffix("Fast")
    if kind not in _CLASSES:
        raise GlaswerkError(
            f"expected a tokenizer of the class {', '.join(filter(None, _CLASSES))} in {where}, "
            f"found {kind!r:.60}",
            hint=_CONVERT,
        )
    try:
        top = _message(content)
        trainer, normalizer = (_message(b"".join(top.get(n, [])) or b"") for n in (_TRAINER, _NORMALIZER))
        table = _table(top, trainer, normalizer, config)
        named = _named(table, trainer)
        if not table.pieces:
            raise _Broken("it has no pieces")
    except (_Broken, UnicodeDecodeError, struct.error, TypeError) as error:
        raise GlaswerkError(
            f"expected a SentencePiece model in {where}: {error}",
            hint="download the folder again, with its tokenizer.json if it has one",
        ) from error
    table.check(where)
    _check_kind(trainer, normalizer, where)
    start = _content(config.get("bos_token")) or named.get("bos_token", "")
    opens = config.get("add_bos_token", True) and start in table.pieces
    return tokenizer_json(table, start if opens else ""), named


class _Broken(Exception):
    """The message says what is wrong with the file."""


def _check_kind(trainer: Fields, normalizer: Fields, where: str) -> None:
    # Unigram models of `tokenizers` read the name of a control token in a text as that token.
    kind = _KINDS.get(_last(trainer, _MODEL_TYPE, 1), "unknown")
    if kind != "BPE" or _last(trainer, _SUFFIX, 0) or not _last(normalizer, _ESCAPES, 1):
        found = f"a {kind} model" if kind != "BPE" else "spaces after words, or none"
        raise GlaswerkError(
            f"expected a BPE model with spaces before words in {where}, found {found}", hint=_CONVERT
        )


def _table(top: Fields, trainer: Fields, normalizer: Fields, config: Mapping[str, Any]) -> PieceTable:
    pieces = [_message(entry) for entry in top.get(_PIECES, [])]
    prefix = config.get("add_prefix_space")
    said = bool(_last(normalizer, _PREFIX, 1))
    return PieceTable(
        [bytes(_last(piece, _PIECE, b"")).decode() for piece in pieces],
        [struct.unpack("<f", _last(piece, _SCORE, bytes(4)))[0] for piece in pieces],
        [int(_last(piece, _KIND, NORMAL)) for piece in pieces],
        prefix if isinstance(prefix, bool) else said,
        bool(_last(normalizer, _TRIMS, 1)),
        bytes(_last(normalizer, _CHARSMAP, b"")),
    )


def _named(table: PieceTable, trainer: Fields) -> dict[str, str]:
    ids = {role: _last(trainer, field, default) for role, (field, default) in _IDS.items()}
    return {role: table.pieces[i] for role, i in ids.items() if 0 <= i < len(table.pieces)}


def _content(token: Any) -> str:
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else ""


def _last(fields: Fields, number: int, default: Any) -> Any:
    return fields.get(number, [default])[-1]


def _message(data: bytes) -> dict[int, list[Any]]:
    """The fields of a message by number, in order: integers, or bytes."""
    found: dict[int, list[Any]] = {}
    for number, value in _fields(data):
        values = found.setdefault(number, [])
        if len(values) >= _MOST_PIECES:
            raise _Broken(f"it has more than {_MOST_PIECES:,} entries of one kind")
        values.append(value)
    if data and not found:
        raise _Broken("it is empty")
    return found


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(data, place)
            # -1 is written in 64 bits.
            yield key >> 3, value - (1 << 64) if value >> 63 else value
            continue
        if kind not in (1, 2, 5):
            raise _Broken(f"its byte {place:,} begins no field")
        size = {1: 8, 5: 4}.get(kind, 0)
        if kind == 2:
            size, place = _varint(data, place)
        if size > len(data) - place:
            raise _Broken(f"it ends at byte {len(data):,}, inside a field")
        yield key >> 3, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            raise _Broken(f"it ends at byte {len(data):,}, inside a number")
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & ((1 << 64) - 1), place
    raise _Broken(f"a number before its byte {place:,} has no end")
