"""From the world to the pixels of a viewport and back, and which sphere or card lies under a pixel.

Pixels are counted from the lower left corner. Distances run along the line of sight from where the viewport begins to
show things, in world units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


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
        matrix: float64 (4, 4), from world to clip coordinates, in perspective or orthographic.
    """

    matrix: np.ndarray
    width: int
    height: int

    def project(self, points: np.ndarray) -> Projected:
        """Where points (count, 3) of the world are seen."""
        clip = points @ self.matrix[:, :3].T + self.matrix[:, 3]
        w = clip[:, 3]
        visible = (w > 0) & (np.abs(clip[:, 2]) <= w)
        w = np.where(visible, w, 1.0)
        pixels = (clip[:, :2] / w[:, None] + 1) * (self.width / 2, self.height / 2)
        return Projected(pixels, self._magnification / w, visible)

    def is_same(self, other: View) -> bool:
        """Whether another viewport sees the same, but for rounding."""
        sizes = (self.width, self.height) == (other.width, other.height)
        return sizes and np.allclose(self.matrix, other.matrix, rtol=1e-5, atol=1e-6)

    def ray(self, x: float, y: float) -> Ray:
        """The line of sight through a pixel."""
        across, up = 2 * x / self.width - 1, 2 * y / self.height - 1
        ends = self._inverse @ np.array([(across, up, -1, 1), (across, up, 1, 1)], np.float64).T
        near, far = (ends[:3] / ends[3]).T
        return Ray(near, (far - near) / np.linalg.norm(far - near))

    def may_show(self, corners: np.ndarray, x: float, y: float, slack: float) -> bool:
        """Whether anything in a box with these corners (8, 3) may be seen within some pixels of a pixel."""
        values = np.column_stack([corners, np.ones(len(corners))])
        across, up = self._sides(x, y, slack)
        planes = np.array([*across, *up, self.matrix[3] + self.matrix[2], self.matrix[3] - self.matrix[2]])
        # A box is out of sight where all of it is on the wrong side of a plane.
        return bool((values @ planes.T >= 0).any(0).all())

    def close_to(self, points: np.ndarray, radius: float, x: float, y: float, slack: float) -> np.ndarray:
        """Indices of spheres around points (count, 3) that may be seen within some pixels of a pixel.

        A million points take some milliseconds: most are ruled out by their side of one or two planes.
        """
        found = np.arange(len(points))
        for sides in self._sides(x, y, slack):
            for plane in sides:
                reach = radius * np.linalg.norm(plane[:3])
                inside = points @ plane[:3].astype(points.dtype) + plane[3] >= -reach
                points, found = points[inside], found[inside]
        return found

    def _sides(self, x: float, y: float, slack: float) -> list[tuple[np.ndarray, np.ndarray]]:
        """Pairs of planes, left and right and below and above, of what lies within some pixels of a pixel.

        A plane (4,) times a point with a 1 behind it is positive on the inner side.
        """
        sides = []
        for row, place, size in ((self.matrix[0], x, self.width), (self.matrix[1], y, self.height)):
            low, high = 2 * (place - slack) / size - 1, 2 * (place + slack) / size - 1
            sides.append((row - low * self.matrix[3], high * self.matrix[3] - row))
        return sides

    @cached_property
    def _inverse(self) -> np.ndarray:
        return np.linalg.inv(self.matrix)

    @property
    def _magnification(self) -> float:
        """Pixels per world unit at clip w 1; the part along the line of sight is a shift of the lens, no size."""
        across, forward = self.matrix[0, :3], self.matrix[3, :3]
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
        slack: pixels.
    """
    close = view.close_to(centres, radius, x, y, slack)
    shown = view.project(centres[close].astype(np.float64))
    close, gaps = close[shown.visible], np.hypot(*(shown.pixels[shown.visible] - (x, y)).T)
    if not close.size:
        return None
    ray = view.ray(x, y)
    towards = centres[close] - ray.origin
    along = towards @ ray.direction
    inside = radius**2 - np.maximum((towards**2).sum(1) - along**2, 0)
    if (inside >= 0).any():
        distances = np.where(inside >= 0, along - np.sqrt(np.maximum(inside, 0)), np.inf)
        best = int(distances.argmin())
        return Hit(int(close[best]), float(distances[best]), exact=True)
    best = int(np.lexsort((along, gaps))[0])
    return Hit(int(close[best]), float(along[best] - radius), exact=False) if gaps[best] <= slack else None


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
