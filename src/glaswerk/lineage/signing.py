"""Signatures of models, made and checked offline with a local key (OpenSSF Model Signing, `model-signing`).

A signature is a sigstore bundle: an in-toto statement with the SHA-256 of every file, signed with ECDSA. The
packages are the extra `sign`: 21 packages of 38.6 MB (Python 3.11, x86-64), 15.6 MB of them cryptography.
"""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.extras import load_extra
from glaswerk.core.files import sweep_temporaries, temporary_of, write_atomic

SUFFIX = ".sig"
# A signature has about 200 bytes for each file of the model.
_LARGEST = 64 << 20
# The names in sigstore bundles; the library accepts no others.
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
# The library lists the differences as quoted texts; for a changed file it adds both digests as bytes.
_DIGESTS = re.compile(r""": Expected .*?(?=["'](?:, ["']|\]$))""", re.DOTALL)
_LONGEST = 1000


def new_key(path: Path) -> Path:
    """Write a new private key (ECDSA P-256, PEM, mode 0600) and its public key; returns the latter's path.

    Raises GlaswerkError if either file exists: an overwritten key is lost.
    """
    ec, serialization = _module("cryptography.hazmat.primitives.asymmetric.ec"), _serialization()
    public = path.with_name(path.name + ".pub")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    shown = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    for file in (path, public):
        if file.exists() or file.is_symlink():
            raise GlaswerkError(f"{file} exists already", hint="name another file: keys are not overwritten")
    _write_new(path, secret, 0o600)
    _write_new(public, shown, 0o644)
    return public


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """Never follows a link, and never overwrites a file that was created in the meantime."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sign(folder: Path, key: Path, signature: Path) -> None:
    """Sign every file of a folder with a private key and write the signature.

    No other process may be writing to the folder. Raises GlaswerkError for an unusable key, a link in the
    folder, or a signature inside it.
    """
    signing = _module("model_signing.signing")
    if signature.resolve().is_relative_to(folder.resolve()):
        raise GlaswerkError(
            f"the signature {signature} would be among the files that it signs",
            hint=f"write it next to the folder: --to {folder.name}{SUFFIX}",
        )
    _check_key(key, private=True)
    config = signing.Config().set_hashing_config(_every_file()).use_elliptic_key_signer(private_key=key)
    sweep_temporaries(signature.parent, of=signature.name)
    temporary = temporary_of(signature)
    try:
        config.sign(folder, temporary)
        write_atomic(signature, temporary.read_bytes())
    except ValueError as error:
        raise GlaswerkError(f"{folder} cannot be signed: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def check_signature(folder: Path, signature: Path, public_key: Path) -> None:
    """Return if the signature was made with that key over exactly the files in the folder.

    Otherwise raises GlaswerkError saying what differs: the key, the signature, or which files.
    """
    verifying = _module("model_signing.verifying")
    invalid = _module("cryptography.exceptions").InvalidSignature
    _check_key(public_key, private=False)
    _check_form(signature)
    config = verifying.Config().set_hashing_config(_every_file())
    config.use_elliptic_key_verifier(public_key=public_key)
    try:
        config.verify(folder, signature)
    except invalid as error:
        raise _refused(signature, "it was altered") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _refused(signature, _reason(error)) from error


def _every_file() -> Any:
    """SHA-256 of each file. By default git's files are left out, so that one could be added unnoticed."""
    config = _module("model_signing.hashing").Config().use_file_serialization()
    return config.set_ignored_paths(paths=[], ignore_git_paths=False)


def _check_form(signature: Path) -> None:
    """Check that the file is a signature and names its key: without a key, the library only prints a warning.

    Every byte must be as `sign` wrote it, even where another spelling would decode to the same.
    """
    try:
        if signature.stat().st_size > _LARGEST:
            raise _refused(signature, f"expected at most {_LARGEST:,} bytes")
        said = json.loads(signature.read_bytes())
        names_key = bool(said["verificationMaterial"]["publicKey"]["hint"])
        envelope = said["dsseEnvelope"]
        (signed,) = envelope["signatures"]
        plain = (
            signed.keys() <= {"sig", "keyid"} and _is_plain(envelope["payload"]) and _is_plain(signed["sig"])
        )
    except FileNotFoundError as error:
        raise GlaswerkError(f"there is no signature {signature}", hint="--signature FILE") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _refused(signature, "it is not a signature as `glaswerk sign` writes it") from error
    if not names_key or not plain:
        raise _refused(signature, "it is not a signature as `glaswerk sign` writes it")


def _is_plain(text: str) -> bool:
    """Whether base64 is in its one canonical form."""
    return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text


def _check_key(path: Path, *, private: bool) -> None:
    """Raises GlaswerkError for a file without a key of that kind on a curve that the format supports."""
    serialization, ec = _serialization(), _module("cryptography.hazmat.primitives.asymmetric.ec")
    try:
        data = path.read_bytes()
        if private:
            found = serialization.load_pem_private_key(data, None)
        else:
            found = serialization.load_pem_public_key(data)
    except (OSError, ValueError, TypeError, _module("cryptography.exceptions").UnsupportedAlgorithm):
        found = None
    wanted = ec.EllipticCurvePrivateKey if private else ec.EllipticCurvePublicKey
    if not isinstance(found, wanted) or found.curve.name not in _CURVES:
        raise GlaswerkError(
            f"expected the PEM file of a {'private' if private else 'public'} elliptic-curve key "
            f"({', '.join(_CURVES)}) without a password, found {path}",
            hint="glaswerk sign --new-key KEY writes KEY and KEY.pub",
        )


def _reason(error: Exception) -> str:
    words = str(error)
    if words.startswith("Key mismatch"):
        return "it was made with another key"
    if not isinstance(error, ValueError):
        return f"it is incomplete ({error!r})"
    return _DIGESTS.sub("", words)[:_LONGEST]


def _refused(signature: Path, why: str) -> GlaswerkError:
    return GlaswerkError(
        f"the signature {signature} is not valid: {why}",
        hint="do not use the model; fetch it, its signature and the key again from whoever made it",
    )


def _serialization() -> Any:
    return _module("cryptography.hazmat.primitives.serialization")


def _module(name: str) -> Any:
    return load_extra(name, "sign", "signatures")
