"""Small models as others publish them: a Hugging Face folder of each open family, its own tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from mixed_texts import mixed_texts
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
# SmolLM2's: a system turn of its own where none is given.
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_SIZES = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "max_position_embeddings": 256,
    "head_dim": 32,
    "tie_word_embeddings": True,
}
_OF: dict[str, dict[str, Any]] = {
    "llama": {"head_dim": 16, "rope_parameters": {"rope_type": "default", "rope_theta": 50_000.0}},
    "qwen2": {"rope_parameters": {"rope_type": "default", "rope_theta": 50_000.0}, "head_dim": None},
    "qwen3": {"tie_word_embeddings": False},
    "gemma3_text": {"sliding_window": 32, "query_pre_attn_scalar": 32, "num_hidden_layers": 6},
}
MODEL_TYPES = tuple(_OF)


def write_open_model(folder: Path, family: str = "llama", **config: Any) -> Path:
    """A folder with config.json, safetensors, tokenizer and licence, as a hub would give it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder)
    sizes = {**_SIZES, "vocab_size": 640, "eos_token_id": 2, "pad_token_id": 0, "bos_token_id": 1}
    chosen = {key: value for key, value in {**sizes, **_OF[family], **config}.items() if value is not None}
    torch.manual_seed(4)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **chosen))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0.0, 0.3) if "norm" in name else parameter.normal_(0.0, 0.12)
            if "norm" in name and family != "gemma3_text":
                parameter += 1
    model.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\nlanguage: en\n---\n# A model\n")
    return folder


def write_tokenizer(folder: Path) -> None:
    """Byte-level BPE with SmolLM's split rule, trained on the mixed texts, special tokens first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=list(SPECIAL),
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator([t for t in mixed_texts() if "<|" not in t] * 3, trainer=trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "GPT2Tokenizer",
        "eos_token": "<|im_end|>",
        "bos_token": {"__type": "AddedToken", "content": "<|im_start|>"},
        "pad_token": "<|im_end|>",
        "unk_token": "<|endoftext|>",
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
