"""Copies of a lab that other tests have open."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

# Each server loads its model anew, and this engine needs no compiling.
TORCH = '\n[serve]\nengine = "torch"\n'
# What servers of other tests stored.
OTHERS = ("answers", "accounts.db*", "stored.db*")


def copied(folder: Path, to: Path) -> None:
    """Copy a lab's folder, without OTHERS.

    A process of its own copies: whoever opens and closes a database of SQLite drops the locks that his whole
    process has on it, and the next program that closes the database may remove its log from under us.
    """
    subprocess.run(["cp", "-a", "--", folder, to], check=True)
    for found in [found for pattern in OTHERS for found in to.rglob(pattern)]:
        shutil.rmtree(found) if found.is_dir() else found.unlink()


def add_settings(folder: Path, text: str) -> None:
    """Add lines to a lab.toml that may have TORCH; a table [serve] of `text` goes on with it."""
    file = folder / "lab.toml"
    before, head = file.read_text(), "[serve]\n"
    if head in text and TORCH in before:
        before = before.replace(TORCH, "")
        text = text if "engine" in text else text.replace(head, TORCH.lstrip())
    file.write_text(f"{before}\n{text}\n")
