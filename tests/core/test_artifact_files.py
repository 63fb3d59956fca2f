"""File names are part of the format of a lab: older labs must still open, other tools find their files."""

from __future__ import annotations

import pytest

from glaswerk.core import artifact_files as names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MANIFEST", "manifest.json"),
        ("DOCUMENTS", "documents.parquet"),
        ("DECISIONS", "decisions.parquet"),
        ("TOMBSTONES", "tombstones.parquet"),
        ("PURGED_DOCUMENTS", "purged.parquet"),
        ("FORGOTTEN_MARKS", "forgotten.jsonl"),
        ("LAB_SETTINGS", "lab.toml"),
        ("LEDGER", "ledger.db"),
        ("SHARDS_INDEX", "shards.json"),
        ("TOKENIZER", "tokenizer.json"),
        ("WEIGHTS", "model.safetensors"),
        ("MODEL_CONFIG", "config.json"),
        ("CHAT_TEMPLATE", "chat_template.jinja"),
        ("MODEL_CARD", "README.md"),
        ("REPORT_FIGURES", "report.json"),
        ("REPORT_PAGE", "report.html"),
    ],
)
def test_the_names_of_files_stay_as_labs_and_hugging_face_have_them(name: str, value: str) -> None:
    assert getattr(names, name) == value


def test_each_file_of_a_split_has_a_name_of_its_own() -> None:
    made = [names.tokens_file("train"), names.mask_file("train"), names.spans_file("train")]
    assert made == ["train.bin", "train.mask.bin", "train.spans.parquet"]
    assert names.tokens_file("chat") != names.tokens_file("train")


def test_no_two_names_are_the_same_file() -> None:
    values = [value for name, value in vars(names).items() if name.isupper()]
    assert len(values) == len(set(values))
