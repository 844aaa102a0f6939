"""From the world to the pixels of a viewport and back, and which sphere or card lies under a pixel.

Pixels are counted from the lower left corner. Distances run along the line of sight from where the viewport begins to
show things, in world units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STRETCH = 2.0
"""How much longer than wide a sphere may look at the edge of a wide view."""


@dataclass(frozen=True, eq=False)
class Ray:
    """A line of sight: float64 (3,) each; the direction has length 1 unless a transformation has scaled it."""

    origin: np.ndarray
    direction: np.ndarray

    def at(self, distance: float) -> np.ndarray:
        return self.origin + distance * self.direction

    def moved(self, matrix: np.ndarray) -> Ray:
        """The same line in other coordinates, with the same distances; ``matrix`` is (4, 4)."""
        return Ray(matrix[:3, :3] @ self.origin + matrix[:3, 3], matrix[:3, :3] @ self.direction)


@dataclass(frozen=True, eq=False)
class Projected:
    """Points as a viewport shows them.

    Attributes:
        pixels: (count, 2).
        scale: (count,), pixels per world unit there.
        visible: (count,), whether a point lies between the planes where the viewport begins and ends to show things;
            the others' pixels and scale mean nothing.
    """

    pixels: np.ndarray
    scale: np.ndarray
    visible: np.ndarray


@dataclass(frozen=True, eq=False)
class View:
    """How a viewport of a size in pixels sees the world.

    Attributes:
        matrix: (4, 4), from world to clip coordinates, in perspective or orthographic.
    """

    matrix: np.ndarray
    width: int
    height: int

    def project(self, points: np.ndarray) -> Projected:
        """Where points (count, 3) of the world are seen; in their precision, with a million of them in mind."""
        matrix = self.matrix.astype(points.dtype)
        clip = points @ matrix[:, :3].T + matrix[:, 3]
        w = clip[:, 3]
        visible = (w > 0) & (np.abs(clip[:, 2]) <= w)
        w = np.where(visible, w, np.ones_like(w))
        pixels = (clip[:, :2] / w[:, None] + 1) * np.array((self.width / 2, self.height / 2), points.dtype)
        return Projected(pixels, points.dtype.type(self._magnification) / w, visible)

    def ray(self, x: float, y: float) -> Ray:
        """The line of sight through a pixel."""
        inverse = np.linalg.inv(self.matrix.astype(np.float64))
        across, up = 2 * x / self.width - 1, 2 * y / self.height - 1
        ends = inverse @ np.array([(across, up, -1, 1), (across, up, 1, 1)], np.float64).T
        near, far = (ends[:3] / ends[3]).T
        return Ray(near, (far - near) / np.linalg.norm(far - near))

    def may_show(self, corners: np.ndarray, radius: float, x: float, y: float, slack: float) -> bool:
        """Whether something in a box may be seen within some pixels of a pixel.

        Args:
            corners: (8, 3), of a box around the centres of things.
            radius: how far the things reach beyond their centres, in world units.
            slack: the pixels.
        """
        shown = self.project(corners)
        if not shown.visible.all():
            return True
        room = STRETCH * radius * shown.scale.max() + slack
        mouse = np.array((x, y))
        return bool((shown.pixels.min(0) - room <= mouse).all() and (mouse <= shown.pixels.max(0) + room).all())

    @property
    def _magnification(self) -> float:
        """Pixels per world unit at clip w 1; the part along the line of sight is a shift of the lens, no size."""
        across, forward = self.matrix[0, :3].astype(np.float64), self.matrix[3, :3].astype(np.float64)
        length = forward @ forward
        if length:
            across = across - (across @ forward) / length * forward
        return float(np.linalg.norm(across)) * self.width / 2


@dataclass(frozen=True)
class Hit:
    """What lies under a pixel.

    Attributes:
        index: of the sphere or card.
        distance: of its surface.
        exact: whether the pixel is on it, not only near it.
    """

    index: int
    distance: float
    exact: bool


def nearest_sphere(view: View, centres: np.ndarray, radius: float, x: float, y: float, slack: float) -> Hit | None:
    """The foremost sphere under a pixel; else, among those that look smaller than the slack, the one next to it.

    Args:
        centres: (count, 3).
        radius: of all spheres, in world units.
        slack: as how large at least, in pixels, a sphere is taken to look.
    """
    shown = view.project(centres)
    gaps = np.hypot(shown.pixels[:, 0] - x, shown.pixels[:, 1] - y)
    looks = radius * shown.scale
    found = np.flatnonzero(shown.visible & (gaps <= np.maximum(STRETCH * looks, slack)))
    if not found.size:
        return None
    ray = view.ray(x, y)
    towards = centres[found].astype(np.float64) - ray.origin
    along = towards @ ray.direction
    inside = radius**2 - np.maximum((towards**2).sum(1) - along**2, 0)
    if (inside >= 0).any():
        distances = np.where(inside >= 0, along - np.sqrt(np.maximum(inside, 0)), np.inf)
        best = int(distances.argmin())
        return Hit(int(found[best]), float(distances[best]), exact=True)
    near = np.flatnonzero(gaps[found] <= slack)
    if not near.size:
        return None
    best = int(near[np.lexsort((along[near], gaps[found][near]))[0]])
    return Hit(int(found[best]), float(along[best] - radius), exact=False)


def nearest_card(ray: Ray, centres: np.ndarray, width: float, height: float) -> Hit | None:
    """The foremost card under a line of sight, both in coordinates in which cards face -X.

    Args:
        centres: (count, 3).
        width: along y.
        height: along z.
    """
    if not len(centres) or not ray.direction[0]:
        return None
    distances = (centres[:, 0] - ray.origin[0]) / ray.direction[0]
    met = ray.origin + distances[:, None] * ray.direction - centres
    inside = (distances > 0) & (np.abs(met[:, 1]) <= width / 2) & (np.abs(met[:, 2]) <= height / 2)
    if not inside.any():
        return None
    best = int(np.where(inside, distances, np.inf).argmin())
    return Hit(best, float(distances[best]), exact=True)
