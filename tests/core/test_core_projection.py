"""Which sphere or card a pixel shows, against views whose numbers are known by construction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nn_blender.core.layout.projection import View, nearest_card, nearest_sphere

WIDTH, HEIGHT = 800, 600
NEAR, FAR = 0.1, 100.0


def looking(towards: tuple[float, float, float], eye: tuple[float, float, float]) -> np.ndarray:
    """From the world to a viewer who looks along -z, (4, 4)."""
    forward = np.array(towards) / np.linalg.norm(towards)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    turn = np.array([right, np.cross(right, forward), -forward])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, -turn @ eye
    return matrix


def perspective(focal: float, shift: float = 0.0) -> np.ndarray:
    """A frustum that is 2 / focal wide at distance 1, moved by a share of half its width."""
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[0, 2], matrix[1, 1] = focal, shift, focal * WIDTH / HEIGHT
    matrix[2, 2], matrix[2, 3] = -(FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR)
    matrix[3, 2] = -1
    return matrix


def orthographic(width: float) -> np.ndarray:
    return np.array(
        [
            (2 / width, 0, 0, 0),
            (0, 2 / width * WIDTH / HEIGHT, 0, 0),
            (0, 0, -2 / (FAR - NEAR), -(FAR + NEAR) / (FAR - NEAR)),
            (0, 0, 0, 1),
        ]
    )


AHEAD = looking((1.0, 0.0, 0.0), (0.0, 0.0, 0.0))
"""The viewer stands at the origin and looks along +x; -y is to the right."""


def view(matrix: np.ndarray) -> View:
    return View(matrix, WIDTH, HEIGHT)


PERSPECTIVE, ORTHOGRAPHIC = view(perspective(2.0) @ AHEAD), view(orthographic(8.0) @ AHEAD)


def test_points_are_seen_where_the_laws_of_optics_say() -> None:
    points = np.array([(4.0, -1.0, 0.5), (8.0, -1.0, 0.5), (4.0, 0.0, 0.0)])
    shown = PERSPECTIVE.project(points)
    # 2 units at distance 1 are 2 half widths of 400 pixels each.
    expected = [(400 + 800 / 4, 300 + 400 / 4), (400 + 800 / 8, 300 + 400 / 8), (400, 300)]
    np.testing.assert_allclose(shown.pixels, expected)
    np.testing.assert_allclose(shown.scale, [200, 100, 200])
    shown = ORTHOGRAPHIC.project(points)
    np.testing.assert_allclose(shown.pixels, [(500, 350), (500, 350), (400, 300)])
    np.testing.assert_allclose(shown.scale, [100, 100, 100])


@pytest.mark.parametrize("seen", [PERSPECTIVE, ORTHOGRAPHIC])
def test_what_is_behind_the_viewer_or_too_far_is_not_visible(seen: View) -> None:
    points = np.array([(-4.0, 0.0, 0.0), (0.05, 0.0, 0.0), (4.0, 0.0, 0.0), (101.0, 0.0, 0.0)])
    assert seen.project(points).visible.tolist() == [False, False, True, False]
    assert nearest_sphere(seen, points[[0, 1, 3]], 0.2, 400, 300, 5) is None


def test_a_shifted_lens_moves_things_and_keeps_their_size() -> None:
    shifted = view(perspective(2.0, shift=-0.5) @ AHEAD)
    points = np.array([(4.0, -1.0, 0.5)])
    before, after = PERSPECTIVE.project(points), shifted.project(points)
    np.testing.assert_allclose(after.pixels - before.pixels, [(200, 0)])
    np.testing.assert_allclose(after.scale, before.scale)


@pytest.mark.parametrize("matrix", [perspective(1.3), perspective(1.3, shift=0.4), orthographic(12.0)])
def test_the_line_of_sight_through_a_pixel_meets_what_is_seen_there(matrix: np.ndarray) -> None:
    seen = view(matrix @ looking((3.0, 1.0, -0.5), (-2.0, -1.0, 2.0)))
    points = np.random.default_rng(0).uniform((2, 0, -1), (9, 3, 2), (50, 3))
    shown = seen.project(points)
    for point, (x, y) in zip(points, shown.pixels, strict=True):
        ray = seen.ray(x, y)
        along = (point - ray.origin) @ ray.direction
        np.testing.assert_allclose(ray.at(along), point, atol=1e-6)
        assert 0 < along < FAR


def test_the_foremost_sphere_under_the_pixel_is_hit_at_its_surface() -> None:
    centres = np.array([(9.0, 0.0, 0.0), (5.0, 0.0, 0.0), (7.0, 0.0, 0.0), (3.0, -1.0, 0.0)], np.float32)
    for seen in (PERSPECTIVE, ORTHOGRAPHIC):
        hit = nearest_sphere(seen, centres, 0.25, 400, 300, 5)
        assert hit is not None
        assert (hit.index, hit.exact) == (1, True)
        assert hit.distance == pytest.approx(5 - 0.25 - NEAR, abs=1e-5)


def test_a_sphere_is_as_large_as_it_looks() -> None:
    # The line of sight touches a sphere of radius r at distance d at the sine r / d.
    radius, distance = 0.5, 5.0
    edge = 800 * math.tan(math.asin(radius / distance))
    centres = np.array([(distance, 0.0, 0.0)])
    hit = nearest_sphere(PERSPECTIVE, centres, radius, 400 + edge - 0.1, 300, 5)
    assert hit is not None
    assert hit.exact
    assert nearest_sphere(PERSPECTIVE, centres, radius, 400 + edge + 0.1, 300, 5) is None


def test_a_sphere_at_the_edge_of_a_wide_view_is_hit_where_it_is_drawn_longer() -> None:
    wide = view(perspective(0.8) @ AHEAD)
    centre, radius = np.array([(2.0, -1.9, 0.0)]), 0.2
    found = [
        x for x in range(WIDTH) if (hit := nearest_sphere(wide, centre, radius, x, 300, 0)) is not None and hit.exact
    ]
    # Between the two tangents from the eye, in the plane of the eye and the centre.
    middle, half = math.atan2(1.9, 2.0), math.asin(radius / math.hypot(2.0, 1.9))
    ends = [400 + 320 * math.tan(middle + sign * half) for sign in (-1, 1)]
    assert found == list(range(math.ceil(ends[0]), math.floor(ends[1]) + 1))
    # It does not look as long as that from its radius alone.
    assert ends[1] - ends[0] > 1.2 * 2 * radius * wide.project(centre).scale[0]


def test_small_spheres_are_hit_from_a_few_pixels_away() -> None:
    centres = np.array([(50.0, 0.0, 0.0), (60.0, -0.075, 0.0), (70.0, -0.0875, 0.0)])  # At 400, 401 and 401 pixels.
    at = (404, 300)
    hit = nearest_sphere(PERSPECTIVE, centres, 0.01, *at, 5)
    assert hit is not None
    assert not hit.exact
    assert hit.index == 1  # One pixel nearer than the first, and before the third.
    assert nearest_sphere(PERSPECTIVE, centres, 0.01, 407, 300, 5) is None


def test_large_spheres_are_not_hit_from_beside() -> None:
    centres = np.array([(5.0, 0.0, 0.0)])
    edge = 800 * math.tan(math.asin(0.1))
    assert nearest_sphere(PERSPECTIVE, centres, 0.5, 400 + edge + 2, 300, 5) is None


def test_a_box_is_looked_into_only_where_the_mouse_may_be_on_something() -> None:
    corners = np.array([(x, y, z) for x in (4.0, 5.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    # The near face is 400 pixels wide around the middle.
    assert PERSPECTIVE.may_show(corners, 599, 300, 0)
    assert not PERSPECTIVE.may_show(corners, 601, 300, 0)
    assert PERSPECTIVE.may_show(corners, 610, 300, 11)
    assert not PERSPECTIVE.may_show(corners, 400, 515, 11)
    around, behind = corners - (4.5, 0, 0), corners - (9, 0, 0)
    assert PERSPECTIVE.may_show(around, 10, 10, 0)
    assert not PERSPECTIVE.may_show(behind, 400, 300, 5)
    assert not ORTHOGRAPHIC.may_show(behind, 400, 300, 5)


def test_spheres_that_are_ruled_out_are_not_under_the_pixel() -> None:
    centres = np.random.default_rng(1).uniform((-5, -5, -5), (15, 5, 5), (400_000, 3))
    radius, x, y, slack = 0.05, 530, 210, 5
    for seen in (PERSPECTIVE, ORTHOGRAPHIC):
        shown = seen.project(centres)
        gaps = np.hypot(*(shown.pixels - (x, y)).T)
        expected = np.flatnonzero(shown.visible & (gaps <= radius * shown.scale + slack))
        close = seen.close_to(centres, radius, x, y, slack)
        assert len(expected) > 10
        assert set(expected) <= set(close)
        assert len(close) < 3 * len(expected)


def test_of_a_million_neurons_only_those_next_to_the_mouse_are_looked_at_closely() -> None:
    side = np.linspace(-1, 1, 1000, dtype=np.float32)
    y, z = np.meshgrid(side, side)
    centres = np.column_stack([np.full(y.size, 5, np.float32), y.ravel(), z.ravel()])
    wanted = 123_456
    x, up = PERSPECTIVE.project(centres[wanted : wanted + 1].astype(float)).pixels[0]
    assert len(PERSPECTIVE.close_to(centres, 0.0009, x, up, 5)) < len(centres) / 500
    assert not len(PERSPECTIVE.close_to(centres, 0.0009, 1, 1, 5))
    hit = nearest_sphere(PERSPECTIVE, centres, 0.0009, x, up, 5)
    assert hit is not None
    assert (hit.index, hit.exact) == (wanted, True)


def test_cards_are_hit_where_they_are_and_the_foremost_first() -> None:
    centres = np.array([(6.0, 0.0, 0.0), (5.0, 0.0, 0.0), (5.0, -2.0, 1.0)])
    ray = PERSPECTIVE.ray(400, 300)
    hit = nearest_card(ray, centres, 1.0, 0.5)
    assert hit is not None
    assert hit.index == 1
    assert hit.distance == pytest.approx(5 - NEAR)
    # Half the width and height of the third, at 160 pixels a unit.
    inside = [(320 + 79, 160 + 39), (320 - 79, 160 - 39)]
    outside = [(320 + 81, 160), (320, 160 + 41)]
    for across, up in inside:
        hit = nearest_card(PERSPECTIVE.ray(400 + across, 300 + up), centres, 1.0, 0.5)
        assert hit is not None
        assert hit.index == 2
    for across, up in outside:
        assert nearest_card(PERSPECTIVE.ray(400 + across, 300 + up), centres, 1.0, 0.5) is None


def test_a_card_is_found_in_its_own_coordinates() -> None:
    """Turned by a quarter and twice as large, with distances as in the world."""
    matrix = np.eye(4)
    matrix[:3, :3] = 2 * np.array([(0, -1, 0), (1, 0, 0), (0, 0, 1)])
    matrix[:3, 3] = (3.0, 10.0, 0.0)
    sideways = view(perspective(2.0) @ looking((0.0, 1.0, 0.0), (3.0, 0.0, 0.0)))
    ray = sideways.ray(400, 300).moved(np.linalg.inv(matrix))
    hit = nearest_card(ray, np.zeros((1, 3)), 1.0, 1.0)
    assert hit is not None
    assert hit.distance == pytest.approx(10 - NEAR)
