"""Upstreams in lab.toml: what is none is refused with its place, and no password is repeated."""

from __future__ import annotations

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.upstreams.settings import Upstream, upstreams_of


def read(lab: Lab, text: str) -> list[Upstream]:
    with (lab.root / "lab.toml").open("a") as file:
        file.write("\n" + text)
    return upstreams_of(Lab.open(lab.root))


def test_a_lab_without_the_table_has_none(empty_lab: Lab) -> None:
    assert upstreams_of(empty_lab) == []


def test_url_key_and_models_are_read(empty_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[serve.upstreams.box]\nurl = "https://example.org/v1/"\nkey_env = "BOX"\nmodels = ["a", "b"]\n'
    (found,) = read(empty_lab, text)
    assert (found.name, found.url, found.models) == ("box", "https://example.org/v1", ("a", "b"))
    monkeypatch.setenv("BOX", "sk-1")
    assert found.key() == "sk-1"
    monkeypatch.delenv("BOX")
    with pytest.raises(GlaswerkError, match="environment variable BOX"):
        found.key()


@pytest.mark.parametrize(
    "text",
    [
        '[serve]\nupstreams = "ollama"\n',
        '[serve.upstreams."Bad Name"]\nurl = "http://a/v1"\n',
        "[serve.upstreams.a]\n",
        '[serve.upstreams.a]\nurl = "ftp://a/v1"\n',
        '[serve.upstreams.a]\nurl = "http://a:99999999/v1"\n',
        '[serve.upstreams.a]\nurl = "http:///v1"\n',
        '[serve.upstreams.a]\nurl = "http://a/v1?x=1"\n',
        '[serve.upstreams.a]\nurl = "http://a/v1"\nkey = "sk"\n',
        '[serve.upstreams.a]\nurl = "http://a/v1"\nkey_env = "A B"\n',
        '[serve.upstreams.a]\nurl = "http://a/v1"\nmodels = "m"\n',
    ],
)
def test_what_is_no_upstream_is_refused_with_its_place(empty_lab: Lab, text: str) -> None:
    with pytest.raises(GlaswerkError, match=r"serve\.upstreams") as found:
        read(empty_lab, text)
    assert found.value.hint


def test_a_password_in_a_url_is_refused_and_not_repeated(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError) as found:
        read(empty_lab, '[serve.upstreams.a]\nurl = "http://me:geheim@a/v1"\n')
    assert "geheim" not in str(found.value)
