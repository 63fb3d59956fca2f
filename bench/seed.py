"""What a seed of the fuzzer is, and the containers that seeds are packed into."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Seed:
    """A file to damage: the verb that reads it, its name, its content, and what wraps the damaged content.

    `messages`: it holds private messages, which are read only if the user asks for them.
    """

    verb: str
    name: str
    content: bytes
    wrap: Callable[[bytes], bytes] = bytes
    messages: bool = False


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in files.items():
            container.writestr(name, data)
    return out.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as container:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            container.addfile(member, io.BytesIO(data))
    return out.getvalue()


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)
