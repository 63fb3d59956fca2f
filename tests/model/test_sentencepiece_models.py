"""Weights with SentencePiece's tokenizer: adopted, served, scored, and written as GGUF and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mixed_texts import mixed_texts
from sentencepiece_models import LINES, LLAMA, trained, write_model

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Engine
from glaswerk.lab import Lab
from glaswerk.model.adopt import adopt
from glaswerk.model.export_gguf import export_gguf
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.to_gguf import tokenizer_to_gguf

sentencepiece = pytest.importorskip("sentencepiece", reason="pip install -e '.[parity]'")

QUESTION = [Message(role="user", content="Who are you?")]


def test_a_folder_with_tokenizer_model_is_adopted_and_texts_come_back(empty_lab: Lab, tmp_path: Path) -> None:
    made = adopt(empty_lab, write_model(tmp_path / "hub"), name="hub")
    words = Tokenizer.load(made.model.path)
    library = sentencepiece.SentencePieceProcessor(model_proto=trained())
    for text in mixed_texts():
        assert words.encode(text) == library.encode(text)
        assert words.decode(words.encode(text)) == text
    assert (words.start_id, words.end_id) == (1, 2)
    assert "tokenizer.model" in made.model.config["files"]


def test_tokens_of_added_tokens_json_are_added(empty_lab: Lab, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "hub")
    size = sentencepiece.SentencePieceProcessor(model_proto=trained()).get_piece_size()
    (folder / "added_tokens.json").write_text(json.dumps({"[PAD]": size}))
    words = Tokenizer.load(adopt(empty_lab, folder, name="hub").model.path)
    assert words.vocab_size == size + 1
    assert words.decode([size]) == "[PAD]"


@pytest.mark.parametrize("template", [LLAMA, LINES])
def test_the_answer_of_a_dialogue_is_found_and_nothing_else(
    template: str, empty_lab: Lab, tmp_path: Path
) -> None:
    words = Tokenizer.load(adopt(empty_lab, write_model(tmp_path / "hub", template), name="hub").model.path)
    turns = [*QUESTION, Message(role="assistant", content="the goose fair"), *QUESTION]
    found = words.encode_dialogue(turns, prompt=False)
    own = [i for i, mine in zip(found.ids, found.mask, strict=True) if mine]
    assert words.decode(own).strip() in ("the goose fair </s>", "the goose fair</s>")
    assert found.unfound == 0


def test_streamed_answers_are_whole_ones_without_the_first_space(empty_lab: Lab, tmp_path: Path) -> None:
    engine = Engine.load(adopt(empty_lab, write_model(tmp_path / "hub"), name="hub").model.path)
    for text in ("a", "b", "c d", "x"):
        asked = [Message(role="user", content=text)]
        streamed = "".join(delta.text for delta in engine.stream(asked, temperature=0.0, max_tokens=12))
        assert engine.answer_many([asked], max_tokens=12) == [streamed]
        assert engine.answer_many([asked], max_tokens=12) == [streamed]


def test_an_answer_is_scored_as_the_template_writes_it(empty_lab: Lab, tmp_path: Path) -> None:
    engine = Engine.load(adopt(empty_lab, write_model(tmp_path / "hub", LINES), name="hub").model.path)
    words = engine.tokenizer
    alone = words.encode("goose fair")
    ids = words.encode_dialogue(
        [*QUESTION, Message(role="assistant", content="goose fair")], prompt=False
    ).ids
    # No space is before the answer in the template, so its first token is another than that of the text.
    assert not any(ids[at : at + len(alone)] == alone for at in range(len(ids)))
    (score,) = engine.chat_log_likelihoods([(QUESTION, "goose fair")])
    end = len(ids) - 1 - ids[::-1].index(words.end_id)
    (expected,) = engine.span_scores([(ids[:end], score.tokens)])
    assert score.log_probability == pytest.approx(expected.log_probability)
    assert words.decode_bytes(ids[:end][-score.tokens :]) == b"goose fair"


def test_a_continuation_of_a_text_has_its_tokens_and_its_bytes(empty_lab: Lab, tmp_path: Path) -> None:
    engine = Engine.load(adopt(empty_lab, write_model(tmp_path / "hub"), name="hub").model.path)
    whole, first, rest = engine.log_likelihoods([("", "the goose fair"), ("", "the"), ("the", " goose fair")])
    assert whole.bytes == len("the goose fair")
    assert whole.tokens == first.tokens + rest.tokens
    assert whole.log_probability == pytest.approx(first.log_probability + rest.log_probability, abs=1e-3)


SETTINGS = [{}, {"add_dummy_prefix": False, "user_defined_symbols": ["\u2581\u2581", "\n\n", "<x>"]}]


@pytest.mark.parametrize("settings", SETTINGS)
def test_gguf_keeps_every_id(settings: dict[str, object], empty_lab: Lab, tmp_path: Path) -> None:
    made = adopt(empty_lab, write_model(tmp_path / "hub", **settings), name="hub")
    export_gguf(empty_lab, made.model, tmp_path / "m.gguf", kind="f32")
    again = adopt(empty_lab, tmp_path / "m.gguf", name="again")
    one, other = Tokenizer.load(made.model.path), Tokenizer.load(again.model.path)
    for text in (*mixed_texts(), "a  b\n\n<x>", " lead"):
        assert one.encode(text) == other.encode(text)
    assert one.prefixes == other.prefixes
    assert one.render_chat(QUESTION, prompt=True) == other.render_chat(QUESTION, prompt=True)


def test_merges_that_scores_cannot_express_are_refused(empty_lab: Lab, tmp_path: Path) -> None:
    folder = adopt(empty_lab, write_model(tmp_path / "hub"), name="hub").tokenizer.path
    data = json.loads((folder / "tokenizer.json").read_text())
    merges = data["model"]["merges"]
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "tokenizer_config.json").write_text((folder / "tokenizer_config.json").read_text())
    for change in (merges[:-1], merges[1:]):
        data["model"]["merges"] = change
        (copy / "tokenizer.json").write_text(json.dumps(data))
        with pytest.raises(GlaswerkError, match="order of merges"):
            tokenizer_to_gguf(copy, 640)


@pytest.mark.parametrize("settings", [{"byte_fallback": False}, {"normalization_rule_name": "nmt_nfkc"}])
def test_tokenizers_that_gguf_has_no_name_for_are_refused(
    settings: dict[str, object], empty_lab: Lab, tmp_path: Path
) -> None:
    model = adopt(empty_lab, write_model(tmp_path / "hub", **settings), name="hub").model
    with pytest.raises(GlaswerkError, match="GGUF has no name"):
        export_gguf(empty_lab, model, tmp_path / "m.gguf")
    assert not (tmp_path / "m.gguf").exists()


def test_the_date_of_a_template_is_recorded_and_honoured(empty_lab: Lab, tmp_path: Path) -> None:
    dated = "{{ strftime_now('%Y-%m-%d') }}{% for m in messages %}{{ m.content }}{% endfor %}"
    made = adopt(empty_lab, write_model(tmp_path / "hub", dated), name="hub")
    assert made.model.config["template_date"] == "2026-01-01"
    path = made.tokenizer.path
    assert json.loads((path / "tokenizer_config.json").read_text())["template_date"] == "2026-01-01"
    other = tmp_path / "other"
    other.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        content = (path / name).read_text().replace("2026-01-01", "2031-12-24")
        (other / name).write_text(content)
    words = Tokenizer.load(other)
    assert words.decode(words.render_chat(QUESTION, prompt=False)).startswith("2031-12-24")
