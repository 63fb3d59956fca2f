"""Training a tokenizer: its size, its ids, and what it never reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from handmade import write_corpus
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as HuggingFaceTokenizer

from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.lab import Lab
from glaswerk.tokenizer import Tokenizer, train_tokenizer
from glaswerk.tokenizer.backends import BYTES
from glaswerk.tokenizer.long_runs import LONGEST, RunCutter
from glaswerk.tokenizer.tokenizer import SPECIAL_TOKENS
from glaswerk.tokenizer.training import LARGEST, SMALLEST, TokenizerConfig, derived_size

CC0 = Rights("CC0-1.0", acquired="own")


@pytest.mark.parametrize(
    ("size", "vocabulary"),
    [
        (0, 4096),
        (7_999_999, 4096),
        (8_000_000, 8192),
        (39_999_999, 8192),
        (400_000_000, LARGEST),
        (10**15, LARGEST),
    ],
)
def test_the_vocabulary_grows_with_the_corpus_up_to_a_limit(size: int, vocabulary: int) -> None:
    assert derived_size(size) == vocabulary


@pytest.mark.parametrize("size", [-1, 1, SMALLEST - 1, 2**20 + 1])
def test_a_vocabulary_size_out_of_range_is_refused_with_the_range(small_lab: Lab, size: int) -> None:
    with pytest.raises(GlaswerkError, match=f"from {SMALLEST} to 1048576, found {size}"):
        train_tokenizer(small_lab, TokenizerConfig(size), name="other")


def test_without_a_corpus_the_command_that_makes_one_is_the_hint(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError) as error:
        train_tokenizer(empty_lab)
    assert error.value.hint == "glaswerk curate"


def test_the_first_ids_are_the_bytes_and_the_last_are_the_special_tokens(own_folder: Path) -> None:
    data = json.loads((own_folder / "tokenizer.json").read_text())
    vocab = data["model"]["vocab"]
    assert {vocab[name] for name in BYTES} == set(range(256))
    assert [entry["content"] for entry in data["added_tokens"]] == list(SPECIAL_TOKENS)
    assert [entry["id"] for entry in data["added_tokens"]] == list(range(len(vocab), 500))


def test_merges_are_in_the_order_of_their_ids(own_folder: Path) -> None:
    model = json.loads((own_folder / "tokenizer.json").read_text())["model"]
    merged = ["".join(pair) for pair in model["merges"]]
    assert [model["vocab"][token] for token in merged] == list(range(256, 256 + len(merged)))


def test_validation_documents_are_never_read(own: Tokenizer, own_folder: Path) -> None:
    # "Quince" is frequent in the validation split only, so no merge has it.
    vocab = json.loads((own_folder / "tokenizer.json").read_text())["model"]["vocab"]
    assert not any("Quin" in token for token in vocab)
    assert own.decode(own.encode("Quince")) == "Quince"


def test_dialogues_are_read_turn_by_turn_without_their_roles(empty_lab: Lab) -> None:
    turns = tuple(Message(role="user", content="zugzwang " * 50) for _ in range(2))
    document = Document("d", "chats", "", CC0, kind="dialogue", messages=turns)
    write_corpus(empty_lab, {"train": [Document("p", "s", "a b c", CC0)], "chat": [document]})
    made = train_tokenizer(empty_lab, TokenizerConfig(SMALLEST + 10))
    vocab = json.loads((made.path / "tokenizer.json").read_text())["model"]["vocab"]
    assert "Ġzugzwang" in vocab
    assert not any("user" in token for token in vocab)


def test_training_again_gives_the_same_file(small_lab: Lab, own_folder: Path, tmp_path: Path) -> None:
    other = Lab.init(tmp_path / "other")
    texts = [Document(f"p{i}", "s", text, CC0) for i, text in enumerate(("the old mill", "the new mill") * 9)]
    write_corpus(other, {"train": texts})
    digests = set()
    for name in ("one", "two"):
        made = train_tokenizer(other, TokenizerConfig(300), name=name)
        digests.add(digest_file(made.path / "tokenizer.json"))
    other.ledger.close()
    assert len(digests) == 1


def test_the_folder_is_read_by_the_tokenizers_library_as_it_is(own_folder: Path) -> None:
    reference = HuggingFaceTokenizer.from_file(str(own_folder / "tokenizer.json"))
    config = json.loads((own_folder / "tokenizer_config.json").read_text())
    assert reference.token_to_id(config["eos_token"]) is not None
    assert reference.token_to_id(config["pad_token"]) is not None
    assert reference.get_vocab_size() == 500


RUNS = {
    "letters": "".join("abcdefghijklmnop"[(n * n + n // 7) % 16] for n in range(400_000)),
    "one letter": "a" * 400_000,
    "Chinese": "".join(chr(0x4E00 + (n * n * 31 + n) % 2000) for n in range(100_000)),
    "base64": "".join("abcdefgXYZ+/"[(n * n + n // 5) % 12] for n in range(200_000)),
    "spaces": " " * 200_000,
    "line ends": "\n" * 100_000,
    "signs": "!?" * 100_000,
    "emoji": "😀👍" * 50_000,
    "combining marks": "e" + "\u0301" * 50_000,
    "digits": "1234567890" * 10_000,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", RUNS)
def test_a_run_without_a_border_is_trained_on_in_pieces_and_comes_back_whole(
    empty_lab: Lab, name: str
) -> None:
    text = f"The mill turns {RUNS[name]} again."
    write_corpus(
        empty_lab, {"train": [Document("1", "s", text, CC0), Document("2", "s", "The mill turns.", CC0)]}
    )
    made = train_tokenizer(empty_lab, TokenizerConfig(600))
    tokenizer = Tokenizer.load(made.path)
    assert made.stats["long_runs"] == (0 if name in ("digits", "base64") else 1)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert [tokenizer.encode(text)] == tokenizer.encode_many([text])


@given(st.text(alphabet="ab天é ๑ก!_\n1😀", max_size=40).map(lambda text: text * 40))
def test_the_pieces_of_a_text_are_the_text_and_no_run_in_them_is_longer(text: str) -> None:
    cutter = RunCutter()
    pieces = list(cutter.pieces(text))
    assert "".join(pieces) == text
    assert (
        max((len(run) for piece in pieces for run in re.findall(r"[^\W\d_]+|\s+", piece)), default=0)
        <= LONGEST
    )
    assert cutter.cut == (len(pieces) > 1)
