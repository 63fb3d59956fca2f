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
# Families whose GGUF files are read back, and compared with llama.cpp.
MODEL_TYPES = tuple(_OF)
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
_UNTIED: dict[str, Any] = {"tie_word_embeddings": False, "head_dim": None}
# Every other family: small, untied unless the family ties, with what is peculiar to it.
_OF |= {
    "apertus": _UNTIED,
    "arcee": {"tie_word_embeddings": False, "head_dim": 16},
    "cohere": {"head_dim": None, "logit_scale": 0.25},
    "cohere2": {"head_dim": None, "logit_scale": 0.25, "sliding_window": 8, "num_hidden_layers": 4},
    "ernie4_5": {"head_dim": 16},
    "exaone4": {**_UNTIED, "sliding_window": 8, "sliding_window_pattern": 2},
    "gemma": {},
    "gemma2": {"sliding_window": 8, "query_pre_attn_scalar": 32, "final_logit_softcapping": 3.0},
    "gemma3n_text": {
        "num_hidden_layers": 4,
        "intermediate_size": [128] * 4,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "num_kv_shared_layers": 2,
        "vocab_size_per_layer_input": 640,
        "hidden_size_per_layer_input": 8,
        "laurel_rank": 8,
        "sliding_window": 8,
        "activation_sparsity_pattern": [0.95, 0.0, 0.0, 0.0],
        "altup_num_inputs": 2,
    },
    "glm": _UNTIED,
    "glm4": _UNTIED,
    "gpt2": {
        **dict.fromkeys(_SIZES),
        "tie_word_embeddings": True,
        "n_embd": 64,
        "n_layer": 2,
        "n_head": 4,
        "n_positions": 256,
        "n_inner": 128,
    },
    "gpt_neox": {**_UNTIED, "rotary_pct": 0.25, "num_key_value_heads": None},
    "gpt_oss": {
        **_UNTIED,
        "head_dim": 16,
        "sliding_window": 8,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
    },
    "granite": {
        "head_dim": None,
        "logits_scaling": 4.0,
        "embedding_multiplier": 3.0,
        "attention_multiplier": 0.1,
    },
    "helium": {"tie_word_embeddings": False, "head_dim": 16},
    "hunyuan_v1_dense": {"head_dim": 16},
    "ministral": {"tie_word_embeddings": False, "sliding_window": 8},
    "mistral": _UNTIED | {"sliding_window": None},
    "mixtral": {**_UNTIED, "num_local_experts": 4, "sliding_window": None},
    "nemotron": {**_UNTIED, "hidden_act": "relu2"},
    "olmo": {**_UNTIED, "clip_qkv": 4.0},
    "olmo2": _UNTIED,
    "olmo3": {**_UNTIED, "sliding_window": 8, "num_hidden_layers": 4},
    "olmoe": {**_UNTIED, "num_experts": 4, "num_experts_per_tok": 2},
    "phi": {**_UNTIED, "partial_rotary_factor": 0.5},
    "phi3": {**_UNTIED, "sliding_window": 8},
    "qwen3_moe": {**_UNTIED, **_EXPERTS, "head_dim": 16},
    "seed_oss": {"tie_word_embeddings": False, "head_dim": 16},
    "smollm3": {"head_dim": None, "num_hidden_layers": 4},
    "stablelm": {**_UNTIED, "partial_rotary_factor": 0.25},
    "starcoder2": {"head_dim": None, "sliding_window": None},
}
FAMILIES = tuple(_OF)


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
            if "norm" in name and name.endswith("weight") and not family.startswith("gemma"):
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
