"""Open weights come in whole, with where they came from, or are refused with a reason."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from open_models import MODEL_TYPES, write_open_model
from safetensors.torch import load_file, save_file

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.removal.rights import rights_table
from glaswerk.data.source import add_chats, add_docs, add_preferences
from glaswerk.infer import Engine
from glaswerk.lab import Lab
from glaswerk.lineage.obstacles import obstacles
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.rerun.exposure import count_exposures, learnt
from glaswerk.rerun.options import affected
from glaswerk.rerun.order import order_of
from glaswerk.tokenizer import Shards, Tokenizer, pack
from glaswerk.train import TuneConfig, tune


@pytest.fixture
def open_model(tmp_path: Path) -> Path:
    return write_open_model(tmp_path / "Tiny-Instruct")


@pytest.mark.parametrize("family", MODEL_TYPES)
def test_a_folder_of_each_family_gives_the_logits_that_transformers_gives(
    family: str, empty_lab: Lab, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    folder = write_open_model(tmp_path / "hub", family)
    made = adopt(empty_lab, folder)
    ids = torch.arange(60)[None] * 7 % 600
    reference: Any = AutoModelForCausalLM.from_pretrained(folder)
    with torch.inference_mode():
        assert torch.equal(load(made.model.path)(input_ids=ids).logits, reference(input_ids=ids).logits)


def test_the_lineage_holds_name_licence_digests_and_origin(empty_lab: Lab, open_model: Path) -> None:
    made = adopt(empty_lab, open_model)
    config = made.model.config
    assert (made.model.name, made.tokenizer.name) == ("tiny-instruct/step-0", "tiny-instruct")
    assert (config["licence"], config["licence_from"]) == ("Apache-2.0", "README.md")
    assert config["origin"] == "adopted weights of unknown training data"
    assert all(digest.startswith("b2:") for digest in [config["digest"], *config["files"].values()])
    assert made.model.inputs == {"tokenizer": made.tokenizer.id}


def test_adopting_the_same_again_does_nothing_and_other_weights_give_another_id(
    empty_lab: Lab, open_model: Path
) -> None:
    first = adopt(empty_lab, open_model)
    assert adopt(empty_lab, open_model).model == first.model
    weights = load_file(open_model / "model.safetensors")
    weights["model.norm.weight"][0] += 1
    save_file(weights, open_model / "model.safetensors", metadata={"format": "pt"})
    assert adopt(empty_lab, open_model).model.id != first.model.id


def test_status_and_rights_say_that_the_training_data_is_unknown(empty_lab: Lab, open_model: Path) -> None:
    made = adopt(empty_lab, open_model)
    count_exposures(empty_lab)
    words = "adopted weights tiny-instruct/step-0 (Apache-2.0): what it was trained on is unknown"
    assert obstacles(empty_lab, made.model) == [words]
    row = rights_table(empty_lab)[0]
    assert (row.source, row.acquired, row.obstacle) == (
        "tiny-instruct/step-0",
        "adopted",
        "what it was trained on is unknown",
    )


def test_an_adopted_model_answers(empty_lab: Lab, open_model: Path) -> None:
    engine = Engine.load(adopt(empty_lab, open_model).model.path)
    pieces = list(engine.stream([{"role": "user", "content": "Hi"}], max_tokens=5, temperature=0))
    assert pieces[-1].finish_reason in ("stop", "length")
    assert pieces[-1].prompt_tokens > 10


def test_plain_transformers_reads_the_adopted_folder(empty_lab: Lab, open_model: Path) -> None:
    from transformers import AutoTokenizer

    made = adopt(empty_lab, open_model)
    messages = [{"role": "user", "content": "Wo ist der Markt?"}]
    reference: Any = AutoTokenizer.from_pretrained(made.model.path)
    ids = reference.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert Tokenizer.load(made.model.path).render_chat(messages, prompt=True) == ids


@pytest.mark.parametrize("rank", [0, 4])
def test_an_adopted_model_is_tuned_on_shards_that_its_own_tokenizer_packed(
    rank: int, empty_lab: Lab, open_model: Path, town: Path
) -> None:
    from glaswerk.data.curate.curate import curate

    add_docs(empty_lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    chats = town.parent / f"few-{rank}.jsonl"
    chats.write_text("".join((town / "chats.jsonl").read_text().splitlines(keepends=True)[:80]))
    add_chats(empty_lab, [chats], licence="CC0-1.0", name="chats")
    curate(empty_lab)
    base = adopt(empty_lab, open_model, name="tiny").model
    with pytest.raises(GlaswerkError, match="no corpus was packed") as error:
        tune(empty_lab, TuneConfig(lora=rank), base="tiny")
    assert error.value.hint == "glaswerk pack --tokenizer tiny"
    shards = pack(empty_lab, tokenizer="tiny")
    tuned = tune(empty_lab, TuneConfig(epochs=0.5, batch_tokens=512, lora=rank), base="tiny")
    assert tuned.inputs == {"base": base.id, "shards": shards.id}
    assert (tuned.path / "adapter" / "adapter_model.safetensors").exists() == (rank > 0)
    count_exposures(empty_lab)
    assert obstacles(empty_lab, tuned)[0].startswith("adopted weights tiny/step-0")
    assert load(tuned.path).state_dict().keys() == load(base.path).state_dict().keys()


def test_texts_that_tuning_replays_count_as_learnt_where_no_base_had_them(
    empty_lab: Lab, open_model: Path, town: Path
) -> None:
    from glaswerk.data.curate.curate import curate

    add_docs(empty_lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    chats = town.parent / "some.jsonl"
    chats.write_text("".join((town / "chats.jsonl").read_text().splitlines(keepends=True)[:80]))
    add_chats(empty_lab, [chats], licence="CC0-1.0", name="chats")
    curate(empty_lab)
    adopt(empty_lab, open_model, name="tiny")
    shards = Shards.open(pack(empty_lab, tokenizer="tiny").path)
    tuned = tune(empty_lab, TuneConfig(epochs=0.5, batch_tokens=512, replay=0.3), base="tiny")
    order = order_of(empty_lab, tuned)
    assert order is not None
    steps = int(tuned.stats["steps"])
    spans = [span for step in range(steps) for span in order.spans(step) if span.split == "train"]
    drawn = {span.document: 0 for span in spans}
    for span in spans:
        drawn[span.document] += span.end - span.start
    name = next(iter(drawn))
    assert learnt(empty_lab, tuned, [name]).documents == 1
    (found,) = affected(empty_lab, [name])
    assert (found.model.id, found.tokens_seen) == (tuned.id, drawn[name])
    others = [document for document in shards.spans("train")[0] if document not in drawn]
    assert others
    assert list(affected(empty_lab, others)) == []


def test_pairs_packed_by_an_adopted_tokenizer_have_one_system_turn_and_loss_on_the_last_answer(
    empty_lab: Lab, open_model: Path, town: Path, tmp_path: Path
) -> None:
    from glaswerk.data.curate.curate import curate

    turns = [("user", "Red?"), ("assistant", "Yes, the third."), ("user", "Blue?")]
    prompt = [{"role": role, "content": content} for role, content in turns]
    answers = ("None at all.", "Who knows.")
    row = {"prompt": prompt, "chosen": answers[0], "rejected": answers[1]}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    add_docs(empty_lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    add_preferences(empty_lab, [tmp_path / "pairs.jsonl"], licence="CC0-1.0", name="pairs")
    curate(empty_lab, validation_share=0.0)
    adopt(empty_lab, open_model, name="tiny")
    shards = Shards.open(pack(empty_lab, tokenizer="tiny").path)
    words = Tokenizer.load(empty_lab.path("tokenizer", "tiny"))
    _, starts, ends = shards.spans("preference")
    for start, end, answer in zip(starts, ends, answers, strict=True):
        tokens, mask = shards.tokens("preference")[start:end], shards.mask("preference")[start:end]
        dialogue = [*prompt, {"role": "assistant", "content": answer}]
        assert tokens.tolist() == words.render_chat(dialogue, prompt=False)
        assert words.decode(tokens[mask == 1].tolist()) == answer + "<|im_end|>"


def _say_generation(folder: Path, said: dict[str, Any]) -> None:
    (folder / "generation_config.json").write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"temperature": 0.6, "top_p": 0.9}, {}),
        ({"do_sample": True, "temperature": 0.0}, {}),
        ({"do_sample": False, "top_k": 20, "repetition_penalty": 1.1}, {"repetition_penalty": 1.1}),
        (
            {"do_sample": True, "temperature": 0.6, "top_k": 20, "min_p": None},
            {"do_sample": True, "temperature": 0.6, "top_k": 20},
        ),
    ],
)
def test_sampling_settings_are_kept_if_the_model_samples(
    said: dict[str, Any], kept: dict[str, Any], empty_lab: Lab, open_model: Path
) -> None:
    _say_generation(open_model, said)
    written = json.loads((adopt(empty_lab, open_model).model.path / "generation_config.json").read_text())
    assert {key: written.get(key) for key in said if written.get(key)} == kept


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("temperature", -1),
        ("temperature", "hot"),
        ("top_p", 1.5),
        ("top_p", True),
        ("top_k", 2.5),
        ("top_k", [20]),
        ("do_sample", "yes"),
        ("repetition_penalty", 0),
    ],
)
def test_an_impossible_sampling_setting_is_refused_by_name(
    key: str, value: Any, empty_lab: Lab, open_model: Path
) -> None:
    _say_generation(open_model, {key: value})
    with pytest.raises(GlaswerkError, match=f"expected .* for {key} in") as error:
        adopt(empty_lab, open_model)
    assert repr(value) in str(error.value)
    assert not empty_lab.all("tokenizer")


def test_another_generation_config_gives_another_id(empty_lab: Lab, open_model: Path) -> None:
    _say_generation(open_model, {"do_sample": True, "temperature": 0.6})
    first = adopt(empty_lab, open_model).model
    _say_generation(open_model, {"do_sample": True, "temperature": 0.7})
    assert adopt(empty_lab, open_model).model.id != first.id


@pytest.mark.parametrize(
    "name", ["config.json", "generation_config.json", "tokenizer.json", "model.safetensors"]
)
def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(
    name: str, empty_lab: Lab, open_model: Path
) -> None:
    (open_model / name).unlink()
    os.mkfifo(open_model / name)
    with pytest.raises(GlaswerkError, match="not a regular file"):
        adopt(empty_lab, open_model)


def test_the_command_adopts_and_says_what_is_unknown(empty_lab: Lab, open_model: Path) -> None:
    arguments = ["adopt", str(open_model), "--lab", str(empty_lab.root), "--name", "tiny"]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "licence Apache-2.0" in result.stdout
    assert "unknown" in result.stderr


@pytest.mark.parametrize("name", ["model.bin", "model.pt"])
def test_pickled_weights_are_refused(name: str, empty_lab: Lab, open_model: Path) -> None:
    (open_model / "model.safetensors").rename(open_model / name)
    with pytest.raises(GlaswerkError, match="a pickle can run code"):
        adopt(empty_lab, open_model)
    with pytest.raises(GlaswerkError, match=r"\.gguf file"):
        adopt(empty_lab, open_model / name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"auto_map": {"AutoModelForCausalLM": "evil.Model"}}, "custom code"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised weights"),
        ({"model_type": "mamba"}, "'mamba'"),
        ({"architectures": ["LlamaForSequenceClassification"]}, "expected the class"),
        ({"hidden_size": 96}, "expected the shape"),
        ({"num_hidden_layers": 3}, "lacks"),
        ({"num_hidden_layers": 1}, "does not call for"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers up to 512"),
        ({"hidden_size": 10**12}, "hidden_size up to"),
        ({"hidden_size": "wide"}, "not a valid config"),
        ({"num_attention_heads": 0}, "not a valid config"),
    ],
)
def test_a_config_that_is_unsafe_or_does_not_fit_is_refused(
    change: dict[str, Any], words: str, empty_lab: Lab, open_model: Path
) -> None:
    config = json.loads((open_model / "config.json").read_text()) | change
    (open_model / "config.json").write_text(json.dumps(config))
    with pytest.raises(GlaswerkError, match=words):
        adopt(empty_lab, open_model)
    assert not empty_lab.all("model")
    assert not empty_lab.all("tokenizer")


def test_names_of_kernels_in_a_config_stay_behind(empty_lab: Lab, open_model: Path) -> None:
    config = json.loads((open_model / "config.json").read_text())
    config |= {"_attn_implementation": "someone/kernel", "attn_implementation": "someone/kernel"}
    (open_model / "config.json").write_text(json.dumps(config))
    made = adopt(empty_lab, open_model)
    assert "kernel" not in (made.model.path / "config.json").read_text()


@pytest.mark.parametrize("kept", [0, 7, 100, 20_000])
def test_safetensors_cut_short_are_refused(kept: int, empty_lab: Lab, open_model: Path) -> None:
    file = open_model / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(GlaswerkError, match="not a complete safetensors file"):
        adopt(empty_lab, open_model)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent.safetensors", "which is missing"),
        ("../secret.safetensors", "file names without a folder"),
        ("/etc/passwd", "file names without a folder"),
        ("model.bin", "file names without a folder"),
    ],
)
def test_an_index_that_names_what_is_not_in_the_folder_is_refused(
    name: str, words: str, empty_lab: Lab, open_model: Path
) -> None:
    (open_model / "model.safetensors").unlink()
    index = {"weight_map": {"model.norm.weight": name}}
    (open_model / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(GlaswerkError, match=words):
        adopt(empty_lab, open_model)


def test_weights_in_several_files_are_adopted_whole(empty_lab: Lab, open_model: Path) -> None:
    whole = load_file(open_model / "model.safetensors")
    (open_model / "model.safetensors").unlink()
    parts = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    index = {name: parts[i % 2] for i, name in enumerate(whole)}
    for part in parts:
        chosen = {name: whole[name] for name, file in index.items() if file == part}
        save_file(chosen, open_model / part, metadata={"format": "pt"})
    (open_model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    loaded = load(adopt(empty_lab, open_model).model.path).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in whole.items())


def test_a_folder_without_tokenizer_is_refused(empty_lab: Lab, open_model: Path) -> None:
    (open_model / "tokenizer.json").unlink()
    with pytest.raises(GlaswerkError, match=r"expected tokenizer\.json"):
        adopt(empty_lab, open_model)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"model": {"type": "BPE", "vocab": {}, "merges": []}}', "{" * 10_000]
)
def test_a_tokenizer_that_is_none_is_refused(content: str, empty_lab: Lab, open_model: Path) -> None:
    (open_model / "tokenizer.json").write_text(content)
    with pytest.raises(GlaswerkError, match="expected a BPE tokenizer"):
        adopt(empty_lab, open_model)
    assert not empty_lab.all("model")


def test_a_tokenizer_with_more_entries_than_the_network_has_rows_is_refused(
    empty_lab: Lab, tmp_path: Path
) -> None:
    folder = write_open_model(tmp_path / "hub", vocab_size=500)
    with pytest.raises(GlaswerkError, match=r"600 entries, but the network has rows for 500"):
        adopt(empty_lab, folder)


@pytest.mark.parametrize("template", ["{% for %}", "{{ 1 / 0 }}", "{{ ''.__class__.__mro__ }}"])
def test_a_chat_template_that_is_broken_or_leaves_the_sandbox_is_refused(
    template: str, empty_lab: Lab, open_model: Path
) -> None:
    (open_model / "chat_template.jinja").write_text(template)
    with pytest.raises(GlaswerkError, match="template"):
        adopt(empty_lab, open_model)


@pytest.mark.parametrize(
    ("files", "said", "expected"),
    [
        ({"README.md": "---\nlicense: MIT\n---\n"}, "", ("MIT", "README.md")),
        ({"README.md": "---\nlicense: other\n---\n", "LICENSE": "MIT License\n\n…"}, "", ("MIT", "LICENSE")),
        ({"LICENSE": "   Apache License\n   Version 2.0, January 2004"}, "", ("Apache-2.0", "LICENSE")),
        ({"README.md": "---\nlicense: mit\n---\n"}, "Gemma terms", ("Gemma terms", "--licence")),
    ],
)
def test_the_licence_is_what_the_user_or_else_the_files_say(
    files: dict[str, str], said: str, expected: tuple[str, str], empty_lab: Lab, open_model: Path
) -> None:
    (open_model / "README.md").unlink()
    for name, text in files.items():
        (open_model / name).write_text(text)
    config = adopt(empty_lab, open_model, licence=said).model.config
    assert (config["licence"], config["licence_from"]) == expected


def test_without_a_licence_the_command_that_gives_one_is_the_hint(empty_lab: Lab, open_model: Path) -> None:
    (open_model / "README.md").unlink()
    with pytest.raises(GlaswerkError, match="expected a licence") as error:
        adopt(empty_lab, open_model)
    assert "--licence" in str(error.value.hint)


def test_a_model_trained_here_is_not_replaced_by_an_adopted_one(
    lab_folder: Path, open_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(lab_folder / "tokenizers", tmp_path / "own" / "tokenizers")
    own = Lab.init(tmp_path / "own")
    with pytest.raises(GlaswerkError, match="'main' belongs to"):
        adopt(own, open_model, name="main")
    own.ledger.close()
