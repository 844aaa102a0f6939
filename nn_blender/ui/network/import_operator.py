"""Import a network: from the sidebar, the file menu or a dropped file, with the same options."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.io_utils import ImportHelper, poll_file_object_drop

from ...actions.network.import_network import (
    Imported,
    ImportOptions,
    Inspected,
    give_up,
    import_network,
    inspect_file,
)
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...engine.jobs import Progress
from ...scene.base import contract
from ...scene.base.find import networks
from ...scene.stage.startup import find_startup_cube, hide_cube
from ..common.active import choose_nothing
from ..common.input_sizes import draw_size, usual_sizes
from ..common.jobs import jobs
from ..common.needs import SET_UP_FIRST
from ..common.undo_steps import undo_steps
from ..common.viewport import show_in_viewport
from ..samples.input_settings import adopt
from .import_drawing import (
    PLACES,
    draw_costs,
    draw_survey,
    fill_places,
    folder_of,
    forget_surveys,
    is_there,
    surveyed,
    without_folder,
)
from .import_options import PICTURES, SAMPLES, SCENE, TIMELINE, ImportChoices

MODEL_FILES = (".keras", ".h5", ".hdf5")

WIDTH = 680
"""Of the options, in pixels at the interface's usual scale: two columns, so that they fit into low windows."""

_inspected: dict[Path, Inspected] = {}
"""What inspecting the chosen files gave, by path, until they are imported; every dialog inspects anew."""


class NN_OT_import_network(ImportChoices, bpy.types.Operator, ImportHelper):
    """Turn a trained Keras network into a scene that shows what it computes"""

    bl_idname = "nn.import_network"
    bl_label = "Import Network"
    # Its undo step is pushed when the last data-block is written, not when the job starts.
    bl_options = {"REGISTER", "PRESET"}

    filename_ext = ".keras"
    filter_glob: bpy.props.StringProperty(  # type: ignore[valid-type]
        default="".join(f"*{ending};" for ending in MODEL_FILES), options={"HIDDEN"}
    )
    directory: bpy.props.StringProperty(  # type: ignore[valid-type]
        subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"}
    )
    files: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE", "HIDDEN"}
    )
    choosing: bpy.props.BoolProperty(options={"SKIP_SAVE", "HIDDEN"})  # type: ignore[valid-type]
    inspected: bpy.props.BoolProperty(options={"SKIP_SAVE", "HIDDEN"})  # type: ignore[valid-type]
    replaces: bpy.props.StringProperty(  # type: ignore[valid-type]
        description="Id of the network that the new one takes the place of", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if worker_python() is None:
            cls.poll_message_set(SET_UP_FIRST)
            return False
        return jobs.poll(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        # Blender opens no second file dialog out of the first, so paths among the options would be dead in it:
        # it only chooses the model, and the options come up afterwards, as they do for a dropped file.
        self.choosing = not self.properties.is_property_set("filepath")
        if self.choosing:
            return self.invoke_popup(context)
        if self.inspected:
            manager: Any = context.window_manager
            title = f"Import {self._names()}"
            return manager.invoke_props_dialog(self, width=WIDTH, title=title, confirm_text=self.bl_label)  # type: ignore[no-any-return]
        return self._inspect_first()

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.choosing:
            names = [{"name": element.name} for element in self.files]
            given = {"filepath": self.filepath, "directory": self.directory, "files": names}
            bpy.app.timers.register(partial(_ask_for_options, given))
            return {"FINISHED"}
        if self.allow_code and len(self._paths()) > 1:
            # The dialog is closed, and nobody says that it was left.
            _forget_inspected()
            self.report({"ERROR"}, "Code can only be allowed for one file at a time")
            return {"CANCELLED"}
        files = [(options, _inspected.pop(options.file, None)) for options in self.options_for(self._paths())]
        importing = _import_all(worker_python(), files, self.prepare_viewport, self.hide_cube, self.replaces)
        return jobs.launch(self, importing, f"Import {self._names()}", network_id="")

    def cancel(self, context: bpy.types.Context) -> None:
        _forget_inspected()

    def _inspect_first(self) -> set[str]:
        """Inspect the files, which is quick, then show the options with what the files would cost."""
        names = [{"name": element.name} for element in self.files]
        ignored = ("files", "filter_glob", "choosing", "input_samples", "input_sizes")
        given = {**self.as_keywords(ignore=ignored), "files": names, "inspected": True}
        inspection = _inspect_all(worker_python(), self._paths())
        ask = partial(_ask_for_options, given)
        jobs.launch(self, inspection, f"Read {self._names()}", on_done=lambda _: ask(), network_id="")
        return {"CANCELLED"}

    def _names(self) -> str:
        return ", ".join(path.name for path in self._paths())

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if self.choosing:
            layout.label(text="Options appear after you choose a file")
            return
        layout.use_property_split = True
        layout.use_property_decorate = False
        known = [
            (_inspected[one.file].inspection, one) for one in self.options_for(self._paths()) if one.file in _inspected
        ]
        surveys = [surveyed(inspection, options) for inspection, options in known]
        columns = layout.row()
        about, how = columns.column(), columns.column()
        for (inspection, _), survey in zip(known, surveys, strict=True):
            draw_survey(about.box(), inspection.network.name, survey)
        if not surveys or any(survey.code for survey in surveys):
            self._draw_group(about, "Code", ("classes_code", "allow_code"))
        self._draw_group(about, "Samples", SAMPLES)
        for entry in self.input_samples:
            row = about.row()
            row.active = bool(without_folder(self._paths()[0], entry.path))
            row.prop(entry, "path", text=f"For {entry.name}")
        self._draw_group(how, "Timeline", TIMELINE)
        pictures = self._draw_group(how, "Network Input", PICTURES)
        for entry in self.input_sizes:
            draw_size(pictures, entry, f"Size of {entry.name}")
        scene = self._draw_group(how, "Scene", SCENE)
        if find_startup_cube(context.scene) is not None:
            scene.prop(self, "hide_cube")
        if known:
            draw_costs(how, self, [inspection.network for inspection, _ in known], self.budget())

    def _draw_group(self, layout: bpy.types.UILayout, title: str, names: Sequence[str]) -> bpy.types.UILayout:
        layout.label(text=title)
        group = layout.column()
        for name in names:
            row = group.row()
            # Grey: where a file would be looked for that is not there, and what only lets a chooser open in a folder.
            row.active = name not in PLACES or is_there(getattr(self, name))
            if name == "classes_code":
                row.active = bool(without_folder(self._paths()[0], self.classes_code))
            row.prop(self, name)
        return group

    def _paths(self) -> list[Path]:
        """The chosen files: one from a script, one or more from dialog and drop."""
        names = [element.name for element in self.files if element.name]
        return [Path(self.directory) / name for name in names] or [Path(self.filepath)]


class NN_FH_import_network(bpy.types.FileHandler):
    bl_idname = "NN_FH_import_network"
    bl_label = "Keras Network"
    bl_import_operator = "nn.import_network"
    bl_file_extensions = ";".join(MODEL_FILES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return poll_file_object_drop(context)


def _ask_for_options(given: dict[str, Any]) -> None:
    """Show the options for chosen files. From a timer, since an operator that opens another's dialog leaks memory."""
    if len(_inspected) == 1:
        (inspected,) = _inspected.values()
        inputs = inspected.network.inputs
        model = Path(inspected.network.file)
        places = [{"name": spec.name, "path": folder_of(model)} for spec in inputs if len(inputs) > 1]
        given = {**given, "input_samples": places, "input_sizes": usual_sizes(inspected.network)}
        given |= fill_places(model, given)
    given["hide_cube"] = find_startup_cube(bpy.context.scene) is not None
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.nn.import_network("INVOKE_DEFAULT", **given)


def _inspect_all(python: Path, paths: list[Path]) -> Generator[Progress, None, None]:
    _forget_inspected()
    try:
        for path in paths:
            _inspected[path] = yield from inspect_file(python, path.expanduser().absolute())
    except BaseException:
        # No dialog will come up that could let them go.
        _forget_inspected()
        raise


def _forget_inspected() -> None:
    for inspected in _inspected.values():
        give_up(inspected)
    _inspected.clear()
    forget_surveys()


def _import_all(
    python: Path,
    files: list[tuple[ImportOptions, Inspected | None]],
    prepare_viewport: bool,
    hides_cube: bool,
    replaces: str,
) -> Generator[Progress, None, None]:
    waiting = list(files)
    refused: list[tuple[UserError, str]] = []
    try:
        while waiting:
            options, inspected = waiting.pop(0)
            imported = yield from import_network(python, options, inspected, replaces=replaces)
            _finish_import(imported, prepare_viewport, hides_cube)
            if imported.refusal is not None:
                refused.append((imported.refusal, imported.network_id))
    finally:
        for _, inspected in waiting:
            if inspected is not None:
                give_up(inspected)
    if refused:
        refusal, jobs.network_id = refused[-1]
        raise refusal


def _finish_import(imported: Imported, prepare_viewport: bool, hides_cube: bool) -> None:
    """Show the network, and make the whole import one step of undo."""
    for scene in bpy.data.scenes:
        for root in networks(scene):
            if root[contract.NETWORK] == imported.network_id:
                adopt(root)
                scene.nn.network = root
                scene.nn.layer = 0
                choose_nothing(scene)
                if hides_cube and (cube := find_startup_cube(scene)) is not None:
                    hide_cube(root, cube)
                if prepare_viewport and not bpy.app.background:
                    show_in_viewport(scene)
    undo_steps.push("Import Network")


CLASSES = (NN_OT_import_network, NN_FH_import_network)
