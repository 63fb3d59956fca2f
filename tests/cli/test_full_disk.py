"""A full disk is an error with a hint, and leaves the lab as it was. Needs root for a small tmpfs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a tmpfs takes root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("verb", ["curate", "tokenizer"])
@pytest.mark.slow
def test_a_full_disk_gets_words_and_the_command_works_once_there_is_room(
    small_disk: Path, lab_folder: Path, verb: str
) -> None:
    lab = small_disk / "lab"
    lab.mkdir()
    for name in ("lab.toml", "ledger.db"):
        shutil.copy(lab_folder / name, lab)
    shutil.copytree(lab_folder / "sources", lab / "sources")
    if verb == "tokenizer":
        shutil.copytree(lab_folder / "corpora", lab / "corpora")
    room = small_disk / "room"
    free = shutil.disk_usage(small_disk).free
    room.write_bytes(b"x" * max(free - 40_000, 0))
    refused = _run(verb, lab)
    assert refused.returncode == 1
    assert "the disk is full" in refused.stderr
    assert "Traceback" not in refused.stderr
    room.unlink()
    assert _run(verb, lab).returncode == 0


def _run(verb: str, lab: Path) -> subprocess.CompletedProcess[str]:
    words = [verb, "--lab", str(lab)] + (["--vocab-size", "400"] if verb == "tokenizer" else [])
    return subprocess.run([sys.executable, "-m", "glaswerk", *words], capture_output=True, text=True)
