"""What a reader of a format gives, and how it says that a file is in no format that is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError

# (suffix of the id after the file's name, fields) of every document in a file.
Rows = Iterator[tuple[str, Mapping[str, Any]]]


class UnsupportedFile(GlaswerkError):
    """A file in a format that is not read; inside a folder or container it is counted under `reason`."""

    def __init__(self, message: str, *, hint: str, reason: str = "unsupported_file") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
