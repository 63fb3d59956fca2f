"""Signatures: made and checked with a local key; whatever is changed afterwards is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lineage.signing import check_signature, new_key, sign

pytest.importorskip("model_signing", reason='pip install "glaswerk[sign]"')
pytest.importorskip("OpenSSL", reason='pip install "glaswerk[sign]"')

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `model`, `model.sig`, `key` and `key.pub`."""
    folder = tmp_path_factory.mktemp("signed")
    model = folder / "model"
    (model / "part").mkdir(parents=True)
    (model / "part" / "model.safetensors").write_bytes(bytes(range(256)))
    (model / "config.json").write_text("{}")
    new_key(folder / "key")
    sign(model, folder / "key", folder / "model.sig")
    return folder


@pytest.fixture
def own(signed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(signed, tmp_path / "own")


NEW_KEY = "glaswerk sign --new-key KEY writes KEY and KEY.pub"
ADVICE = "do not use the model; fetch it, its signature and the key again from whoever made it"


def refused(folder: Path, match: str) -> str | None:
    """The hint of the error, whose message must match."""
    with pytest.raises(GlaswerkError, match=match) as error:
        check_signature(folder / "model", folder / "model.sig", folder / "key.pub")
    return error.value.hint


def test_a_signature_holds_also_where_the_folder_was_moved_and_renamed(own: Path) -> None:
    assert check_signature(own / "model", own / "model.sig", own / "key.pub") is None
    (own / "model").rename(own / "other")
    assert check_signature(own / "other", own / "model.sig", own / "key.pub") is None


def test_the_private_key_is_for_its_owner_alone_and_never_overwritten(own: Path) -> None:
    assert (own / "key").stat().st_mode & 0o777 == 0o600
    before = (own / "key").read_bytes()
    with pytest.raises(GlaswerkError, match="exists already"):
        new_key(own / "key")
    (own / "key").unlink()
    with pytest.raises(GlaswerkError, match="pub exists already"):
        new_key(own / "key")
    assert not (own / "key").exists()
    assert before.startswith(b"-----BEGIN PRIVATE KEY-----")


def test_one_byte_of_the_model_is_enough_and_its_file_is_named(own: Path) -> None:
    file = own / "model" / "part" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert (
        refused(
            own, r"is not valid: Signature mismatch: \[\"Hash mismatch for 'part/model.safetensors'\"\]\n"
        )
        == ADVICE
    )


@pytest.mark.parametrize("name", ["more.txt", ".gitattributes", "part/.hidden"])
def test_a_file_that_was_added_is_refused(own: Path, name: str) -> None:
    (own / "model" / name).write_text("")
    assert refused(own, "Extra files") == ADVICE


def test_a_file_that_was_removed_is_refused(own: Path) -> None:
    (own / "model" / "config.json").unlink()
    assert refused(own, "Missing files") == ADVICE


def test_a_link_in_the_model_is_neither_signed_nor_accepted(own: Path) -> None:
    (own / "model" / "config.json").unlink()
    (own / "model" / "config.json").symlink_to(own / "key.pub")
    assert refused(own, "is not valid") == ADVICE
    with pytest.raises(GlaswerkError, match="cannot be signed"):
        sign(own / "model", own / "key", own / "new.sig")
    assert not (own / "new.sig").exists()


def test_another_key_is_refused(own: Path) -> None:
    (own / "key.pub").unlink()
    new_key(own / "other").replace(own / "key.pub")
    assert refused(own, "another key") == ADVICE


def test_a_changed_payload_signature_or_key_name_is_refused(own: Path) -> None:
    written = (own / "model.sig").read_text()
    said = json.loads(written)
    envelope = said["dsseEnvelope"]
    hint = said["verificationMaterial"]["publicKey"]["hint"]
    for part in (envelope["payload"], envelope["signatures"][0]["sig"], hint):
        place = len(part) // 2
        other = "A" if part[place] != "A" else "B"
        changed = part[:place] + other + part[place + 1 :]
        (own / "model.sig").write_text(written.replace(part, changed))
        assert refused(own, "is not valid") == ADVICE
    (own / "model.sig").write_text(written.replace('"hint"', '"hinx"'))
    assert refused(own, "not a signature as") == ADVICE


def test_no_byte_of_a_signature_can_be_changed(own: Path) -> None:
    written = (own / "model.sig").read_bytes()
    # Every seventh byte, and all of its end, which holds the names of fields that nothing covers.
    for place in sorted({*range(0, len(written), 7), *range(len(written) - 60, len(written))}):
        changed = bytearray(written)
        changed[place] ^= 1
        (own / "model.sig").write_bytes(bytes(changed))
        assert refused(own, "is not valid") == ADVICE


@pytest.mark.parametrize(
    "written", [b"", b"{}", b"[]", b"\xff\xfe", b'{"verificationMaterial": 1}', b"[" * 100_000]
)
def test_a_file_that_is_no_signature_is_refused_in_words(own: Path, written: bytes) -> None:
    (own / "model.sig").write_bytes(written)
    assert refused(own, "not a signature as `glaswerk sign` writes it") == ADVICE


def test_a_missing_signature_and_a_key_that_is_none_are_named(own: Path) -> None:
    (own / "model.sig").unlink()
    assert refused(own, "there is no signature") == "--signature FILE"
    (own / "key.pub").write_text("no key")
    assert refused(own, "public elliptic-curve key") == NEW_KEY
    with pytest.raises(GlaswerkError, match="private elliptic-curve key"):
        sign(own / "model", own / "key.pub", own / "new.sig")


@pytest.mark.parametrize("kind", ["rsa", "ed25519", "another curve", "with a password"])
def test_a_key_of_another_kind_is_refused_in_words(own: Path, kind: str) -> None:
    secret: Any = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "another curve": lambda: ec.generate_private_key(ec.SECP256K1()),
        "with a password": lambda: ec.generate_private_key(ec.SECP256R1()),
    }[kind]()
    locked = kind == "with a password"
    lock = serialization.BestAvailableEncryption(b"x") if locked else serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    (own / "key").write_bytes(secret.private_bytes(pem, serialization.PrivateFormat.PKCS8, lock))
    with pytest.raises(GlaswerkError, match="private elliptic-curve key"):
        sign(own / "model", own / "key", own / "new.sig")
    if not locked:
        (own / "key.pub").write_bytes(secret.public_key().public_bytes(pem, form))
        assert refused(own, "public elliptic-curve key") == NEW_KEY


def test_a_signature_among_the_files_that_it_signs_is_refused(own: Path) -> None:
    with pytest.raises(GlaswerkError, match="among the files"):
        sign(own / "model", own / "key", own / "model" / "model.sig")
