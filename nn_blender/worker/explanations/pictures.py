"""Explanations as atlases: a cell per sample, laid out as the input is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...core.inputs import INPUT_KINDS
from ...core.maps.packing import PLANES
from ...core.network import Layer
from ...core.requests.explanations import ExplainedPicture
from ...core.requests.maps import MAXIMUM
from ..common.events import Task
from ..maps.atlas_layout import average_positions, lay_out_atlas
from ..maps.atlases import Canvas, Drawing, draw_maps
from .forms import InputForm

Key = tuple[str, int, str]
"""A method, the number of a target, and the name of an input."""


class Pictures:
    """The atlases of all maps while samples come in.

    Args:
        samples: how many may come.
        budget: pixels that an atlas has at most; 0 for no pictures.
    """

    def __init__(self, forms: tuple[InputForm, ...], samples: int, budget: int) -> None:
        self._forms = {form.name: form for form in forms}
        self._samples = samples
        self._budget = budget
        self._canvases: dict[Key, Canvas | None] = {}

    def put(self, first: int, maps: dict[Key, np.ndarray]) -> None:
        """Place the maps of a batch, ``first`` being the number of its first sample."""
        for key, values in maps.items() if self._budget else ():
            for k, one in enumerate(values):
                picture = _as_picture(self._forms[key[2]], one)
                if key not in self._canvases:
                    self._canvases[key] = self._canvas(*picture.shape[:2])
                canvas = self._canvases[key]
                if canvas is not None:
                    layout = canvas.drawing.layout
                    cell = average_positions(picture[np.newaxis], layout.reduction)[0]
                    canvas.put(first + k, draw_maps(_in_cell(cell, layout.cell_height, layout.cell_width), layout))

    def save(self, task: Task) -> tuple[ExplainedPicture, ...]:
        """Write them; a map of which there is not even room for a pixel per sample has none."""
        saved = []
        for number, ((method, target, name), canvas) in enumerate(self._canvases.items()):
            if canvas is not None:
                atlas = replace(canvas.save(task, f"explanation-{number}"), input=name)
                saved.append(ExplainedPicture(method, target, atlas))
                task.progress("Writing explanations", number + 1, len(self._canvases))
        return tuple(saved)

    def _canvas(self, height: int, width: int) -> Canvas | None:
        layout = lay_out_atlas(1, height, width, self._samples, self._budget, planes=PLANES)
        if layout is None:
            return None
        shown = Layer("", "", (height, width, 1), ("height", "width", "channel"), 0)
        return Canvas(Drawing(shown, layout, MAXIMUM, is_composite=False), self._samples)


def _as_picture(form: InputForm, values: np.ndarray) -> np.ndarray:
    """A sample's map as a picture, float32 (height, width, 1); NaN where it stands for no number."""
    if form.kind == "image":
        return values.reshape((*values.shape[:2], 1))
    kind = INPUT_KINDS.find(form.kind)
    lay_out = kind.in_cells or kind.as_picture
    return lay_out(values)


def _in_cell(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture in the middle of a cell; cut where it is larger."""
    cell = picture[:height, :width]
    if cell.shape[:2] == (height, width):
        return cell
    whole = np.full((height, width, 1), np.nan, np.float32)
    top, left = (height - cell.shape[0]) // 2, (width - cell.shape[1]) // 2
    whole[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return whole
