"""Both marks of a picture: the watermark first, since it changes pixels, then the signed credentials."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.pictures.check import check
from glaswerk.release.marking import credentials, watermark
from glaswerk.release.marking.authority import Authority
from glaswerk.release.marking.credentials import Credentials
from glaswerk.release.marking.keys import watermark_key

_KINDS = {"jpg": "jpeg", "png": "png", "webp": "webp"}
_READ_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks and recognises the pictures of one lab."""

    authority: Authority
    key: bytes

    @classmethod
    def of(cls, root: Path) -> Marker:
        """With the keys of the lab at `root`, made at first use."""
        return cls(Authority.of(root), watermark_key(root))

    def file(
        self, image: Image.Image, kind: str, generation: Mapping[str, Any], *, quality: int = 95
    ) -> bytes:
        """The marked picture as a file of `kind`: png, jpeg or webp; the latter two of `quality` 0 to 100."""
        buffer = io.BytesIO()
        options = {} if kind == "png" else {"quality": quality}
        watermark.embed(image, self.key).save(buffer, kind.upper(), **options)
        return credentials.sign(buffer.getvalue(), kind, generation, self.authority)

    def inspect(self, data: bytes) -> Credentials:
        """The credentials in a picture. Raises GlaswerkError for what is no PNG, JPEG or WebP."""
        return credentials.read(data, kind_of(data), self.authority.anchor)

    def score(self, data: bytes) -> float:
        """The watermark's score: see `watermark`. Raises GlaswerkError for what is no picture."""
        kind_of(data)
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            return watermark.score(image, self.key)


def kind_of(data: bytes) -> str:
    """png, jpeg or webp. Raises GlaswerkError for anything else, and for broken and oversized pictures."""
    found = check(data)
    if isinstance(found, str) or found.suffix not in _KINDS:
        reason = found if isinstance(found, str) else "unsupported_picture"
        raise GlaswerkError(
            f"expected a complete PNG, JPEG or WebP, found {len(data):,} bytes ({reason})",
            hint=f"glaswerk explain {reason}",
        )
    return _KINDS[found.suffix]


def read_file(path: Path) -> bytes:
    """The bytes of a picture's file. Raises GlaswerkError if it is too large."""
    size = path.stat().st_size
    if size > _READ_BYTES:
        raise GlaswerkError(
            f"expected a picture of up to {_READ_BYTES:,} bytes, found {size:,}", hint="name one picture"
        )
    return path.read_bytes()
