"""The camera's picture beside the bars that lie over a viewport."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from nn_blender.ui.common.viewport import FILLED, _fit_camera_view


def zoom_in(sidebar: tuple[str, int, int], tools: tuple[str, int, int]) -> tuple[float, float]:
    """Share of a viewport of 1000 by 600 pixels that a picture of 2 by 1 takes across, and its middle in pixels.

    Args:
        sidebar, tools: side, left edge and width.
    """
    regions = [SimpleNamespace(type="WINDOW", alignment="NONE", x=100, width=1000, height=600)]
    for kind, (alignment, x, width) in (("UI", sidebar), ("TOOLS", tools)):
        regions.append(SimpleNamespace(type=kind, alignment=alignment, x=x, width=width, height=600))
    view = SimpleNamespace()
    _fit_camera_view(SimpleNamespace(regions=regions), view, 2.0)
    zoom = ((view.view_camera_zoom / 50 + math.sqrt(2)) / 2) ** 2
    return zoom, 600 - view.view_camera_offset[0] * 2 * zoom * 1000


@pytest.mark.parametrize(
    ("sidebar", "tools", "left", "right"),
    [
        (("RIGHT", 800, 300), ("LEFT", 100, 50), 150, 800),
        (("RIGHT", 500, 600), ("LEFT", 100, 50), 150, 500),
        (("LEFT", 100, 600), ("RIGHT", 1050, 50), 700, 1050),
        (("RIGHT", 1100, 1), ("LEFT", 100, 1), 100, 1100),
        (("RIGHT", 1100, 300), ("LEFT", 50, 50), 100, 1100),
    ],
)
def test_the_picture_fills_what_the_bars_leave_however_wide_they_are(
    sidebar: tuple[str, int, int], tools: tuple[str, int, int], left: int, right: int
) -> None:
    zoom, middle = zoom_in(sidebar, tools)
    assert zoom == pytest.approx(FILLED * (right - left) / 1000)
    assert middle == pytest.approx((left + right) / 2)


def test_a_sidebar_as_wide_as_the_viewport_leaves_a_small_picture() -> None:
    assert 0 < zoom_in(("RIGHT", 100, 1000), ("LEFT", 100, 50))[0] < 0.01
