"""The layout of a network as one row: every layer behind the one before, in the order of the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..inputs import INPUT_KINDS, NetworkInput, decide_inputs
from ..network import Network, TensorSpec
from .grids import MARGIN, face_size, layer_grid, picture_grid
from .layout import THICKNESS, Layout, Place, Slab

CLOSEST = 0.36
"""From one slab to the next, at least."""
LABEL_ROOM = 2.5
INPUT_GAP = 1.4
"""Between the pictures of several inputs."""

BOARD_LENGTH, BOARD_HEIGHT = 5.2, 4.5
"""Of the board with an output's answer; as high as its slab where that is higher, and the winner stands above it."""
WINNER_HEIGHT = 0.9
COLUMN_HEIGHT, BOARD_GAP = 11.5, 0.8
"""Of boards one below the other, and between such columns."""
BOARD_BEHIND, BOARD_ASIDE = 0.3, 0.45
"""From the middle of its slab along X, and from what would hide it."""


def lay_out(network: Network, shown: Mapping[str, int] | None = None, kinds: Sequence[NetworkInput] = ()) -> Layout:
    """Places every layer of a network in the order of the data.

    Args:
        shown: how many of a layer's neurons are drawn, by its path; all of those that are not named.
        kinds: of the inputs; as far as the network tells them where they are not given.
    """
    shown = shown or {}
    inputs = _input_slabs(network, kinds or decide_inputs(network))
    before = next(iter(inputs.values())).width
    # A deep network stands closer together: still one slab after the other, but within sight.
    count = max(len(network.layers), 1)
    closeness = min(1.0, max(0.3, 14 / count), max(0.1, 54 / count))
    x, layers = 0.0, {}
    giving = {layer.path for path in network.outputs if (layer := network.layer_of_output(path))}
    for layer in network.layers:
        grid = layer_grid(layer, shown.get(layer.path, layer.neurons), is_output=layer.path in giving)
        width, height = face_size(grid)
        x += _distance(before, width, closeness)
        before = width
        layers[layer.path] = Slab(x, 0.0, 0.0, width, height, THICKNESS, grid)
    return Layout(inputs, layers, _boards(network, Layout(inputs, layers, {})))


def _distance(before: float, width: float, closeness: float) -> float:
    """From one slab to the next: enough to look between them, and for a narrow slab to show from behind a wide one."""
    return max(CLOSEST, closeness * (0.31 * (before + width) + 0.75), (before - width) / 2 + closeness * LABEL_ROOM)


def _input_slabs(network: Network, kinds: Sequence[NetworkInput]) -> dict[str, Slab]:
    """The first input at the row's beginning, others behind it as seen from the side; one where none is known."""
    slabs: dict[str, Slab] = {}
    y, names = 0.0, {one.name: one.kind for one in kinds}
    for spec in network.inputs or (TensorSpec("", ()),):
        kind = INPUT_KINDS.find(names.get(spec.name, "array"))
        grid = picture_grid(*kind.proportions(spec.shape))
        width, height = grid.pitch[0] + MARGIN, grid.pitch[1] + MARGIN
        if slabs:
            y += width / 2
        slabs[spec.name] = Slab(0.0, y, 0.0, width, height, THICKNESS, grid)
        y += width / 2 + INPUT_GAP
    return slabs


def _boards(network: Network, layout: Layout) -> dict[str, Place]:
    """As far along the row as the slabs whose values they tell; of an output that is no layer, as the last.

    They are seen to the right of all slabs, one below the other, and further ones to the right of these.
    """
    angle = layout.view_angle
    across, away = math.sin(angle), math.cos(angle)
    slabs, heights = {}, {}
    for path in network.outputs:
        layer = network.layer_of_output(path)
        slabs[path] = layout.layers[layer.path] if layer else layout.slabs[-1]
        heights[path] = max(slabs[path].height, BOARD_HEIGHT) + WINNER_HEIGHT
    last = layout.slabs[-1]
    edge = last.x + BOARD_BEHIND, _clear_of(layout.slabs, last.x, angle) - BOARD_ASIDE
    boards: dict[str, Place] = {}
    for number, column in enumerate(_columns(heights)):
        z = 0.0
        for path in reversed(column):
            x = slabs[path].x + BOARD_BEHIND
            # Seen from where the camera is, x * across - y * away is how far to the right something is.
            y = edge[1] + ((x - edge[0]) * across - number * (BOARD_LENGTH + BOARD_GAP)) / away
            right = x + BOARD_LENGTH * across, y - BOARD_LENGTH * away
            boards[path] = Place.from_corners((x, right[1], z), (right[0], y, z + heights[path]))
            z += heights[path]
    return {path: boards[path] for path in network.outputs}


def _columns(heights: Mapping[str, float]) -> list[list[str]]:
    """Boards one below the other, as many as are not too high together."""
    columns: list[list[str]] = []
    room = 0.0
    for path, height in heights.items():
        if height > room:
            columns.append([])
            room = COLUMN_HEIGHT
        columns[-1].append(path)
        room -= height
    return columns


def _clear_of(slabs: Sequence[Slab], x: float, angle: float) -> float:
    """The y from which on something at ``x`` is seen past all slabs of the row before it."""
    return min(slab.low[1] + (x - slab.x) * math.tan(angle) for slab in slabs if slab.x <= x)
