"""What the camera of a scene sees, as rectangles in its picture."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import network_modifier
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.nodes.labels import SIZE

BOOK, SLAB, BOARD, LABEL, TITLE, LEGEND, CAPTION, TRAY, RIBBON, EXPLANATION = (
    "book", "slab", "board", "label", "title", "legend", "caption", "tray", "ribbon", "explanation",
)  # fmt: skip
OWNERS = {
    "book": BOOK, "stand": SLAB, "output stand": SLAB, "output": BOARD, "label": LABEL, "title": TITLE,
    "legend": LEGEND, "caption": CAPTION, "tray": TRAY, "ribbon": RIBBON,
    **dict.fromkeys(("explanation", "explanation stand", "explanation words"), EXPLANATION),
}  # fmt: skip
"""What an object belongs to, by the role of the nearest object around it that has one of these, itself included."""
EMPTY = 1e-6


@dataclass(frozen=True)
class Seen:
    """Something in the picture, whose height is 1, from its upper left corner.

    Attributes:
        kind: one of those above.
        name: of the object it belongs to.
        corners: left, upper, right and lower end.
    """

    kind: str
    name: str
    corners: tuple[float, float, float, float]

    @property
    def width(self) -> float:
        return self.corners[2] - self.corners[0]

    @property
    def height(self) -> float:
        return self.corners[3] - self.corners[1]


def seen_things(scene: bpy.types.Scene) -> tuple[list[Seen], float]:
    """Everything of the networks in a scene that its camera sees, and how wide the picture is."""
    bpy.context.view_layer.update()
    to_picture, ratio = _picture_of(scene)
    found: defaultdict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for instance in bpy.context.evaluated_depsgraph_get().object_instances:
        made_by: Any = (instance.parent if instance.is_instance else instance.object).original
        owner = _owner(made_by)
        if owner is None or made_by.hide_render:
            continue
        kind = OWNERS[owner["nn_role"]]
        points = _points(instance)
        if not np.ptp(points, axis=0).max() > EMPTY:
            continue
        # All labels are one object, while the legend is several that belong together.
        name = _line(owner, instance) if kind == LABEL else "legend" if kind == LEGEND else owner.name
        found[kind, name].append(to_picture(points))
    things = []
    for (kind, name), parts in found.items():
        points = np.concatenate(parts)
        (left, upper), (right, lower) = points.min(axis=0), points.max(axis=0)
        things.append(Seen(kind, name, (float(left), float(upper), float(right), float(lower))))
    return things, ratio


def _owner(obj: Any) -> Any:
    """What an object belongs to; texts of a board or of a caption to that."""
    around = []
    while obj is not None:
        if obj.get("nn_role") in OWNERS:
            around.append(obj)
        obj = obj.parent
    return next((one for one in around if one["nn_role"] != "label"), around[0] if around else None)


def _line(labels: Any, letter: Any) -> str:
    """Number and text of the line of the labels that a letter is in: whose middle is near, for how long it is."""
    (store,) = (obj for obj in labels.users_collection[0].all_objects if _is_store(obj))
    texts = get_modifier_input(network_modifier(store), "Texts").split("\n")
    middles = meshes.read_vectors(labels.data, "position")
    lengths = meshes.read_floats(labels.data, SIZE) * [len(text) for text in texts]
    away = np.array(letter.matrix_world.translation - labels.matrix_world.translation) - middles
    off = np.where(np.abs(away[:, 1:]).max(axis=1) < 1e-3, 0.0, np.inf) + np.where(lengths > 0, 0.0, np.inf)
    number = int(np.argmin(off + np.abs(away[:, 0]) / np.maximum(lengths, EMPTY)))
    return f"{number}: {texts[number]}"


def _is_store(obj: Any) -> bool:
    return (obj.get("nn_role"), obj.get("nn_part")) == ("texts", "parts")


def _points(instance: Any) -> np.ndarray:
    """Float (points, 3): the corners of what an instance fills, in the world."""
    matrix = np.array(instance.matrix_world)
    corners = np.array([tuple(corner) for corner in instance.object.bound_box])
    return corners @ matrix[:3, :3].T + matrix[:3, 3]


def _picture_of(scene: bpy.types.Scene) -> Any:
    """What brings float (points, 3) of the world to float (points, 2) of the picture, and the picture's width."""
    camera: Any = scene.camera
    corners = np.array([tuple(corner) for corner in camera.data.view_frame(scene=scene)])
    low, high = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    to_camera = np.array(camera.matrix_world.inverted())
    height = high[1] - low[1]

    def to_picture(points: np.ndarray) -> np.ndarray:
        across, up = (points @ to_camera[:3, :3].T + to_camera[:3, 3])[:, :2].T
        return np.stack([(across - low[0]) / height, (high[1] - up) / height], axis=1)

    assert camera.data.type == "ORTHO"
    return to_picture, float((high[0] - low[0]) / height)
