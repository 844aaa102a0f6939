"""What a scene would cost, and what is drawn of layers that are too wide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nn_blender.core.layout.budgets import (
    INPUT_PIXELS,
    Budget,
    Shown,
    estimate,
    fair_share,
    neurons_shown,
    share_pixels,
)
from nn_blender.core.layout.row import lay_out


def test_narrow_layers_are_drawn_whole_and_wide_ones_say_what_is_missing(make_network):
    network = make_network(
        [("flat", "Flatten", (150_000,), 0), ("wide", "Dense", (4096,), 1), ("out", "Dense", (10,), 1)]
    )
    shown = neurons_shown(network)
    assert shown == {"flat": Shown(100_000, 50_000), "wide": Shown(4096), "out": Shown(10)}
    assert [layer.summary for layer in shown.values()] == ["+50,000 more", "", ""]


@pytest.mark.parametrize("most", [0, 1, 500, 5_000, 50_000, 94_123, 10**9])
def test_what_is_drawn_fits_the_budget_and_nothing_is_lost(most, known_network):
    network = known_network("resnet50")
    shown = neurons_shown(network, Budget(neurons=most, layer_neurons=10**9))
    drawn = sum(layer.neurons for layer in shown.values())
    assert drawn <= most
    assert drawn > min(most, network.neurons) - len(network.layers)
    assert all(shown[layer.path].neurons + shown[layer.path].more == layer.neurons for layer in network.layers)
    limit = max(layer.neurons for layer in shown.values())
    assert all(layer.neurons == limit for layer in shown.values() if layer.more)


def test_everybody_takes_what_is_needed_or_the_same_share():
    assert fair_share([10, 100, 100], 110) == 50
    assert fair_share([10, 20], 100) >= 20
    assert fair_share([], 7) == 7
    assert fair_share([5, 5], 0) == 0


def test_an_estimate_adds_up(make_network):
    network = make_network([("conv", "Conv2D", (20, 10, 8), 80), ("flat", "Flatten", (1600,), 0)])
    found = estimate(network, 5)
    assert (found.neurons, found.more) == (1608, 0)
    # Three samples share the pixels of a block.
    assert found.card_pixels == 20 * 10 * 8 * 2
    composites, pictures = 20 * 10 * 5, 8 * 1 * 5
    assert found.texture_bytes == 4 * (20 * 10 * 8 * 2 + composites + pictures)
    assert found.exceeds(Budget()) == ()


def test_a_structure_alone_costs_no_pixels(known_network):
    found = estimate(known_network("vgg16"), 0)
    assert (found.card_pixels, found.texture_bytes) == (0, 0)
    assert found.neurons == known_network("vgg16").neurons
    assert 0 < found.build_seconds < 1


@pytest.mark.parametrize("name", ["digits", "vgg16", "resnet50", "efficientnetb7"])
@pytest.mark.parametrize("samples", [1, 20, 256])
def test_feature_maps_stay_within_their_budget(name, samples, known_network):
    network = known_network(name)
    budget = Budget()
    found = estimate(network, samples, budget)
    needed = [
        samples * layer.neurons * layer.map_shape[0] * layer.map_shape[1] for layer in network.layers if layer.map_shape
    ]
    share = share_pixels(network, samples, budget.card_pixels)
    assert found.card_pixels <= min(sum(needed), budget.card_pixels)
    assert found.card_pixels <= sum(min(need, share) for need in needed)


def test_textures_over_budget_are_named_and_fewer_pixels_help(known_network):
    network = known_network("vgg16")
    budget = Budget(texture_bytes=20_000_000)
    assert estimate(network, 1, budget).exceeds(budget) == ("texture_bytes",)
    smaller = Budget(card_pixels=2_000_000, texture_bytes=20_000_000)
    assert estimate(network, 1, smaller).exceeds(smaller) == ()
    assert estimate(network, 1, budget).exceeds(Budget(neurons=1, card_pixels=1)) == ("neurons", "card_pixels")


def test_time_grows_with_neurons_and_samples(make_network):
    network = make_network([(f"dense_{k}", "Dense", (100_000,), 1) for k in range(10)])
    one, ten = estimate(network, 1).build_seconds, estimate(network, 10).build_seconds
    assert one < ten < 5


def test_only_neurons_that_are_drawn_have_places(make_network):
    network = make_network([("flat", "Flatten", (150_000,), 0), ("out", "Dense", (10,), 1)])
    shown = {path: layer.neurons for path, layer in neurons_shown(network, Budget(neurons=1_010)).items()}
    flat, out = lay_out(network, shown).layers.values()
    assert flat.sphere_positions().shape == (1_000, 3)
    assert out.sphere_positions().shape == (10, 3)
    assert (flat.grid.columns, flat.grid.rows) == (32, 32)


def test_pictures_of_the_input_have_a_budget_of_their_own(make_network):
    network = make_network([("out", "Dense", (10,), 1)])
    wide = replace(network, inputs=(replace(network.inputs[0], shape=(600, 600, 3)),))
    assert estimate(wide, 2).texture_bytes == 4 * 2 * 600 * 600
    assert estimate(wide, 256).texture_bytes == 4 * INPUT_PIXELS
