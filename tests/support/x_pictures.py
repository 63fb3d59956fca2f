"""Small pictures, and folders, tars and Parquet files that hold them with their captions."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


def png(shade: int) -> bytes:
    """A picture of 8 by 6 pixels in one colour."""
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (shade, 90, 40)).save(file, "PNG")
    return file.getvalue()


RED, BLUE = png(200), png(20)


def folder(path: Path, files: Mapping[str, bytes | str]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows: object) -> str:
    """JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def tar(path: Path, files: Mapping[str, bytes | str]) -> Path:
    """A tar file, compressed if its name ends in gz."""
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as container:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            container.addfile(member, io.BytesIO(data))
    return path


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A Parquet file with these rows."""
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path
