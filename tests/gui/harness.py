"""Drives a scenario inside a Blender with a window: `blender -P harness.py -- SCENARIO.py PICTURES`.

A scenario is a file with a generator `scenario(gui)`. It yields to let Blender work (`yield` for one tick, `yield 0.5`
for half a second) and waits with `yield from gui.wait_until(...)`. Mouse and keyboard events are real: they come from
the X server, so they reach whatever the user would reach. A check that fails is recorded and the scenario goes on; an
exception ends it and fails it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import addon_utils
import bpy
import gpu

sys.path.insert(0, str(Path(__file__).parent))
from extension import EXTENSION, jobs, package, panels

TICK = 0.1
COLUMNS = (0.3, 0.75, 0.12, 0.55, 0.9)
"""Where buttons are looked for, as shares of the sidebar's width."""
Steps = Generator[float | None, None, None]


class Gui:
    """What a scenario can do and say."""

    def __init__(self, name: str, pictures: Path) -> None:
        self.name = name
        self.pictures = pictures
        self.checks: list[dict[str, object]] = []
        self.expected: list[str] = []
        self.extension_zip = Path(os.environ["NN_BLENDER_ZIP"])
        self.worker_python = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
        self.checkout = Path(__file__).resolve().parents[2]

    def check(self, good: object, what: str) -> None:
        """Record whether a fact holds."""
        self.checks.append({"what": what, "passed": bool(good)})
        print(f"check: {'passed' if good else 'FAILED'}: {what}", flush=True)

    def expect_report(self, text: str) -> None:
        """Say that a report to the user which contains the text is right; any other fails the scenario."""
        self.expected.append(text)

    def wait_until(self, predicate: Callable[[], object], what: str, timeout: float = 30.0) -> Steps:
        """Let Blender work until something is so.

        Raises:
            TimeoutError: It never was.
        """
        end = time.monotonic() + timeout
        while not predicate():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {timeout:.0f} s in vain for: {what}")
            yield None

    def install(self) -> None:
        """Install the extension from its zip and enable it."""
        bpy.ops.extensions.package_install_files(
            filepath=str(self.extension_zip), repo="user_default", enable_on_install=True
        )

    def choose_tensorflow(self) -> None:
        bpy.context.preferences.addons[EXTENSION].preferences.python = str(self.worker_python)

    def start(self) -> None:
        """Begin as most scenarios do: with the extension, TensorFlow, and an empty scene."""
        self.install()
        self.choose_tensorflow()
        bpy.ops.object.select_all(action="SELECT")
        bpy.ops.object.delete()

    def import_digits(self, **options: object) -> Steps:
        """Import the sample network and wait for it; options are the operator's."""
        file = self.checkout / "sample_scenes" / "digits" / "digits.keras"
        bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(file), **options)
        yield from self.finish("the import")

    def finish(self, what: str, timeout: float = 120) -> Steps:
        """Wait for the job that runs, and check that it did not fail."""
        yield from self.wait_until(lambda: jobs().running is None, what, timeout)
        error = jobs().error
        self.check(error is None, f"{what} works: {error and error.message}")

    def in_viewport(self, operator: Callable[..., set[str]], *context: object, **options: object) -> set[str]:
        """Call an operator as if the mouse were over the 3D viewport."""
        window, area = self.view3d()
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            return operator(*context, **options)

    def as_button(self, operator: Callable[..., set[str]], **options: object) -> set[str]:
        """Call an operator as a button in the viewport would: what it does is a step of undo."""
        return self.in_viewport(operator, "EXEC_DEFAULT", True, **options)

    @staticmethod
    def open_panels(*names: str) -> None:
        """As if the user had clicked their headers; of all panels where none is named."""
        # Whether a panel is open can only be set before it is registered.
        addon_utils.disable(EXTENSION)
        for name, panel in panels().items():
            if not names or name in names:
                panel.bl_options = set()
        addon_utils.enable(EXTENSION, default_set=True)

    def open_sections(self, *names: str) -> Steps:
        """As if the user had clicked the headers of these sections of panels, and closed all others."""
        settings = bpy.context.workspace.nn
        for name, prop in settings.bl_rna.properties.items():
            if prop.type == "BOOLEAN" and name != "layers_reversed":
                setattr(settings, name, name in names)
        yield from self.redrawn()

    def enter_room(self, room: str) -> Steps:
        """As if the user had clicked one of the four tabs."""
        bpy.context.workspace.nn.room = room
        yield from self.redrawn()

    def show_only(self, *names: str) -> Steps:
        """Leave only some panels in the sidebar, so that each fits on the screen; what they stand in stays as well."""
        base = package("ui.common.sidebar").RoomPanel
        around = {getattr(getattr(bpy.types, name), "bl_parent_id", "") for name in names}
        for panel in (base, package("ui.inspector.inspector_panel").NN_PT_inspector):
            panel.poll = classmethod(lambda cls, context: cls.__name__ in {*names, *around})
        yield from self.redrawn()

    def redrawn(self) -> Steps:
        """Let Blender draw the sidebar: it takes some redraws until the panels have moved to their new places."""
        for _ in range(4):
            self.view3d()[1].tag_redraw()
            yield 0.25

    def draw_materials(self) -> Steps:
        """Let the 3D viewport be drawn with its materials, which takes long without a graphics card.

        Until their shaders are compiled, objects are drawn in grey, and Blender 5 does not say that it compiles. A
        picture off the screen waits for them. What is on the screen is refined sample by sample afterwards.
        """
        window, area = self.view3d()
        region = next(region for region in area.regions if region.type == "WINDOW")
        space = area.spaces.active
        matrices = space.region_3d.view_matrix, space.region_3d.window_matrix
        picture = gpu.types.GPUOffScreen(64, 36)
        with bpy.context.temp_override(window=window, area=area, region=region):
            picture.draw_view3d(bpy.context.scene, bpy.context.view_layer, space, region, *matrices)
        picture.free()
        area.tag_redraw()
        yield 8.0

    def screenshot(self, name: str) -> Path:
        """Save what the screen shows as `<scenario>_<name>.png`. Yield once before, so that it is drawn."""
        path = self.pictures / f"{self.name}_{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], check=True)
        return path

    def move(self, x: float, y: float) -> None:
        """Move the mouse to a point of the window, counted as Blender does, from the bottom left."""
        window = bpy.context.window_manager.windows[0]
        # The window manager's frame around the window is as wide at the top as it is at the bottom.
        self._xdotool("mousemove", str(window.x + round(x)), str(window.y + round(window.height - 1 - y)))

    def click(self, x: float, y: float, button: int = 1, hold: str = "") -> Steps:
        """Click a point of the window (see `move`); the button lights up first, as under a user's hand.

        Args:
            hold: A key such as "shift" that is held down meanwhile.
        """
        self.move(x, y)
        yield 0.2
        if hold:
            self._xdotool("keydown", hold)
        self._xdotool("click", str(button))
        yield from self._handled()
        if hold:
            self._xdotool("keyup", hold)
            yield 0.1

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> Steps:
        """Press the left button at one point of the window (see `move`), let it go at another."""
        self.move(*start)
        yield 0.2
        self._xdotool("mousedown", "1")
        for share in (0.25, 0.5, 0.75, 1.0):
            self.move(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))
            yield 0.1
        self._xdotool("mouseup", "1")
        yield 0.3

    def key(self, *keys: str) -> Steps:
        """Press keys such as "ctrl+z" or "Return" with the mouse where it is."""
        # Openbox gives the keyboard to nobody by itself.
        self._xdotool("search", "--onlyvisible", "--class", "blender", "windowfocus", "--sync")
        for key in keys:
            self._xdotool("key", key)
            yield from self._handled()

    def type_text(self, text: str) -> Steps:
        """Type into the text field that is being edited."""
        self._xdotool("type", "--delay", "20", text)
        yield 0.3

    def scroll(self, clicks: int) -> Steps:
        """Turn the mouse wheel; positive is down."""
        self._xdotool("click", "--repeat", str(abs(clicks)), "5" if clicks > 0 else "4")
        yield 0.3

    def view3d(self) -> tuple[bpy.types.Window, bpy.types.Area]:
        """Give the largest 3D viewport and its window."""
        window = bpy.context.window_manager.windows[0]
        areas = [area for area in window.screen.areas if area.type == "VIEW_3D"]
        return window, max(areas, key=lambda area: area.width * area.height)

    def sidebar(self) -> bpy.types.Region:
        """Give the sidebar of the 3D viewport."""
        return next(region for region in self.view3d()[1].regions if region.type == "UI")

    def open_sidebar(self, tab: str) -> Steps:
        """Show the sidebar with one of its tabs, as wide as its texts need."""
        area = self.view3d()[1]
        area.spaces.active.show_region_ui = True
        yield 0.5
        # Until the sidebar has been drawn once it has no tabs, and setting one is refused.
        end = time.monotonic() + 10
        while self.sidebar().active_panel_category != tab:
            if self.sidebar().active_panel_category != "UNSUPPORTED":
                self.sidebar().active_panel_category = tab
            if time.monotonic() > end:
                raise TimeoutError(f"the sidebar has no tab {tab!r}")
            area.tag_redraw()
            yield 0.2

    def find_button(
        self, wanted: str, columns: Sequence[float] = COLUMNS
    ) -> Generator[float | None, None, tuple[float, float]]:
        """Find a button of the sidebar by what it does.

        Args:
            wanted: A part of the Python command of an operator button ("nn.import_model") or of the data path of a
                property ("frame_current").
            columns: Where to look first, as shares of the sidebar's width.

        Returns:
            The point of the window where the button is.

        The mouse goes over the sidebar, and Blender is asked what it would copy for the button under it: panels can
        be rearranged and renamed without a scenario noticing, as long as the button can still be reached.
        """
        window, area = self.view3d()
        region = self.sidebar()
        seen = []
        for column in columns:
            x = region.x + region.width * column * 0.93
            for step in range(8, region.height - 4, 9):
                y = region.y + region.height - step
                self.move(x, y)
                yield 0.03
                text = self._button_under_mouse(window, area, region)
                if wanted in text:
                    # It may still be the button that the mouse has left.
                    yield from self._handled()
                    text = self._button_under_mouse(window, area, region)
                if wanted in text:
                    return x, y
                if text and text not in seen:
                    seen.append(text)
        raise LookupError(f"no button for {wanted!r} in the sidebar, only: {'; '.join(seen)}")

    def press(self, wanted: str, columns: Sequence[float] = COLUMNS) -> Steps:
        """Find a button of the sidebar (see `find_button`) and click it."""
        x, y = yield from self.find_button(wanted, columns)
        yield from self.click(x, y)

    @staticmethod
    def _button_under_mouse(window: bpy.types.Window, area: bpy.types.Area, region: bpy.types.Region) -> str:
        manager = bpy.context.window_manager
        with bpy.context.temp_override(window=window, area=area, region=region):
            for copy in (bpy.ops.ui.copy_python_command_button, bpy.ops.ui.copy_data_path_button):
                manager.clipboard = ""
                if copy.poll() and copy() == {"FINISHED"}:
                    return manager.clipboard
        return ""

    @staticmethod
    def _handled() -> Steps:
        """Let Blender handle an event: one round of its main loop takes it in, further ones draw what came of it."""
        yield 0.3
        for _ in range(3):
            yield 0.02

    @staticmethod
    def _xdotool(*arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True)


class Driver:
    """Advances the scenario from a timer, writes the result, quits Blender."""

    def __init__(self, gui: Gui, steps: Steps, result: Path) -> None:
        self.gui = gui
        self.steps = steps
        self.result = result

    def tick(self) -> float | None:
        """Run the scenario to its next yield. An exception is left to Blender, which prints it to the log."""
        finished = True
        try:
            pause = next(self.steps)
            finished = False
        except StopIteration:
            return None
        else:
            return pause or TICK
        finally:
            if finished:
                self._finish(sys.exception())

    def _finish(self, error: BaseException | None) -> None:
        if isinstance(error, StopIteration):
            error = None
        bpy.app.timers.register(_quit, first_interval=0.5)
        if error is not None:
            self.gui.screenshot("failed")
            self.gui.check(False, f"{type(error).__name__}: {error}")
        answer = {"checks": self.gui.checks, "expected": self.gui.expected, "reports": _messages()}
        self.result.write_text(json.dumps(answer, indent=1), encoding="utf-8")


def _messages() -> list[str]:
    """Give what Blender reported to the user in the whole session: the Info editor's lines, without its Python log.

    The editor does not tell an error from an information when its lines are copied.
    """
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    was = area.type
    area.type = "INFO"
    bpy.context.window_manager.clipboard = ""
    try:
        with bpy.context.temp_override(
            window=window, area=area, region=next(region for region in area.regions if region.type == "WINDOW")
        ):
            bpy.ops.info.select_all(action="SELECT")
            bpy.ops.info.report_copy()
    finally:
        area.type = was
    lines = bpy.context.window_manager.clipboard.splitlines()
    return [line for line in lines if line and not line.startswith("bpy.")]


def _quit() -> None:
    bpy.ops.wm.quit_blender()


def _load(path: Path) -> Callable[[Gui], Steps]:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None, path
    assert specification.loader is not None, path
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.scenario


def main() -> None:
    """Prepare Blender's window for a scenario and start it."""
    scenario, pictures = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
    preferences = bpy.context.preferences
    preferences.view.show_splash = False
    preferences.view.use_save_prompt = False
    preferences.view.filebrowser_display_type = "SCREEN"
    gui = Gui(scenario.stem, pictures)
    driver = Driver(gui, _load(scenario)(gui), pictures / f"{scenario.stem}.json")
    bpy.app.timers.register(driver.tick, first_interval=1.0, persistent=True)


main()
