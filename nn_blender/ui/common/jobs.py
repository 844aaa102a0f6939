"""The job that runs, driven by one timer, and what became of the last one."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...actions.settings import chosen_python
from ...core.errors import UserError
from ...engine.jobs import Job, Progress, State
from ...engine.registry import workers
from ...scene.base import contract
from ...scene.network.description import read_description
from .active import active_network, network_by_id
from .sidebar import draw_lines
from .undo_steps import undo_steps

BUSY, IDLE = 0.05, 1.0
"""Seconds between two looks while a job runs, and while only the workers are looked after."""

BROKEN_PACKAGES = ("worker.missing_package", "worker.old_package", "worker.broken_package", "worker.not_found")
IN_PREFERENCES = ("environment.", "interpreter.", *BROKEN_PACKAGES)
"""Codes of errors that can be mended by repairing the environment, or else in the preferences."""

NEEDS_OPTIONS = ("model.needs_code", "model.custom_object", "classes.")
"""Codes of errors that options of the import mend."""


class Jobs:
    """One job at a time, in a window that stays responsive.

    Attributes:
        error: why the last job failed, until it is dismissed.
        network_id: of the network that the last job was about; empty for none.
    """

    def __init__(self) -> None:
        self.error: UserError | None = None
        self.network_id = ""
        self._job: Job | None = None
        self._on_done: Callable[[Any], None] | None = None
        self._undo_step = ""
        self._writes_before_push = False

    @property
    def running(self) -> Job | None:
        """The job under way."""
        return self._job if self._job is not None and self._job.running else None

    def interrupt(self) -> str:
        """Cancel the running job if it may have changed the scene already; give the name of its undo step."""
        if not self.running or not self._writes_before_push:
            return ""
        self.cancel()
        return self._undo_step

    def poll(self, operator: type[bpy.types.Operator]) -> bool:
        """For the poll of operators that start a job: whether none runs, and why not."""
        if self.running:
            operator.poll_message_set(f"Wait for “{self.running.title}” to finish, or cancel it")
        return not self.running

    def start(
        self,
        generator: Generator[Progress, None, Any],
        title: str,
        on_done: Callable[[Any], None] = lambda result: None,
        undo_step: str = "",
        writes_before_push: bool = False,
        network_id: str | None = None,
    ) -> None:
        """Run a job. In background mode, where no timers run, it runs to its end now.

        Args:
            title: what the job does, for people.
            on_done: gets the job's result.
            undo_step: the name of the step that is pushed after ``on_done``, unless the job fails or is cancelled;
                empty where the job has none or pushes it itself.
            writes_before_push: whether the job changes the scene some time before its step is pushed.
            network_id: of the network that the job is about; of the one that panels show where it is not given.

        Raises:
            UserError: in background mode, what went wrong.
        """
        self.error = None
        root = active_network(bpy.context)
        self.network_id = network_id if network_id is not None else root[contract.NETWORK] if root else ""
        self._on_done = on_done
        self._undo_step, self._writes_before_push = undo_step, writes_before_push
        self._job = Job(generator, title)
        if bpy.app.background:
            self._finish(self._job.wait())
            return
        # At once, while what it was given is still there: until the timer's first tick undo may have removed it.
        self.step()
        _show(self.running)
        if not bpy.app.timers.is_registered(_tick):
            bpy.app.timers.register(_tick, persistent=True)

    def launch(
        self,
        operator: bpy.types.Operator,
        generator: Generator[Progress, None, Any],
        title: str = "",
        **options: Any,
    ) -> set[str]:
        """For the execute of operators: start a job, by the operator's label, and say what went wrong.

        Args:
            options: of `start`.
        """
        try:
            self.start(generator, title or operator.bl_label, **options)
        except UserError as error:
            return report_error(operator, error)
        return {"FINISHED"}

    def step(self) -> None:
        """Advance the running job; once it is over, hand on its result or keep its error."""
        job = self._job
        if job.step():
            return
        if job.state is State.DONE:
            try:
                self._finish(job.result)
            except Exception as error:  # noqa: BLE001 - Blender would drop the timer, and nobody would learn why nothing happens.
                details = traceback.format_exc()
                fix = "Report this bug and include the details."
                self.error = UserError("bug", f"{job.title}: {error}.", fix, details)
        elif job.state is State.FAILED:
            self.error = job.error
        if self.error is not None:
            print(f"{job.title}: {self.error.message}\n{self.error.details}".rstrip())

    def cancel(self) -> None:
        if self.running:
            self._job.cancel()
            _show(None)

    def _finish(self, result: Any) -> None:
        self._on_done(result)
        if self._undo_step:
            undo_steps.push(self._undo_step)

    def draw_progress(self, layout: bpy.types.UILayout) -> None:
        """The running job, with a cancel button."""
        job = self.running
        if job is not None:
            row = layout.row(align=True)
            fraction = job.progress.fraction
            row.progress(factor=fraction or 0.0, text=job.progress.message or job.title, type="BAR")
            row.operator("nn.cancel", text="", icon="X")

    def draw_error(self, layout: bpy.types.UILayout, width: int | None = None) -> None:
        """What went wrong with the last job, until it is dismissed."""
        if self.error is not None:
            _draw_error(layout.box(), self.error, self.network_id, width)


jobs = Jobs()
"""The one runner of a Blender session."""


def start() -> None:
    bpy.app.handlers.load_pre.append(_leave_file)
    bpy.app.handlers.undo_post.append(_close_unneeded_workers)
    bpy.app.handlers.redo_post.append(_close_unneeded_workers)


def stop() -> None:
    """End everything that runs: no process outlives the extension."""
    _leave_file()
    bpy.app.handlers.load_pre.remove(_leave_file)
    bpy.app.handlers.undo_post.remove(_close_unneeded_workers)
    bpy.app.handlers.redo_post.remove(_close_unneeded_workers)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def report_error(operator: Any, error: UserError) -> set[str]:
    """What the execute of an operator returns where it cannot do its work: it says why."""
    operator.report({"ERROR"}, f"{error.message} {error.fix}")
    return {"CANCELLED"}


@persistent
def _leave_file(*_: object) -> None:
    """Jobs and workers are for the file that is being left."""
    jobs.cancel()
    workers.close_all()


@persistent
def _close_unneeded_workers(*_: object) -> None:
    """Undo may have taken networks away; a running job's network is not in the file yet."""
    if jobs.running:
        return
    present = {collection.get(contract.NETWORK) for collection in bpy.data.collections}
    for network_id in workers.network_ids():
        if network_id not in present:
            workers.close(network_id)


def _tick() -> float | None:
    if bpy.app.is_job_running("RENDER"):
        # A render reads the scene from another thread.
        return IDLE
    workers.poll()
    if job := jobs.running:
        shown = job.progress
        jobs.step()
        # Drawing a large scene takes longer than most steps, so only where there is something new to see.
        if jobs.running is not job or job.progress != shown:
            _show(jobs.running)
    if jobs.running:
        return BUSY
    return IDLE if workers.alive else None


def redraw_panels() -> None:
    """Draw our panels anew: Blender does so by itself where the mouse is, but not after a dialog."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()


def _show(job: Job | None) -> None:
    """Redraw our panels, and say in the status bar what is going on."""
    status = f"{job.title}: {job.progress.message}" if job else None
    for window in bpy.context.window_manager.windows:
        # The text goes to the context's window; that one is gone when Blender quits with several, and Blender crashes.
        with bpy.context.temp_override(window=window):
            window.workspace.status_text_set(status)
    redraw_panels()


def _draw_error(box: bpy.types.UILayout, error: UserError, network_id: str, width: int | None) -> None:
    message = box.column()
    message.alert = True
    draw_lines(message, error.message, "ERROR", width)
    draw_lines(box, error.fix, "BLANK1", width)
    _draw_remedy(box, error.code, network_id)
    row = box.row()
    row.operator("nn.copy_error", icon="COPYDOWN")
    row.operator("nn.dismiss_error", text="", icon="X")


def draw_keras_2_button(layout: bpy.types.UILayout) -> None:
    """The button that adds what runs old models that Keras 3 cannot."""
    layout.operator("nn.set_up_tensorflow", text="Add Keras 2 (2 MB)", icon="IMPORT").with_keras_2 = True


def _draw_remedy(box: bpy.types.UILayout, code: str, network_id: str) -> None:
    """The button that solves what the error is about."""
    if code == "environment.offline_by_choice":
        box.operator("nn.open_network_preferences", icon="PREFERENCES")
    elif code.startswith(BROKEN_PACKAGES) and chosen_python() is None:
        box.operator("nn.set_up_tensorflow", text="Repair TensorFlow", icon="TOOL_SETTINGS").repair = True
    elif code.startswith(NEEDS_OPTIONS):
        about = read_description(root) if (root := network_by_id(network_id)) else None
        if about is not None:
            again = box.operator("nn.import_network", text="Import Again with Options…", icon="IMPORT")
            again.filepath = about.network.file
            again.replaces = "" if about.samples else network_id
    elif code == "model.needs_keras_2" and chosen_python() is None:
        draw_keras_2_button(box)
    elif code.startswith(IN_PREFERENCES):
        box.operator("nn.open_preferences", icon="PREFERENCES")
