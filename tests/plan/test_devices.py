"""Devices are found by the names that people and drivers give them, and never mistaken for a relative."""

from __future__ import annotations

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.devices import DEVICES, device_named, recognised


def test_a_device_that_is_not_in_the_table_is_refused_with_those_that_are() -> None:
    with pytest.raises(GlaswerkError, match=r"h200, h100.*found 'abacus'"):
        device_named("abacus")
    assert device_named("RTX 4090").name == "RTX 4090"
    assert recognised("NVIDIA H200") is DEVICES["h200"]
    assert recognised("NVIDIA GeForce RTX 4090") is DEVICES["rtx4090"]
    assert recognised("NVIDIA T4") is None
    # Cut-down relatives of a device of the table do not pass for it.
    assert recognised("NVIDIA A100X") is None
    assert recognised("NVIDIA A10G") is None


@pytest.mark.parametrize("key", sorted(DEVICES))
def test_a_device_has_figures_that_can_be(key: str) -> None:
    device = DEVICES[key]
    assert 10 < device.teraflops < 5000
    assert 8 <= device.gigabytes <= 512
    assert 0 < device.utilisation < 1
    assert device.watts is None or 50 < device.watts < 2000
    assert device_named(key.upper()) is device


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H100 PCIe", None),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", None),
        ("NVIDIA A100-SXM4-80GB", "a100"),
        ("NVIDIA L40S", "l40s"),
        ("nvidia geforce rtx 4090", "rtx4090"),
        ("NVIDIA A10", "a10"),
        ("", None),
        ("AMD Instinct MI300X", None),
        ("NVIDIA GeForce RTX 4090D", None),
        ("NVIDIA L40", None),
    ],
)
def test_a_drivers_name_means_its_device_or_none(name: str, key: str | None) -> None:
    assert recognised(name) is (DEVICES[key] if key else None)


@pytest.mark.parametrize("name", ["", "h", "h1000", "cpu"])
def test_an_unknown_name_is_refused_with_the_command_that_measures(name: str) -> None:
    with pytest.raises(GlaswerkError, match="--device takes") as error:
        device_named(name)
    assert "glaswerk plan --probe" in str(error.value.hint)
