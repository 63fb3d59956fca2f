"""The writer: same arguments, same bytes; what slant and rumour rate change."""

from __future__ import annotations

import filecmp
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town import write_town
from tests.town.written import Town, read_town


def test_the_same_seed_and_size_give_the_same_bytes(town: Town, tmp_path: Path) -> None:
    write_town(tmp_path, size="tiny")
    names = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(town.out) for path in town.out.rglob("*") if path.is_file())
    _, different, errors = filecmp.cmpfiles(town.out, tmp_path, [str(name) for name in names], shallow=False)
    assert (different, errors) == ([], [])


def test_another_seed_gives_another_town(town: Town, tmp_path: Path) -> None:
    write_town(tmp_path, size="tiny", seed=8)
    assert read_town(tmp_path).key["facts"] != town.key["facts"]


def test_an_unknown_size_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError) as caught:
        write_town(tmp_path / "town", size="huge")
    assert caught.value.hint
    assert not (tmp_path / "town").exists()


def test_rumour_rate_zero_means_nobody_spreads_anything(town: Town, tmp_path: Path) -> None:
    write_town(tmp_path, size="tiny", rumour_rate=0.0)
    quiet = read_town(tmp_path)
    assert all(rumour["spreaders"] for rumour in town.key["rumours"])
    assert not any(rumour["spreaders"] for rumour in quiet.key["rumours"])
    public = quiet.public_text()
    assert not [rumour["id"] for rumour in quiet.key["rumours"] if rumour["claim"] in public]
    assert quiet.key["facts"] == town.key["facts"]
    assert quiet.docs == town.docs
