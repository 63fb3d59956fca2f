"""The lab's own certificate authority: certificates with which it signs pictures.

Others trust it once they take its certificate as an anchor. It proves that pictures come from this lab and
were not changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glaswerk.release.marking.certificates import certificates
from glaswerk.release.marking.keys import AUTHORITY, CERTIFICATES, SIGNING_KEY, making, write_secret


@dataclass(frozen=True, slots=True)
class Authority:
    """PEM texts: the private key of the signer, its chain of certificates, and the anchor to trust."""

    key: bytes
    chain: bytes
    anchor: bytes

    @classmethod
    def of(cls, root: Path) -> Authority:
        """Of the lab at `root`; made at first use. The private key of the authority itself is not kept."""
        with making(root) as folder:
            paths = [folder / name for name in (SIGNING_KEY, CERTIFICATES, AUTHORITY)]
            # The anchor is written last: all three belong together.
            if not paths[-1].exists():
                for path, data in zip(paths, certificates(), strict=True):
                    write_secret(path, data)
            return cls(*(path.read_bytes() for path in paths))
