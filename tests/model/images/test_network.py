"""The picture network: patches, and parameters as diffusers names them."""

from __future__ import annotations

import pytest
import torch

from glaswerk.model.images.network import NetworkShape, PictureNetwork, from_patches, initialise, to_patches

SHAPE = NetworkShape(width=32, heads=2, layers=2, patch=4, text_width=16)


@pytest.mark.parametrize("size", [(8, 8), (8, 16)])
def test_patches_come_back_as_the_picture(size: tuple[int, int]) -> None:
    pictures = torch.randn(2, 3, *size)
    patches = to_patches(pictures, 4)
    assert patches.shape == (2, size[0] * size[1] // 16, 48)
    assert torch.equal(from_patches(patches, 4, *size), pictures)


@pytest.mark.parametrize("bottleneck", [0, 8])
def test_parameters_have_the_names_and_shapes_of_diffusers(bottleneck: int) -> None:
    diffusers = pytest.importorskip("diffusers")
    shape = NetworkShape(32, 2, 2, 4, 16, bottleneck=bottleneck)
    theirs = diffusers.PRXTransformer2DModel(**shape.config()).state_dict()
    ours = PictureNetwork(shape).state_dict()
    assert {name: p.shape for name, p in ours.items()} == {name: p.shape for name, p in theirs.items()}


def test_a_new_network_predicts_grey_and_depends_on_nothing() -> None:
    network = PictureNetwork(SHAPE)
    initialise(network, torch.Generator().manual_seed(0))
    mask = torch.ones(2, 3, dtype=torch.bool)
    found = network(torch.randn(2, 3, 8, 8), torch.rand(2), torch.randn(2, 3, 16), mask)
    assert torch.equal(found, torch.zeros(2, 3, 8, 8))


def test_what_is_masked_changes_nothing() -> None:
    network = PictureNetwork(SHAPE)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    noisy, times, states = torch.randn(1, 3, 8, 8), torch.rand(1), torch.randn(1, 3, 16)
    short = network(noisy, times, states[:, :2], torch.ones(1, 2, dtype=torch.bool))
    mask = torch.tensor([[True, True, False]])
    assert torch.allclose(network(noisy, times, states, mask), short, atol=1e-5)
    mask[0, 2] = True
    assert not torch.allclose(network(noisy, times, states, mask), short, atol=1e-5)


def test_a_config_of_another_network_is_named() -> None:
    config = SHAPE.config()
    assert NetworkShape.of_config(config) == SHAPE
    with pytest.raises(ValueError, match="in_channels 3, found 16"):
        NetworkShape.of_config(config | {"in_channels": 16})
