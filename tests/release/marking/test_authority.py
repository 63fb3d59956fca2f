"""The lab's certificates: what they allow, and that a lost file is not mixed with a new one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from glaswerk.release.marking.authority import Authority
from glaswerk.release.marking.keys import AUTHORITY, watermark_key, write_secret


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.of(tmp_path)


def test_the_chain_ends_at_the_anchor(authority: Authority) -> None:
    signer, top = x509.load_pem_x509_certificates(authority.chain)
    (anchor,) = x509.load_pem_x509_certificates(authority.anchor)
    assert top == anchor
    signer.verify_directly_issued_by(anchor)
    anchor.verify_directly_issued_by(anchor)


def test_the_key_belongs_to_the_signer_and_is_on_p256(authority: Authority) -> None:
    key = load_pem_private_key(authority.key, None)
    signer = x509.load_pem_x509_certificates(authority.chain)[0]
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"
    assert key.public_key() == signer.public_key()


def test_the_signer_may_sign_and_nothing_else(authority: Authority) -> None:
    signer, top = x509.load_pem_x509_certificates(authority.chain)
    usage = signer.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert not signer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    constraints = top.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)


def test_certificates_are_valid_now_and_for_years(authority: Authority) -> None:
    now = datetime.now(UTC)
    for certificate in x509.load_pem_x509_certificates(authority.chain):
        assert certificate.not_valid_before_utc <= now
        assert certificate.not_valid_after_utc > now + timedelta(days=365 * 4)


def test_if_one_file_is_lost_all_are_made_again(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "keys" / AUTHORITY).unlink()
    again = Authority.of(tmp_path)
    assert again != authority
    assert again == Authority.of(tmp_path)
    signer = x509.load_pem_x509_certificates(again.chain)[0]
    signer.verify_directly_issued_by(x509.load_pem_x509_certificates(again.anchor)[0])


def test_two_labs_have_other_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert Authority.of(tmp_path / "one").key != Authority.of(tmp_path / "two").key
    assert watermark_key(tmp_path / "one") != watermark_key(tmp_path / "two")
    assert len(watermark_key(tmp_path / "one")) == 32


def test_a_secret_replaces_what_a_killed_process_left(tmp_path: Path) -> None:
    import os

    (tmp_path / f".a.key.{os.getpid()}.tmp").write_bytes(b"half")
    write_secret(tmp_path / "a.key", b"whole")
    assert (tmp_path / "a.key").read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600
