"""Preference pairs in shards: both sides lead back to their document; a long prompt loses its beginning."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs, add_preferences
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Lab
from glaswerk.tokenizer import Shards, Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.preference_pairs import CHOSEN, LEAST_PROMPT, REJECTED, Pairs
from glaswerk.tokenizer.training import TokenizerConfig

LONG = "Please tell me, and take your time, which of the houses has the red door? "
ROWS = [
    {"prompt": "Which door is red?", "chosen": "The third one.", "rejected": "Look yourself."},
    {"prompt": LONG * 3, "chosen": "The fourth one.", "rejected": "Not now, and not later."},
    {"prompt": "And the blue one?", "chosen": "There is none. " * 30, "rejected": "No."},
]


@pytest.fixture(scope="module")
def pairs_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("pairs")
    lab = Lab.init(root / "lab")
    (root / "docs").mkdir()
    (root / "docs" / "doors.md").write_text(f"# Doors\n\n{LONG}The third one. There is none, it says.\n")
    (root / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    add_docs(lab, [root / "docs"], licence="CC0-1.0", name="docs")
    add_preferences(lab, [root / "pairs.jsonl"], licence="CC0-1.0", name="pairs")
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(400))
    pack(lab)
    yield lab
    lab.ledger.close()


def _shards(lab: Lab) -> Shards:
    return Shards.open(lab.path("shards", "main.main"))


def _words(lab: Lab) -> Tokenizer:
    return Tokenizer.load(lab.path("tokenizer", "main"))


def test_a_pair_is_packed_as_its_chosen_and_then_its_rejected_sequence(pairs_lab: Lab) -> None:
    shards, words = _shards(pairs_lab), _words(pairs_lab)
    documents = {d.id: d for d in read_documents(pairs_lab.path("corpus", "main"), "preference")}
    ids, starts, ends = shards.spans("preference")
    assert len(ids) == 2 * len(documents) == 2 * len(ROWS)
    tokens, mask = shards.tokens("preference"), shards.mask("preference")
    for number, identifier in enumerate(ids):
        pair, span = documents[identifier], slice(starts[number], ends[number])
        answer = pair.rejected[0] if number % 2 else pair.messages[-1]
        assert tokens[span].tolist() == words.render_chat((*pair.messages[:-1], answer), prompt=False)
        masked = words.decode(tokens[span][mask[span] == 1].tolist())
        assert masked == answer["content"] + "<|im_end|>"


def test_earlier_answers_of_the_assistant_have_no_loss(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    (tmp_path / "a.md").write_text("# Doors\n\nDoors are red, and some are blue, as everybody here knows.\n")
    turns = [("user", "Red?"), ("assistant", "Yes, the third."), ("user", "Blue?")]
    prompt = [{"role": role, "content": content} for role, content in turns]
    row = {"prompt": prompt, "chosen": "None at all.", "rejected": "Who knows."}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    add_docs(lab, [tmp_path / "a.md"], licence="CC0-1.0", name="docs")
    add_preferences(lab, [tmp_path / "pairs.jsonl"], licence="CC0-1.0", name="pairs")
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(300))
    pack(lab)
    shards = _shards(lab)
    _, starts, ends = shards.spans("preference")
    for start, end, answer in zip(starts, ends, ("None at all.", "Who knows."), strict=True):
        masked = shards.tokens("preference")[start:end][shards.mask("preference")[start:end] == 1]
        assert _words(lab).decode(masked.tolist()) == answer + "<|im_end|>"
    lab.ledger.close()


def test_a_document_is_found_with_both_spans_and_counted_once(pairs_lab: Lab) -> None:
    shards = _shards(pairs_lab)
    identifier = shards.spans("preference")[0][0]
    found = shards.find(identifier)
    assert [split for split, _, _ in found] == ["preference", "preference"]
    tokens = sum(end - start for _, start, end in found)
    assert shards.count([identifier]) == [("preference", 1, tokens)]


def test_everything_fits_a_large_context_and_keeps_its_whole_prompt(pairs_lab: Lab) -> None:
    pairs = Pairs(_shards(pairs_lab), "preference", 1024)
    assert (len(pairs), pairs.cut, pairs.left_out) == (3, 0, 0)
    words = _words(pairs_lab)
    for number in range(3):
        for side in (CHOSEN, REJECTED):
            ids, answer = pairs.sequence(number, side)
            assert words.decode(ids[:answer].tolist()).startswith("<|im_start|>user")
            assert ids[-1] == words.turn_end_id


def test_a_long_prompt_loses_its_beginning_alike_and_a_long_answer_leaves_the_pair_out(
    pairs_lab: Lab,
) -> None:
    context = 60
    pairs, words = Pairs(_shards(pairs_lab), "preference", context), _words(pairs_lab)
    assert (len(pairs), pairs.cut, pairs.left_out) == (2, 1, 1)
    whole = Pairs(_shards(pairs_lab), "preference", 1024)
    (long,) = [i for i in range(2) if pairs.lengths[i] == context + 1]
    number = whole.documents.index(pairs.documents[long])
    for side in (CHOSEN, REJECTED):
        ids, answer = pairs.sequence(long, side)
        full, begin = whole.sequence(number, side)
        assert words.decode(ids[answer:].tolist()) == words.decode(full[begin:].tolist())
        assert (full[-len(ids) :] == ids).all()
        assert answer >= LEAST_PROMPT
    prompts = [pairs.sequence(long, side)[0][: pairs.sequence(long, side)[1]] for side in (CHOSEN, REJECTED)]
    assert (prompts[0] == prompts[1]).all()


def test_packing_again_gives_the_same_bytes(pairs_lab: Lab) -> None:
    before = _digests(pairs_lab)
    pairs_lab.remove(pairs_lab.need("shards", "main.main", hint="glaswerk pack"))
    pack(pairs_lab)
    assert _digests(pairs_lab) == before


def test_shards_that_were_packed_without_pairs_are_packed_again_under_the_same_id(pairs_lab: Lab) -> None:
    """As an older version left them: the other splits come out the same, so models keep their lineage."""
    made = pairs_lab.need("shards", "main.main", hint="glaswerk pack")
    wanted = _digests(pairs_lab)
    _strip_pairs(made.path)
    older = pairs_lab.need("shards", "main.main", hint="glaswerk pack")
    assert "preference" not in _shards(pairs_lab).splits()
    assert older.id == made.id
    again = pack(pairs_lab)
    assert again.id == made.id
    assert _digests(pairs_lab) == wanted


def _digests(lab: Lab) -> dict[str, str]:
    return {file.name: digest_file(file) for file in lab.path("shards", "main.main").glob("*.bin")}


def _strip_pairs(folder: Path) -> None:
    for file in folder.glob("preference*"):
        file.unlink()
    for name in ("shards.json", "manifest.json"):
        data = json.loads((folder / name).read_text())
        data.get("stats", data)["splits"].pop("preference")
        (folder / name).write_text(json.dumps(data))


def test_pairs_of_other_spans_are_refused(pairs_lab: Lab, tmp_path: Path) -> None:
    copy = tmp_path / "shards"
    shutil.copytree(pairs_lab.path("shards", "main.main"), copy)
    for suffix in ("bin", "mask.bin", "spans.parquet"):
        source = copy / f"train.{suffix}"
        if source.exists():
            shutil.copyfile(source, copy / f"preference.{suffix}")
    with pytest.raises(GlaswerkError, match="unpaired spans"):
        Pairs(Shards.open(copy), "preference", 64)
