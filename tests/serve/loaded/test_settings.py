"""What [serve] memory and [serve.models.NAME] of lab.toml may say."""

from __future__ import annotations

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.offers.settings import OfferSettings, size_of


@pytest.mark.parametrize(
    ("text", "size"),
    [("8 GB", 8 * 10**9), ("512 MiB", 512 << 20), ("1.5gb", 15 * 10**8), ("7 B", 7), (123, 123), (0, 0)],
)
def test_a_size_is_bytes_or_a_number_with_a_unit(text: str | int, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize(
    "text", ["8", "GB", "-1 GB", "0 GB", "8 GBB", "1e3 MB", -1, 1.5, True, None, [], "9" * 50]
)
def test_what_is_no_size_is_quoted(text: object) -> None:
    with pytest.raises(GlaswerkError, match=r"\[serve\] memory"):
        size_of(text)


def lab_with(lab: Lab, text: str) -> Lab:
    with (lab.root / "lab.toml").open("a") as file:
        file.write(f"\n{text}\n")
    return Lab.open(lab.root)


def test_a_table_of_a_model_goes_before_what_all_models_have(empty_lab: Lab) -> None:
    table = '[serve.models.town]\nmodel = "base"\nengine = "openvino"\nweights = "int8"'
    found = OfferSettings.of(lab_with(empty_lab, f'[serve]\nengine = "torch"\n{table}'))
    town, other = found.models["town"], found.model(Lab.open(empty_lab.root), "other")
    assert (town.model, town.engine, town.weights) == ("base", "openvino", "int8")
    assert (other.model, other.engine, other.weights) == ("other", "torch", "f32")


@pytest.mark.parametrize(
    "text",
    [
        "[serve]\nmodels = 3",
        '[serve]\ndelete = "yes"',
        "[serve.models]\nchat = 3",
        "[serve.models.chat]\nengin = 'torch'",
        "[serve.models.chat]\nengine = 'tgi'",
        "[serve.models.chat]\nweights = 3",
        "[serve.models.chat]\nmodel = ''",
        "[serve.models.'a b']",
        "[serve.models.'../x']",
        "[serve.models.chat]\nvllm = { max-model-len = 100 }",
        "[serve.models.chat]\nengine = 'vllm'\nvllm = { trust-remote-code = true }",
        "[serve.models.chat]\nengine = 'vllm'\nvllm = { dtype = '--trust-remote-code' }",
        "[serve.models.chat]\nengine = 'vllm'\nvllm = { max-model-len = [1] }",
    ],
)
def test_what_is_no_setting_is_quoted_with_its_place(empty_lab: Lab, text: str) -> None:
    with pytest.raises(GlaswerkError, match=r"\[serve\] (models|delete)"):
        OfferSettings.of(lab_with(empty_lab, text))
