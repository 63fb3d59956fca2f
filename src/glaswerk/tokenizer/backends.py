"""The BPE libraries behind `Tokenizer`: tiktoken for our own split rule, `tokenizers` for any other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

import tiktoken
from tokenizers import Tokenizer as HuggingFaceTokenizer

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.control_tokens import out_of_reach

# tiktoken's regex engine fails on a run of about 10^6 equal characters, so longer texts are encoded in parts.
_MOST_ID = 1 << 31
MAX_TEXT = 200_000
Placed = list[tuple[int, int, int]]
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")
# Inside the name of a byte piece that a text contains.
_IN_BYTE = re.compile(r"(?<=<)(?=0x[0-9A-Fa-f]{2}>)")


class Backend(Protocol):
    """A BPE library with one vocabulary loaded.

    Text is data: the name of a special token inside a text is encoded as plain characters. `special` maps the
    names of special tokens to their ids. `prefixes`: the first token of a text has a space that is not in the
    text.
    """

    vocab_size: int
    special: Mapping[str, int]
    prefixes: bool

    def encode(self, text: str) -> list[int]:
        """Token ids of a plain text."""

    def encode_many(self, texts: Sequence[str], *, threads: int) -> list[list[int]]:
        """`encode` for many texts, in parallel; results in the same order."""

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes that these ids encode, concatenated."""


def _check_ids(ids: Sequence[int]) -> None:
    """Raises ValueError for ids that tiktoken, which checks none, would fail on."""
    wrong = [number for number in ids if not isinstance(number, int) or not 0 <= number < _MOST_ID]
    if wrong or len(set(ids)) < len(ids):
        found = f"{wrong[0]!r:.40}" if wrong else "one id twice"
        raise ValueError(f"expected token ids from 0 to {_MOST_ID - 1:,}, each once, found {found}")


class TiktokenBackend:
    """tiktoken: three times as fast as `tokenizers`. Needs a vocabulary whose ids follow the merge order."""

    prefixes = False

    def __init__(self, data: Mapping[str, Any], pattern: str) -> None:
        """data: a parsed `tokenizer.json`. Raises KeyError, TypeError or ValueError if it is not one."""
        ranks = {to_bytes(token): rank for token, rank in data["model"]["vocab"].items()}
        self.special: Mapping[str, int] = {entry["content"]: entry["id"] for entry in data["added_tokens"]}
        _check_ids([*ranks.values(), *self.special.values()])
        self._encoding = tiktoken.Encoding(
            "glaswerk", pat_str=pattern, mergeable_ranks=ranks, special_tokens=dict(self.special)
        )
        self.vocab_size = self._encoding.n_vocab

    def encode(self, text: str) -> list[int]:
        """Token ids of a plain text."""
        return _in_pieces(text, self._encoding.encode_ordinary)

    def encode_many(self, texts: Sequence[str], *, threads: int) -> list[list[int]]:
        """`encode` for many texts, on `threads` threads."""
        if max(map(len, texts), default=0) > MAX_TEXT:
            return [self.encode(text) for text in texts]
        return self._encoding.encode_ordinary_batch(list(texts), num_threads=threads)

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes that these ids encode; special tokens give their names."""
        return self._encoding.decode_bytes(list(ids))


class TokenizersBackend:
    """Hugging Face `tokenizers`: any BPE, byte-level or SentencePiece with byte fallback."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """data: a parsed `tokenizer.json`. Raises KeyError, TypeError or ValueError if it is not one."""
        offsets = {key: _with_exact_offsets(data.get(key)) for key in ("pre_tokenizer", "post_processor")}
        self._data = {**data, **offsets}
        self._plain = _built(self._data)
        added = self._plain.get_added_tokens_decoder()
        self.special: Mapping[str, int] = {token.content: i for i, token in added.items() if token.special}
        plain = out_of_reach(self._data, self.special)
        if plain is not self._data:
            self._plain = _built(plain)
        self._plain.encode_special_tokens = True
        self._within = {**plain, **without_prefix(self._data)}
        # Whether a space that is not in a text is put before it, and so is in its first token.
        self.prefixes = self._within != plain
        # Some put it only there, others after special tokens as well.
        self._first_only = '"prepend_scheme": "first"' in json.dumps(self._data.get("pre_tokenizer"))
        self._added = {i: token.content for i, token in added.items()}
        self.vocab_size = 1 + max(self._plain.get_vocab(with_added_tokens=True).values())
        self._finds_bytes = data["model"].get("type") == "Unigram" and bool(
            data["model"].get("byte_fallback")
        )
        self._byte_level = '"ByteLevel"' in json.dumps(data.get("decoder"))

    @cached_property
    def _parsing(self) -> HuggingFaceTokenizer:
        return _built(self._data)

    @cached_property
    def _continuing(self) -> HuggingFaceTokenizer:
        """For a text that continues another: without a space before it."""
        if not self.prefixes:
            return self._plain
        built = _built(self._within)
        built.encode_special_tokens = True
        return built

    @cached_property
    def _continuing_parsing(self) -> HuggingFaceTokenizer:
        return _built({**self._data, **without_prefix(self._data)})

    @cached_property
    def opening(self) -> list[int]:
        """The start token that the tokenizer puts before every text; empty if it adds none."""
        return list(self._plain.encode("", add_special_tokens=True).ids[:1])

    def encode(self, text: str) -> list[int]:
        """Token ids of a plain text, without a start token; lone surrogates become U+FFFD."""
        with _no_panic():
            first, *later = self._parts(well_formed(text)) or [""]
            ids = list(self._plain.encode(first, add_special_tokens=False).ids)
            for part in later:
                ids += self._continuing.encode(part, add_special_tokens=False).ids
            return ids

    def encode_many(self, texts: Sequence[str], *, threads: int) -> list[list[int]]:
        """`encode` for many texts. The library chooses the threads itself (RAYON_NUM_THREADS)."""
        if max(map(len, texts), default=0) > MAX_TEXT or self._finds_bytes:
            return [self.encode(text) for text in texts]
        with _no_panic():
            parts = self._plain.encode_batch([well_formed(text) for text in texts], add_special_tokens=False)
        return [list(part.ids) for part in parts]

    def _parts(self, text: str) -> list[str]:
        """The text in pieces of bounded length, cut where a Unigram model would find a byte piece in it.

        Only bytes without a piece of their own become one.
        """
        if not self._finds_bytes:
            return _pieces(text)
        return [cut for part in _pieces(text) for cut in _IN_BYTE.split(part)]

    def place(self, text: str, *, parse: bool, within: bool = False) -> Placed:
        """(id, start, end) of each token, in characters of `text`.

        parse: encode names of special tokens in the text as those tokens. within: it follows another text.
        """
        placed: Placed = []
        at = 0
        for part in _IN_BYTE.split(text) if self._finds_bytes else [text]:
            backend = self._parsing if parse else self._plain
            if (within and not parse and self._first_only) or at:
                backend = self._continuing_parsing if parse else self._continuing
            with _no_panic():
                found = backend.encode(part, add_special_tokens=False)
            spans = zip(found.ids, found.offsets, strict=True)
            placed += [(i, at + start, at + end) for i, (start, end) in spans]
            at += len(part)
        return placed

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes that these ids encode; added tokens give their names, unknown ids nothing."""
        return b"".join(self._piece(i) for i in ids)

    def _piece(self, identifier: int) -> bytes:
        if identifier in self._added:
            return self._added[identifier].encode()
        token = self._plain.id_to_token(identifier)
        if token is None:
            return b""
        if self._byte_level:
            return to_bytes(token) if all(c in BYTES for c in token) else token.encode()
        if _BYTE.fullmatch(token):
            return bytes.fromhex(token[3:5])
        return token.replace("\u2581", " ").encode()


@contextmanager
def _no_panic() -> Iterator[None]:
    """A panic of the library, which is no Exception, becomes an error: a split rule gave up on a text."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise GlaswerkError(
            f"the tokenizer's split rule gave up on a text: {str(error)[:120]}",
            hint="leave that text out, or adopt weights with a sound tokenizer.json",
        ) from error


def well_formed(text: str) -> str:
    """`text` with every lone surrogate, which UTF-8 cannot encode, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _in_pieces(text: str, encode: Callable[[str], list[int]]) -> list[int]:
    if len(text) <= MAX_TEXT:
        return encode(text)
    return [i for part in _pieces(text) for i in encode(part)]


def _pieces(text: str) -> list[str]:
    return [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]


def _built(data: Mapping[str, Any]) -> HuggingFaceTokenizer:
    try:
        built = HuggingFaceTokenizer.from_str(json.dumps(data))
    except Exception as error:  # the library raises nothing narrower for a broken file
        raise ValueError(str(error)[:200]) from error
    built.no_truncation()
    built.no_padding()
    return built


def without_prefix(data: Mapping[str, Any]) -> dict[str, Any]:
    """The `normalizer` and `pre_tokenizer` of `data`, without what they put before every text."""
    return {key: _unprefixed(data.get(key)) for key in ("normalizer", "pre_tokenizer")}


def _unprefixed(step: Any) -> Any:
    kind = step.get("type") if isinstance(step, dict) else None
    if kind == "Prepend":
        return None
    if kind == "Metaspace" and step.get("prepend_scheme", "always") != "never":
        return {**step, "prepend_scheme": "never"}
    if kind == "ByteLevel" and step.get("add_prefix_space"):
        return {**step, "add_prefix_space": False}
    for key in ("normalizers", "pretokenizers"):
        if isinstance(step, dict) and isinstance(step.get(key), list):
            return {**step, key: [part for part in map(_unprefixed, step[key]) if part is not None]}
    return step


def _with_exact_offsets(value: Any) -> Any:
    """A copy with `trim_offsets` off: offsets without the leading space cannot show on which side of an
    answer's start a token is."""
    if isinstance(value, dict):
        exact = {key: _with_exact_offsets(part) for key, part in value.items()}
        return exact | {"trim_offsets": False} if "trim_offsets" in value else exact
    return [_with_exact_offsets(part) for part in value] if isinstance(value, list) else value


def _byte_names() -> dict[str, int]:
    """GPT-2's printable character for each byte, as every byte-level `tokenizer.json` uses them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names = {chr(byte): byte for byte in plain}
    rest = [byte for byte in range(256) if byte not in set(plain)]
    return names | {chr(256 + i): byte for i, byte in enumerate(rest)}


BYTES = _byte_names()


def to_bytes(token: str) -> bytes:
    """The bytes of a token of a byte-level vocabulary. Raises KeyError for a token of another kind."""
    return bytes(BYTES[character] for character in token)
