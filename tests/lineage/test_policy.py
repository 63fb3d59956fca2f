"""A policy is read only with a valid signature of its own keys, and each wrong field is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lineage.policy import parse_policy, policy_template, read_policy, sign_policy
from glaswerk.lineage.signed_text import canonical, key_name, public_of, signed, signers
from glaswerk.lineage.signing import new_key

pytest.importorskip("cryptography", reason='pip install "glaswerk[sign]"')


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ada`, `ben` and `eve`."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "ben", "eve"):
        new_key(folder / name)
    return folder


@pytest.fixture
def policy(keys: Path, tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(policy_template({"ada": keys / "ada", "ben": keys / "ben"}))
    return path


def test_the_template_is_a_policy_with_tiers_at_the_limits_of_the_ai_act(policy: Path) -> None:
    found = parse_policy(policy)
    assert set(found.keys) == {"ada", "ben"}
    assert found.tier(1e22) is None
    assert found.tier(3e23).signatures == 1  # type: ignore[union-attr]
    assert found.tier(1e25).signatures == 2  # type: ignore[union-attr]
    assert found.contamination == 0.05


def test_signatures_add_up_and_end_with_a_change(policy: Path, keys: Path, tmp_path: Path) -> None:
    root = tmp_path / "lab"
    root.mkdir()
    assert read_policy(root) is None
    assert sign_policy(root, policy, keys / "ada").signers == {"ada"}
    assert sign_policy(root, policy, keys / "ben").signers == {"ada", "ben"}
    policy.write_text(policy.read_text().replace("most = 0.2", "most = 0.9"))
    assert sign_policy(root, policy, keys / "ben").signers == {"ben"}
    (root / "policy.toml").write_text(policy.read_text().replace("most = 0.9", "most = 1.0"))
    with pytest.raises(GlaswerkError, match="no valid signature"):
        read_policy(root)


def test_a_key_that_is_not_named_cannot_sign(policy: Path, keys: Path, tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="expected a key that the policy names"):
        sign_policy(tmp_path, policy, keys / "eve")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("nonsense = 1\n", "unknown field 'nonsense'"),
        ("= =\n", "invalid statement"),
        ("[keys]\n", "takes a public key"),
        ("[keys]\nada = 'no key'\n", "public elliptic-curve key"),
    ],
)
def test_a_wrong_policy_is_refused_by_its_field(tmp_path: Path, change: str, words: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(change)
    with pytest.raises(GlaswerkError) as error:
        parse_policy(path, [{"key": "sha256:0", "signature": ""}])
    assert words.casefold() in str(error.value).casefold()


def test_a_wrong_margin_names_its_field(policy: Path) -> None:
    policy.write_text(policy.read_text().replace('better = "higher"', "worse = 1", 1))
    with pytest.raises(GlaswerkError, match="worse"):
        parse_policy(policy)


def test_a_signature_is_for_one_purpose_these_bytes_and_this_key(keys: Path) -> None:
    named = {name: public_of(keys / name) for name in ("ada", "ben")}
    made = signed("policy/1", b"yes", keys / "ada")
    assert made["key"] == key_name(named["ada"])
    assert signers("policy/1", b"yes", [made], named) == {"ada"}
    assert signers("resume/1", b"yes", [made], named) == set()
    assert signers("policy/1", b"no", [made], named) == set()
    assert signers("policy/1", b"yes", [{**made, "key": key_name(named["ben"])}], named) == set()
    assert signers("policy/1", b"yes", [{**made, "signature": "?"}], named) == set()
    assert canonical({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'.encode()


def test_a_file_without_a_private_key_is_an_error_with_the_command_that_makes_one(tmp_path: Path) -> None:
    (tmp_path / "no.key").write_text("no")
    with pytest.raises(GlaswerkError, match="private elliptic-curve key") as error:
        signed("policy/1", b"", tmp_path / "no.key")
    assert "--new-key" in str(error.value.hint)
