"""The lab's secrets for marks, made at first use: files that only their owner may read."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glaswerk.core.files import create_private, fsync_path

FOLDER, LOCK = "keys", ".lock"
WATERMARK_KEY, SIGNING_KEY, CERTIFICATES, AUTHORITY = (
    "watermark.key",
    "c2pa.key",
    "c2pa-chain.pem",
    "c2pa-authority.pem",
)


def keys_folder(root: Path) -> Path:
    """The folder of the secrets in the lab at `root`, made if it is missing."""
    folder = root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def making(root: Path) -> Iterator[Path]:
    """The folder of the secrets, while no other thread or process makes some in it."""
    folder = keys_folder(root)
    create_private(folder / LOCK)
    with (folder / LOCK).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder


def write_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, under a temporary name first."""
    staging = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    staging.unlink(missing_ok=True)
    create_private(staging)
    staging.write_bytes(data)
    fsync_path(staging)
    os.rename(staging, path)


def watermark_key(root: Path) -> bytes:
    """The key of the lab's watermark: 32 random bytes. Whoever has it can detect it, and remove it."""
    with making(root) as folder:
        path = folder / WATERMARK_KEY
        if not path.exists():
            write_secret(path, secrets.token_bytes(32))
        return path.read_bytes()
