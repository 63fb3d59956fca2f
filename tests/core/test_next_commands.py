"""Commands in hints name the artifact they are about and move damaged things aside, never away."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from glaswerk.core.next_commands import aside, curate_command, index_command, pack_command


@pytest.mark.parametrize(
    ("shards", "command"),
    [
        ("main.main", "glaswerk pack"),
        ("main.smollm2", "glaswerk pack --tokenizer smollm2"),
        ("notes.main", "glaswerk pack --corpus notes"),
        ("notes.smollm2", "glaswerk pack --corpus notes --tokenizer smollm2"),
    ],
)
def test_shards_are_packed_from_what_their_name_says(shards: str, command: str) -> None:
    assert pack_command(shards) == command


def test_the_default_names_are_left_out() -> None:
    assert index_command("main.main") == "glaswerk index"
    assert index_command("main.smollm2") == "glaswerk index --shards main.smollm2"
    assert curate_command("main") == "glaswerk curate"
    assert curate_command("notes") == "glaswerk curate --name notes"


def test_what_is_moved_aside_is_kept_each_time_under_another_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    for text in ("first", "second"):
        folder.mkdir()
        (folder / "documents").write_text(text)
        subprocess.run(aside(folder, "true"), shell=True, check=True)
        assert not folder.exists()
    kept = sorted((found / "documents").read_text() for found in tmp_path.iterdir())
    assert kept == ["first", "second"]
