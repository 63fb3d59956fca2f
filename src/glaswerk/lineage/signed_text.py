"""Signatures of small files (ECDSA P-256 over SHA-256), kept beside them: who stands for these bytes.

What is signed begins with what it is for, so that a signature of a policy is none of a resumption. A key is
named by the SHA-256 of its public half. Keys are those of `glaswerk sign --new-key`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.extras import load_extra

Signature = dict[str, str]
_MAKE = "glaswerk sign --new-key KEY writes KEY and KEY.pub"


def signed(purpose: str, data: bytes, key: Path) -> Signature:
    """The signature of `data` by the private key in a PEM file: {"key": its name, "signature": base64}.

    Raises GlaswerkError for a file without such a key.
    """
    private = _private(key)
    made = private.sign(_bytes(purpose, data), _ecdsa())
    return {"key": _name(private.public_key()), "signature": base64.b64encode(made).decode()}


def signers(
    purpose: str, data: bytes, signatures: Iterable[Mapping[str, Any]], keys: Mapping[str, str]
) -> set[str]:
    """Which of `keys` (name of a person → public key, PEM) signed these bytes; a wrong signature is none."""
    by_name = {key_name(pem): person for person, pem in keys.items()}
    found = set()
    for one in signatures:
        person = by_name.get(str(one.get("key")))
        if person is not None and _is_valid(purpose, data, one, keys[person]):
            found.add(person)
    return found


def key_name(pem: str) -> str:
    """`sha256:…` of a public key. Raises GlaswerkError for a text without one."""
    return _name(_public(pem))


def public_of(key: Path) -> str:
    """The public half, PEM, of the private key in a file."""
    serialization = _part("hazmat.primitives.serialization")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(_private(key).public_key().public_bytes(serialization.Encoding.PEM, form).decode())


def canonical(value: Any) -> bytes:
    """JSON with one spelling: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _bytes(purpose: str, data: bytes) -> bytes:
    return f"glaswerk {purpose} {len(data)}\n".encode() + data


def _is_valid(purpose: str, data: bytes, one: Mapping[str, Any], pem: str) -> bool:
    try:
        raw = base64.b64decode(str(one.get("signature")), validate=True)
        _public(pem).verify(raw, _bytes(purpose, data), _ecdsa())
    except (ValueError, _part("exceptions").InvalidSignature):
        return False
    return True


def _private(path: Path) -> Any:
    try:
        found = _part("hazmat.primitives.serialization").load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, _part("exceptions").UnsupportedAlgorithm):
        found = None
    if not isinstance(found, _part("hazmat.primitives.asymmetric.ec").EllipticCurvePrivateKey):
        raise GlaswerkError(
            f"expected the PEM file of a private elliptic-curve key without a password, found {path}",
            hint=_MAKE,
        )
    return found


def _public(pem: str) -> Any:
    try:
        found = _part("hazmat.primitives.serialization").load_pem_public_key(pem.encode())
    except (ValueError, TypeError, _part("exceptions").UnsupportedAlgorithm):
        found = None
    if not isinstance(found, _part("hazmat.primitives.asymmetric.ec").EllipticCurvePublicKey):
        raise GlaswerkError(f"expected a public elliptic-curve key (PEM), found {pem!r:.60}", hint=_MAKE)
    return found


def _name(public: Any) -> str:
    serialization = _part("hazmat.primitives.serialization")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return "sha256:" + hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def _ecdsa() -> Any:
    return _part("hazmat.primitives.asymmetric.ec").ECDSA(_part("hazmat.primitives.hashes").SHA256())


def _part(name: str) -> Any:
    return load_extra(f"cryptography.{name}", "sign", "signatures")
