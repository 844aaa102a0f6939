"""Somebody at the window: works with mouse and keys, which are counted, and reads what the sidebar shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import bpy
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import package, root
from mathutils import Vector

ROW = 20
"""Pixels from one entry of a menu, or row of buttons, to the next."""
NETWORK_MENU = 388
"""Pixels from the left of the viewport's header to the middle of its menu Network."""
BLUE = (71, 114, 179)
"""Of the button that Return presses, and of what is pressed or chosen."""
WIDTH = 1200
"""Of a picture in the guide, in pixels, at most."""
PARTS_OF_LAYOUT = ("column", "row", "split", "box", "grid_flow", "column_flow")


class User:
    """Counts the clicks and keys of a task since `begin`; moving the mouse costs nothing."""

    def __init__(self, gui: Any) -> None:
        self.gui = gui
        self.clicks = 0
        self.keys = 0

    def begin(self) -> None:
        """Begin a task."""
        self.clicks = self.keys = 0

    def took(self, clicks: int, what: str, keys: int = 0) -> None:
        """Check what a task cost."""
        cost = f"{what}, clicks: {self.clicks}, keys: {self.keys}"
        self.gui.check((self.clicks, self.keys) == (clicks, keys), cost)

    def click(self, x: float, y: float, **how: Any) -> Any:
        """Click a point of the window."""
        self.clicks += 1
        yield from self.gui.click(x, y, **how)

    def press(self, wanted: str, columns: Sequence[float] = (0.3, 0.75), beside: tuple[float, float] = (0, 0)) -> Any:
        """Click a button of the sidebar, or what is so many pixels right of it and above it."""
        x, y = yield from self.gui.find_button(wanted, columns)
        yield from self.click(x + beside[0], y + beside[1])

    def key(self, *keys: str) -> Any:
        """Press keys with the mouse where it is."""
        self.keys += len(keys)
        yield from self.gui.key(*keys)

    def scroll(self, clicks: int) -> Any:
        """Turn the wheel over the sidebar; positive is down."""
        region = self.gui.sidebar()
        self.gui.move(region.x + region.width * 0.4, region.y + region.height * 0.5)
        yield 0.3
        yield from self.gui.scroll(clicks)
        yield from self.gui.redrawn()

    def enter(self, room: str) -> Any:
        """Click one of the four tabs of the sidebar."""
        number = ("NETWORK", "SAMPLES", "EXPERIMENT", "LOOK").index(room)
        across, down = number % 2 * 0.45 * self.gui.sidebar().width, number // 2 * ROW
        yield from self.press("nn.room", [0.3], (across, -down))
        yield from self.gui.redrawn()
        self.gui.check(bpy.context.workspace.nn.room == room, f"a click enters the room {room}")

    def open_menu(self) -> Any:
        """Click the menu Network in the viewport's header."""
        x, y = self._header()
        yield from self.click(x, y)
        yield 0.5

    def point_at_entry(self, number: int) -> tuple[float, float]:
        """Move the mouse to an entry of the open menu Network, counted from 0; gives where it is."""
        x, y = self._header()
        place = x + 20, y - 13 - ROW / 2 - 4 - number * ROW
        self.gui.move(*place)
        return place

    def _header(self) -> tuple[float, float]:
        region = next(region for region in self.gui.view3d()[1].regions if region.type == "HEADER")
        return region.x + NETWORK_MENU, region.y + region.height / 2

    def open_sidebar(self) -> Any:
        """Press N over the viewport."""
        x, y = self.aside()
        self.gui.move(x, y)
        yield 0.2
        yield from self.key("n")
        yield 1.0

    def aside(self) -> tuple[float, float]:
        """A point of the viewport where nothing is."""
        area = self.gui.view3d()[1]
        return area.x + area.width * 0.4, area.y + 10

    def take_tool(self) -> Any:
        """Click the tool Pick Neurons in the toolbar."""
        window, area = self.gui.view3d()
        tools = next(region for region in area.regions if region.type == "TOOLS")
        x = tools.x + tools.width / 2
        for y in range(tools.y + tools.height - 4, tools.y, -12):
            self.gui.move(x, y)
            yield 0.1
            if "nn.pick_neurons" in self.gui._button_under_mouse(window, area, tools):
                break
        yield from self.click(x, y)
        yield 0.5
        tool = bpy.context.workspace.tools.from_space_view3d_mode("OBJECT").idname
        self.gui.check(tool == "nn.pick_neurons", f"a click takes the tool: {tool}")

    def click_neuron(self, layer: str, neuron: int, **how: Any) -> Any:
        """Click a neuron, by its feature map where it has one."""
        found = list(find("card", layer)) or list(find("neurons", layer))
        yield from self.click(*self.pixel(found[0].matrix_world @ found[0].data.vertices[neuron].co), **how)

    def click_layer(self, layer: str, **how: Any) -> Any:
        """Click the lower left corner of a layer's slab, where no neuron is."""
        slab = next(find("slab", layer))
        place = slab.matrix_world @ (Vector(slab.bound_box[0]) + Vector((0, 0.3, 0.3)))
        yield from self.click(*self.pixel(place), **how)

    def pixel(self, point: Vector) -> tuple[float, float]:
        """Where in the window a point of the world is seen."""
        region = next(region for region in self.gui.view3d()[1].regions if region.type == "WINDOW")
        x, y = location_3d_to_region_2d(region, region.data, point)
        return region.x + x, region.y + y

    def show_materials(self) -> Any:
        """Switch the viewport to Material Preview and wait until it is drawn: until then it is Blender's grey."""
        area = self.gui.view3d()[1]
        area.spaces.active.shading.type = "MATERIAL"
        box = next(region for region in area.regions if region.type == "WINDOW")
        place = int(box.x + box.width * 0.4), int(box.y + box.height * 0.5)

        def is_drawn() -> bool:
            around = self._seen()[-place[1] - 60 : -place[1] + 60, place[0] - 150 : place[0] + 150]
            red, green, blue = np.median(around.reshape(-1, 3), axis=0)
            return bool(max(red, green, blue) - min(red, green, blue) > 4 or red > 120)

        for _ in range(12):
            yield from self.gui.draw_materials()
            if is_drawn():
                # Sharper sample by sample.
                yield 10.0
                break
        else:
            raise TimeoutError("the viewport shows no materials")

    def show_solid(self) -> None:
        """Switch the viewport back: without a graphics card, materials take long to draw."""
        self.gui.view3d()[1].spaces.active.shading.type = "SOLID"

    def _seen(self) -> np.ndarray:
        """What the window shows, uint8 (height, width, 3), from its top."""
        window = bpy.context.window_manager.windows[0]
        area = f"{window.width}x{window.height}+{window.x}+{window.y}"
        command = ["import", "-window", "root", "-crop", area, "-depth", "8", "rgb:-"]
        pixels = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.uint8)
        return pixels.reshape(window.height, window.width, 3)

    def default_button(self) -> tuple[float, float]:
        """Where the blue button of the open dialog is, in the window."""
        is_blue = (np.abs(self._seen().astype(int) - BLUE) < 12).all(axis=2)
        counts = is_blue.sum(axis=1)
        rows = np.flatnonzero(counts > 0.95 * counts.max())
        column = np.median(np.flatnonzero(is_blue[rows[0]]))
        return float(column), float(len(is_blue) - 1 - rows.mean())

    def picture(self, name: str, *regions: str, box: Sequence[float] = (), height: int = 0) -> Any:
        """Take a picture for the guide: of regions of the viewport, such as "UI", or of a part of the window.

        Args:
            box: left, bottom, right and top of the part.
            height: in pixels from the top; 0 for all of it.
        """
        window, area = self.gui.view3d()
        if regions:
            self.gui.move(*self.aside())
            yield 1.0
        found = [region for region in area.regions if region.type in regions]
        boxes = [(one.x, one.y, one.x + one.width, one.y + one.height) for one in found] or [box]
        left, bottom = (round(min(one[side] for one in boxes)) for side in (0, 1))
        right, top = (round(max(one[side] for one in boxes)) for side in (2, 3))
        size = f"{right - left}x{height or top - bottom}"
        small = ["-crop", f"{size}+{window.x + left}+{window.y + window.height - top}", "+repage"]
        small += ["-resize", f"{WIDTH}x>", "-strip", "+dither", "-colors", "192"]
        path: Path = self.gui.pictures / f"{self.gui.name}_guide-{name}.png"
        subprocess.run(["import", "-window", "root", *small, f"PNG8:{path}"], check=True)

    def ask_keras(self, script: str, *arguments: object) -> Any:
        """Run a script in the Python that has TensorFlow, without the extension, and give what it prints as JSON."""
        command = [str(self.gui.worker_python), "-c", script, *map(str, arguments)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def find(role: str, layer: str | None = None) -> Any:
    """The objects of the network with a role."""
    return package("scene.base.find").objects(root(), role, layer)


def description() -> Any:
    return package("scene.network.description").require_description(root())


def title() -> str:
    """What the inspector's header says."""
    inspector = package("ui.inspector.inspector_panel")
    return inspector.PARTS[inspector.inspected(bpy.context, root())].title(bpy.context, root())


def texts(*names: str) -> list[str]:
    """All texts that panels of the sidebar show, of those that the room shows; their sections are taken for open."""
    package("ui.common.knowing").forget()
    layout = MagicMock()
    for part in PARTS_OF_LAYOUT:
        getattr(layout, part).return_value = layout
    layout.panel_prop.return_value = layout, layout
    for panel in package("ui").CLASSES:
        if panel.__name__ in names and getattr(panel, "poll", lambda _: True)(bpy.context):
            panel.draw(SimpleNamespace(layout=layout), bpy.context)
    return [call.kwargs["text"] for call in layout.mock_calls if call.kwargs.get("text")]


def listed() -> list[str]:
    """Names of the samples in the list, from its top."""
    shown = description().shown_samples
    return [shown[number].name for number in package("ui.samples.sample_panel").chosen_samples(root())]
