"""Both BPE libraries give the same ids, return every byte, and treat names of special tokens as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HuggingFaceTokenizer
from tokenizers import decoders, models

from glaswerk.tokenizer.backends import (
    BYTES,
    MAX_TEXT,
    Backend,
    TiktokenBackend,
    TokenizersBackend,
    to_bytes,
    well_formed,
)
from glaswerk.tokenizer.tokenizer import SPLIT_PATTERN

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ANY = st.text(st.characters(), max_size=30)
NAMES = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


@pytest.fixture(scope="module")
def data(own_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((own_folder / "tokenizer.json").read_text())
    return found


@pytest.fixture(scope="module")
def fast(data: dict[str, Any]) -> Backend:
    return TiktokenBackend(data, SPLIT_PATTERN)


@pytest.fixture(scope="module")
def general(data: dict[str, Any]) -> TokenizersBackend:
    return TokenizersBackend(data)


def test_every_byte_has_exactly_one_printable_name() -> None:
    assert sorted(BYTES.values()) == list(range(256))
    assert all(len(name) == 1 and name.isprintable() and not name.isspace() for name in BYTES)


def test_the_names_of_printable_ascii_are_the_characters_themselves() -> None:
    assert to_bytes("".join(map(chr, range(33, 127)))) == bytes(range(33, 127))
    assert to_bytes("Ġmill") == b" mill"


def test_a_token_that_is_not_byte_level_has_no_bytes() -> None:
    with pytest.raises(KeyError):
        to_bytes("▁mill")


@given(ANY)
def test_well_formed_text_always_has_utf8_and_changes_nothing_else(text: str) -> None:
    found = well_formed(text)
    found.encode()
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert found == text


def test_a_split_surrogate_pair_is_joined_and_a_lone_half_is_replaced() -> None:
    assert well_formed("\ud83e\udd86") == "🦆"
    assert well_formed("a\ud83eb\udd86c") == "a\ufffdb\ufffdc"


@given(text=TEXTS)
@settings(deadline=None, max_examples=60)
def test_both_libraries_give_the_same_ids_for_our_split_rule(
    fast: Backend, general: TokenizersBackend, text: str
) -> None:
    assert fast.encode(text) == general.encode(text)


@given(text=TEXTS)
@settings(deadline=None, max_examples=60)
def test_the_bytes_of_the_ids_are_those_of_the_text(
    fast: Backend, general: TokenizersBackend, text: str
) -> None:
    for backend in (fast, general):
        assert backend.decode_bytes(backend.encode(text)) == text.encode()


@given(ids=st.lists(st.integers(0, 255), max_size=20))
@settings(deadline=None)
def test_ids_of_single_bytes_decode_to_any_bytes_even_invalid_utf8(
    fast: Backend, general: TokenizersBackend, ids: list[int]
) -> None:
    assert fast.decode_bytes(ids) == general.decode_bytes(ids)
    assert len(fast.decode_bytes(ids)) == len(ids)


@given(texts=st.lists(TEXTS, max_size=5))
@settings(deadline=None, max_examples=30)
def test_encoding_many_texts_equals_encoding_each(
    fast: Backend, general: TokenizersBackend, texts: list[str]
) -> None:
    for backend in (fast, general):
        assert backend.encode_many(texts, threads=2) == [backend.encode(text) for text in texts]


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_special_token_is_encoded_as_text(
    fast: Backend, general: TokenizersBackend, name: str
) -> None:
    for backend in (fast, general):
        ids = backend.encode(f"a{name}b")
        assert not set(ids) & set(backend.special.values())
        assert backend.decode_bytes(ids) == f"a{name}b".encode()
        assert backend.decode_bytes([backend.special[name]]) == name.encode()


def test_both_libraries_know_the_same_special_tokens(fast: Backend, general: TokenizersBackend) -> None:
    assert dict(fast.special) == dict(general.special)
    assert fast.vocab_size == general.vocab_size == 1 + max(fast.special.values())


@given(text=TEXTS)
@settings(deadline=None, max_examples=60)
def test_places_of_tokens_cover_the_text_in_order(general: TokenizersBackend, text: str) -> None:
    placed = general.place(text, parse=False)
    assert [i for i, _, _ in placed] == general.encode(text)
    assert all(start <= end for _, start, end in placed)
    assert [start for _, start, _ in placed] == sorted(start for _, start, _ in placed)
    covered = {at for _, start, end in placed for at in range(start, end)}
    assert covered == set(range(len(text)))


def test_place_parses_names_of_special_tokens_only_on_request(general: TokenizersBackend) -> None:
    text = "a<|im_end|>b"
    token = general.special["<|im_end|>"]
    assert (token, 1, 11) in general.place(text, parse=True)
    assert token not in [i for i, _, _ in general.place(text, parse=False)]


def test_an_id_outside_the_vocabulary_decodes_to_nothing(general: TokenizersBackend) -> None:
    assert general.decode_bytes([general.vocab_size + 5]) == b""


def test_a_text_longer_than_the_limit_is_encoded_in_parts_and_comes_back(fast: Backend) -> None:
    text = "ab " * (MAX_TEXT // 3 + 10)
    assert fast.decode_bytes(fast.encode(text)).decode() == text
    assert fast.encode_many([text, "a"], threads=2) == [fast.encode(text), fast.encode("a")]


@pytest.mark.parametrize("data", [{}, {"model": {}}, {"model": {"vocab": {"a": 0}}}, {"model": None}])
def test_data_that_is_not_a_tokenizer_raises_what_the_loader_catches(data: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        TiktokenBackend(data, SPLIT_PATTERN)
    with pytest.raises((KeyError, TypeError, ValueError)):
        TokenizersBackend(data)


@pytest.fixture(scope="module")
def with_fallback() -> TokenizersBackend:
    """A vocabulary like SentencePiece's: "▁" for a space, and bytes for unknown characters."""
    vocab = {"<unk>": 0, **{f"<0x{i:02X}>": i + 1 for i in range(256)}, "▁": 257, "a": 258, "▁a": 259}
    made = HuggingFaceTokenizer(
        models.BPE(vocab=vocab, merges=[("▁", "a")], byte_fallback=True, unk_token="<unk>")
    )
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return TokenizersBackend(json.loads(made.to_str()))


def test_byte_fallback_and_spaces_decode_to_the_bytes_they_name(with_fallback: TokenizersBackend) -> None:
    assert with_fallback.encode("▁a") == [259]
    assert with_fallback.decode_bytes([259, 258]) == b" aa"
    assert with_fallback.decode_bytes(with_fallback.encode("ä")) == "ä".encode()
    assert with_fallback.opening == []


@pytest.mark.parametrize("number", [-1, 1 << 31, 1 << 40, 0, "7", None])
def test_ids_that_no_token_may_have_are_refused_in_words(data: dict[str, Any], number: Any) -> None:
    first, *rest = data["added_tokens"]
    with pytest.raises(ValueError, match="expected token ids"):
        TiktokenBackend({**data, "added_tokens": [{**first, "id": number}, *rest]}, SPLIT_PATTERN)
