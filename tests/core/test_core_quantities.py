"""What the numbers in a scene mean, as one registry says it."""

from __future__ import annotations

import pytest

from nn_blender.core import quantities
from nn_blender.core.quantities import DERIVED, ESTIMATED, MEASURED, QUANTITIES, Quantity, colour_quantities
from nn_blender.core.quantities.activation import ACTIVATION
from nn_blender.core.quantities.influence import INFLUENCE


def test_every_file_of_the_folder_registers_its_quantity() -> None:
    assert {quantity.name for quantity in QUANTITIES} == {
        "activation", "intact", "change", "peak", "class_mean", "probability", "map_range", "change_range", "influence",
        "influence_estimate", "influence_accuracy", "influence_class", "influence_change", "explained",
    }  # fmt: skip


@pytest.mark.parametrize("quantity", list(QUANTITIES), ids=lambda quantity: quantity.name)
def test_what_was_not_measured_says_how_it_comes_about(quantity: Quantity) -> None:
    assert quantity.provenance in (MEASURED, DERIVED, ESTIMATED)
    assert bool(quantity.formula) == (quantity.provenance != MEASURED)


def test_the_numbers_that_scenes_store_stay_what_they_are() -> None:
    assert [(quantity.name, quantity.colour_number) for quantity in colour_quantities()] == [
        ("activation", 0),
        ("influence", 1),
    ]


def test_an_unknown_number_shows_activation() -> None:
    assert quantities.colour_quantity(1) == INFLUENCE
    assert quantities.colour_quantity(99) == ACTIVATION


def test_a_quantity_says_where_its_values_come_from() -> None:
    assert ACTIVATION.described() == "activation (measured)"
    assert INFLUENCE.described([ESTIMATED]) == "influence (estimated, in logits)"
    assert INFLUENCE.described([ESTIMATED, MEASURED]) == "influence (partly estimated, in logits)"
