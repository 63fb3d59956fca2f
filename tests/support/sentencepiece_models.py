"""Small SentencePiece models, and weights that come with one instead of a tokenizer.json."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from mixed_texts import mixed_texts
from open_models import write_open_model

LLAMA = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
    "{% else %} {{ m.content }} {{ eos_token }}{% endif %}{% endfor %}"
)
# An answer follows a line break, so that no space is before its first word.
LINES = (
    "{% for m in messages %}{{ m.role }}:\n{{ m.content }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:\n{% endif %}"
)
PLAIN: dict[str, Any] = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}


def trained(**settings: Any) -> bytes:
    """A model that the library trains on the mixed texts, as Llama 2's was unless the settings differ."""
    import sentencepiece

    chosen = {
        "model_type": "bpe",
        "vocab_size": 600,
        "byte_fallback": True,
        "character_coverage": 0.98,
        "hard_vocab_limit": False,
        "minloglevel": 2,
        **PLAIN,
        **settings,
    }
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([text for text in mixed_texts() if text.strip()] * 3),
        model_writer=written,
        **chosen,
    )
    return written.getvalue()


def write_model(folder: Path, template: str = LLAMA, **settings: Any) -> Path:
    """A folder of weights with `tokenizer.model` and a config, but no `tokenizer.json`."""
    write_open_model(folder)
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.model").write_bytes(trained(**settings))
    config = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": template}))
    return folder
