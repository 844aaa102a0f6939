"""An intervention as arrays over all neurons of a network, ready for any recorder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention, switch_of


class Switches:
    """An intervention as arrays over all neurons of a network side by side, in layer order.

    Args:
        layers: how many the network has.
        columns: where each layer's neurons are.
        changed: the paths of the layers that the intervention changes, by number.
        means: float32 (neurons,), what replaced neurons give; None where none is replaced.

    Attributes:
        gain: float32 (1, neurons).
        fill: float32 (1, neurons).
        changed: bool (layers,), whether something is changed in a layer itself.
    """

    def __init__(
        self,
        layers: int,
        columns: Sequence[slice],
        intervention: Intervention,
        changed: Mapping[int, str],
        means: np.ndarray | None = None,
    ) -> None:
        self.intervention = intervention
        neurons = columns[-1].stop if columns else 0
        self.gain = np.ones((1, neurons), np.float32)
        self.fill = np.zeros((1, neurons), np.float32)
        self.changed = np.zeros(layers, bool)
        self._changes: list[tuple[int, bytes, bytes]] = []
        for number, path in changed.items():
            self._change(number, path, columns[number], means)

    def _change(self, number: int, path: str, columns: slice, means: np.ndarray | None) -> None:
        size = columns.stop - columns.start
        gain = self.gain[0, columns] = self.intervention.factors(path, size)
        if means is not None:
            replaced = self.intervention.replaced(path, size)
            self.fill[0, columns] = np.where(replaced, means[columns], np.float32(0))
        if (gain != 1).any():
            self.changed[number] = True
            self._changes.append((number, gain.tobytes(), self.fill[0, columns].tobytes()))

    def key(self, stop: int | None = None) -> tuple[tuple[int, bytes, bytes], ...]:
        """Tells it from others by what it changes in the layers before number ``stop``; in all where not given."""
        return tuple(change for change in self._changes if stop is None or change[0] < stop)

    def first(self) -> int | None:
        """The number of the first layer that is changed; None where none is."""
        return min((number for number, *_ in self._changes), default=None)

    def differing(self, other: Switches) -> list[int]:
        """The numbers of layers that are changed in different ways."""
        return sorted({number for number, *_ in set(self.key()) ^ set(other.key())})

    def at(self, columns: slice) -> np.ndarray:
        """Factors and fills of some neurons, (2, neurons)."""
        return np.concatenate([self.gain[:, columns], self.fill[:, columns]])


def is_decimal(dtype: str) -> bool:
    """Whether a tensor holds decimal numbers."""
    return dtype.startswith(("float", "bfloat"))


def refuse_unswitchable(dtypes: Mapping[str, str]) -> None:
    """Insist on layers that give decimal numbers.

    Args:
        dtypes: of the outputs of the layers that are to be switched, by path.

    Raises:
        UserError: code ``intervention.unsupported``.
    """
    for path, dtype in dtypes.items():
        if not is_decimal(dtype):
            raise UserError(
                "intervention.unsupported",
                f"The neurons of the layer {switch_of(path)} cannot be switched: it outputs {dtype}.",
                "Choose a layer that outputs floating-point numbers.",
            )
