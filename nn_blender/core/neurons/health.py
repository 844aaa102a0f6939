"""How many neurons of a layer say nothing: never active, saturated, or not finite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .saturation import OFTEN, Bounds

LINEAR = ("", "linear")
"""Names of activation functions that are none."""


@dataclass(frozen=True)
class Health:
    """Counts of a layer's neurons. One neuron can be of several kinds.

    Attributes:
        neurons: all that were measured, at least one.
        dead: never active, see `never_active`.
        not_finite: NaN or infinite in at least one measured sample.
        saturated: at a bound of the activation function in at least `saturation.OFTEN` of the samples in the scene;
            None where that is not known.
        affected: of at least one of these kinds, as far as that is known.
    """

    neurons: int
    dead: int
    not_finite: int
    saturated: int | None
    affected: int

    @property
    def share(self) -> float:
        """The share, 0 to 1, of neurons that say nothing."""
        return self.affected / self.neurons


def never_active(active: np.ndarray, lowest: np.ndarray, activation: str) -> np.ndarray:
    """Which neurons are never above 0 in any measured sample, bool (neurons,). One that was never finite is none.

    Without an activation function a value below 0 says as much as one above it: only what is always 0 counts there.

    Args:
        active, lowest: as in `core.recording.Statistics`, float32 (neurons,).
        activation: Keras's name of the layer's activation function, empty where there is none.
    """
    never = (active == 0) & ~np.isnan(lowest)
    return never & (lowest == 0) if activation in LINEAR else never


def health_of(mean: np.ndarray, dead: np.ndarray, saturated: np.ndarray | None) -> Health:
    """Count a layer's neurons.

    Args:
        mean: as in `core.recording.Statistics`, float32 (neurons,).
        dead: which neurons are never active, bool (neurons,).
        saturated: which neurons are, bool (neurons,); those beyond its end are not known to be. None where nothing is
            known.
    """
    not_finite = ~np.isfinite(mean)
    affected = dead | not_finite
    if saturated is not None:
        affected[: len(saturated)] |= saturated
    known = None if saturated is None else int(saturated.sum())
    return Health(len(mean), int(dead.sum()), int(not_finite.sum()), known, int(affected.sum()))


def often_near(bounds: Bounds, samples: int, read: Callable[[int], np.ndarray]) -> np.ndarray:
    """Which neurons are saturated, bool (neurons,).

    Args:
        samples: how many there are, at least one.
        read: gives a sample's activations, float32 (neurons,).
    """
    near = sum(bounds.near(read(sample)).astype(np.int64) for sample in range(samples))
    return np.asarray(near >= OFTEN * samples)
