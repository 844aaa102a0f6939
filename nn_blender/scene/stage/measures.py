"""Where what was measured of a layer stands in the picture of a network on stands: below the layer's label."""

from __future__ import annotations

from mathutils import Matrix, Vector

from ...core.layout.picture import UNIT, Picture, world_point
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts

LETTERS = 0.02
"""Their height as a share of the frame's, where the layer has no label to take it from."""
FIRST_LINE, FEET = 1.5, 2.2
"""How far the first line is below what is above it, and how high above the floor, relative to the letters' height."""


def place_measures(parts: Parts, picture: Picture) -> None:
    """Move the measures of the layers that are seen to where a picture has these."""
    labels = {label.shown: label for label in picture.labels if not label.is_title}
    books = {book.shown: book for book in picture.books}
    for holder in objects(parts.root, "measures"):
        layer = holder[contract.LAYER]
        if layer not in books or holder.parent == parts.anchor:
            continue
        above, letters = books[layer].rect, LETTERS * picture.frame.height
        if layer in labels:
            above, letters = labels[layer].rect, labels[layer].lines[-1].size
        seen = above.x + above.width / 2, above.bottom + FIRST_LINE * letters
        place = UNIT * Vector(world_point(seen, FEET * letters))
        size = UNIT * letters / parts.theme.letters.measures
        here = Matrix.Translation(place) @ Matrix.Scale(size, 4)
        holder.matrix_basis = parts.stand(layer).matrix_basis.inverted() @ here
