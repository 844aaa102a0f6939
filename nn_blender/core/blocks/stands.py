"""Slabs of layers and inputs in spaces of their own, each with the proportions of its cover in the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..inputs import INPUT_KINDS, NetworkInput, decide_inputs
from ..layout.grids import MARGIN, Grid, face_size, grid_in, picture_grid
from ..layout.layout import Layout, Place, Slab
from ..layout.row import BOARD_HEIGHT, BOARD_LENGTH
from ..network import Network, TensorSpec
from .books import BookSizes, input_proportions
from .graph import LayerGraph
from .hierarchy import Part


def lay_out_on_stands(
    network: Network, root: Part, shown: Mapping[str, int], kinds: Sequence[NetworkInput] = ()
) -> Layout:
    """Places of slabs in spaces whose origin is the middle of the lower edge of the slab's face.

    Args:
        root: the network's hierarchy.
        shown: how many of a layer's neurons are drawn, by its path; all of those that are not named.
        kinds: of the inputs; as far as the network tells them where they are not given.
    """
    graph = LayerGraph(network)
    sizes = BookSizes(graph, root, 0.0, input_proportions(network, kinds))
    parts = {leaf.cover: leaf for leaf in root.leaves}
    names = {one.name: one.kind for one in kinds or decide_inputs(network)}

    def slab(name: str, grid: Grid, least: tuple[float, float]) -> Slab:
        book = sizes.closed(parts[name], 1.0) if name in parts else None
        width, height = book.cover if book else (1.0, 1.0)
        ratio = width / height
        high = max(least[1], least[0] / ratio)
        deep = high * (book.thickness / height if book else 0.0)
        return Slab(deep / 2, 0.0, 0.0, high * ratio, high, deep, grid)

    inputs: dict[str, Slab] = {}
    for spec in network.inputs or (TensorSpec("", ()),):
        kind = INPUT_KINDS.find(names.get(spec.name, "array"))
        grid = picture_grid(*kind.proportions(spec.shape))
        inputs[spec.name] = slab(spec.name, grid, (grid.pitch[0] + MARGIN, grid.pitch[1] + MARGIN))
    layers: dict[str, Slab] = {}
    for layer in network.layers:
        width, height = sizes.closed(parts[layer.path], 1.0).cover
        grid = grid_in(layer, shown.get(layer.path, layer.neurons), width / height)
        layers[layer.path] = slab(layer.path, grid, face_size(grid))
    board = Place(0.0, 0.0, 0.0, 0.0, BOARD_HEIGHT, BOARD_LENGTH)
    return Layout(inputs, layers, dict.fromkeys(network.outputs, board))
