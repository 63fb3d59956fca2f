"""SHA-256 of files: the algorithm that BOMs and other tools know; the ledger's own ids are BLAKE2b-160."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
