"""The command line: the same use cases as in Blender's window, without a window.

Runs as ``python -m nn_blender.cli`` where bpy is installed, and as ``blender --command nn_blender``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import bpy

from .actions.export_influence import export_influence
from .actions.import_network import Imported, ImportOptions, import_network, inspect_model
from .actions.intervene import rerun
from .actions.measuring import MEASURED_AT_MOST, ORDERS, SHOWN_AT_MOST
from .actions.render import RenderOptions, check_output, render_animation, render_still
from .actions.report import make_report
from .actions.settings import worker_python
from .actions.sweep import preview_influence
from .actions.targets import find_root
from .actions.tensorflow import SetUpOptions, describe_setup, set_up_tensorflow
from .core.budgets import Budget
from .core.errors import UserError
from .core.interventions import Intervention
from .core.preprocessing import PRESETS, RESIZE_MODES
from .core.recording import STATISTICS
from .engine.interpreter import check
from .engine.jobs import Job, Progress
from .engine.registry import workers
from .scene.description import read_description
from .scene.find import networks
from .scene.interventions import write_intervention
from .scene.rendering import ENGINES, prepare_new_scene
from .scene.versions import can_denoise

DONE, BAD_INPUT, WORKER_FAILED, INTERRUPTED = 0, 2, 3, 130
WORKER_PYTHON = "NN_BLENDER_WORKER_PYTHON"
"""Environment variable that names the worker's Python where ``--python`` does not."""

_WITH_DETAILS = ("bug", "worker.bug", "worker.died")
_command: object = None
_WORKERS_FAULT = ("worker.", "environment.", "interpreter.", "session.", "job.", "bug")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code: 0 done, 2 bad arguments or input, 3 the worker failed."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:
        return BAD_INPUT if stop.code else DONE
    try:
        options.run(options)
    except UserError as error:
        _say(f"Error: {error.message} {error.fix}".strip())
        if error.details and error.code in _WITH_DETAILS:
            _say(error.details)
        return WORKER_FAILED if error.code.startswith(_WORKERS_FAULT) else BAD_INPUT
    except KeyboardInterrupt:
        _say("Stopped.")
        return INTERRUPTED
    except OSError as error:
        _say(f"Error: {error.filename} cannot be used: {error.strerror}. Choose another place.")
        return BAD_INPUT
    finally:
        workers.close_all()
    return DONE


def register() -> None:
    """Offer the commands as ``blender --command nn_blender``."""
    global _command  # noqa: PLW0603 - Blender hands out a handle that it wants back.
    _command = bpy.utils.register_cli_command("nn_blender", main)


def unregister() -> None:
    bpy.utils.unregister_cli_command(_command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("nn_blender", description="See inside a neural network.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_import(commands)
    _add_render(commands)
    inspect = commands.add_parser("inspect", help="print a model file's structure as JSON; needs no TensorFlow run")
    inspect.add_argument("model", type=_path, metavar="MODEL")
    _add_python(inspect)
    inspect.set_defaults(run=_inspect)
    checking = commands.add_parser("check", help="check the Python that has TensorFlow and print its versions")
    _add_python(checking)
    checking.set_defaults(run=_check)
    doctor = commands.add_parser("doctor", help="say how things are set up, and what to do where they are not")
    _add_python(doctor)
    doctor.set_defaults(run=_doctor)
    setup = commands.add_parser("setup-tensorflow", help="download TensorFlow into an environment of its own")
    setup.add_argument("--python", type=_path, metavar="BASE_PYTHON", help="Python 3.11 to 3.13 to build on")
    setup.add_argument("--build", metavar="NAME", help="cpu, or gpu where there is one")
    setup.add_argument("--pip-arguments", default="", metavar="TEXT", help="added to pip install")
    setup.add_argument("--repair", action="store_true", help="read every file and replace what is damaged")
    setup.set_defaults(run=_set_up)
    return parser


def _add_import(commands: Any) -> None:
    parser = commands.add_parser("import", help="turn a Keras model into a scene")
    parser.add_argument("model", type=_path, metavar="MODEL", help=".keras, .h5 or .hdf5 file")
    _add_import_options(parser)
    parser.add_argument("--save", type=_path, metavar="FILE.blend", help="save the scene")
    parser.add_argument("--render", type=_path, metavar="FILE.png", help="render a picture of the scene")
    parser.add_argument("--frame", type=_frame, metavar="N", help="frame to save and render; 1 by default")
    parser.add_argument("--report", type=_path, metavar="FILE.json", help="write what was computed")
    parser.add_argument(
        "--influence", type=_path, metavar="FILE.csv", help="estimate what the true class loses without each neuron"
    )
    _add_render_options(parser)
    parser.set_defaults(run=_import)


def _add_import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--samples",
        type=_path,
        metavar="PATH",
        action="append",
        default=[],
        help="folder of test images or of a folder per class, one image, or a .npy or .npz file; may be repeated",
    )
    parser.add_argument("--labels", type=_path, metavar="CSV", help="table of file and label")
    parser.add_argument("--classes", type=_path, metavar="FILE", help="class names, one a line")
    parser.add_argument(
        "--max-samples", type=_positive, metavar="N", default=MEASURED_AT_MOST, help="how many are measured"
    )
    parser.add_argument(
        "--shown",
        type=_whole(1, SHOWN_AT_MOST),
        metavar="N",
        default=SHOWN_AT_MOST,
        help=f"how many of them live in the scene, at most {SHOWN_AT_MOST}; statistics are over all",
    )
    parser.add_argument("--order", choices=ORDERS, default="first", help="which of them live in the scene")
    parser.add_argument(
        "--max-neurons",
        type=_positive,
        metavar="N",
        help=f"how many neurons are drawn; {Budget.neurons:,} by default, {Budget.layer_neurons:,} of a layer",
    )
    parser.add_argument("--frames-per-sample", type=_positive, metavar="N", default=24)
    parser.add_argument(
        "--fade-frames", type=_whole(0, 100_000), metavar="N", default=0, help="of those, how many fade to the next"
    )
    parser.add_argument(
        "--statistic", choices=STATISTICS, default="mean", help="how a neuron with positions becomes one number"
    )
    parser.add_argument("--resize", choices=RESIZE_MODES, help="how images get the network's size; fit by default")
    parser.add_argument("--preset", choices=tuple(PRESETS), help="values as the network was trained on")
    parser.add_argument("--range", type=_range, metavar="LOW..HIGH", help="values of black and white, as in -1..1")
    parser.add_argument("--colour", choices=("rgb", "grey"), help="what the network sees; colour where it can")
    parser.add_argument("--invert", action="store_true", default=None, help="swap dark and bright")
    parser.add_argument("--allow-code", action="store_true", help="run code that is inside the model file")
    parser.add_argument(
        "--disable",
        action="append",
        default=[],
        metavar="LAYER:0,3,7-9",
        help="switch neurons of a layer off; may be repeated",
    )
    parser.add_argument(
        "--gain",
        action="append",
        default=[],
        metavar="LAYER:3=0.5",
        help="weaken or strengthen neurons by a factor from 0 to 2; may be repeated",
    )
    _add_python(parser)


def _add_render(commands: Any) -> None:
    parser = commands.add_parser("render", help="render a scene file, or a model")
    parser.add_argument("source", type=_path, metavar="FILE.blend|MODEL")
    parser.add_argument("--output", type=_path, required=True, metavar="FILE.png|FILE.mp4|FOLDER/")
    parser.add_argument("--animation", action="store_true", help="render all frames")
    parser.add_argument("--frames", type=_frames, metavar="A-B", help="first and last frame of the animation")
    parser.add_argument("--frame", type=_frame, metavar="N", help="frame of a still")
    _add_render_options(parser)
    _add_import_options(parser)
    parser.set_defaults(run=_render)


def _add_render_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--resolution", type=_size, metavar="WxH")
    parser.add_argument("--render-samples", type=_positive, metavar="N", help="samples per pixel")


def _add_python(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--python", type=_path, metavar="WORKER_PYTHON", help="Python that has TensorFlow")


def _import(options: argparse.Namespace) -> None:
    if options.render:
        check_output(options.render, is_animation=False)
    imported = _import_into_new_scene(options)
    scene = bpy.context.scene
    if options.frame is not None:
        scene.frame_set(options.frame)
    if options.influence:
        _write_influence(options, find_root(scene, imported.network_id))
    if options.save:
        _save(options.save)
    if options.report:
        root = find_root(scene, imported.network_id)
        _write_json(options.report, make_report(imported, read_description(root).get("intervention")))
    if options.render:
        _render_still(options, options.render)


def _render(options: argparse.Namespace) -> None:
    is_animation = options.animation or options.frames is not None
    check_output(options.output, is_animation)
    if options.source.suffix.lower() == ".blend":
        _refuse_import_options(options)
        _open(options.source)
    else:
        _import_into_new_scene(options)
    if is_animation:
        with _quiet(), _denoised(bpy.context.scene):
            render_animation(bpy.context.scene, options.output.absolute(), _render_options(options))
        _say(f"Rendered {options.output}")
    else:
        _render_still(options, options.output)


def _refuse_import_options(options: argparse.Namespace) -> None:
    """What a scene file shows is in the file; better to say so than to render something else than was asked for."""
    given = [f"--{name}" for name in ("samples", "labels", "classes", "disable", "gain") if getattr(options, name)]
    if given:
        message = f"{options.source} is a scene, to which {', '.join(given)} cannot be applied."
        raise UserError("arguments.scene", message, "Name the model file instead, or leave them out.")


def _inspect(options: argparse.Namespace) -> None:
    worker = workers.get("inspect", _worker_python(options))
    inspection = _finish(inspect_model(worker, options.model.absolute()), "Inspect")
    print(json.dumps(inspection.to_dict(), indent=1, ensure_ascii=False))


def _check(options: argparse.Namespace) -> None:
    print(_finish(check(_worker_python(options)), "Check").verdict)


def _doctor(options: argparse.Namespace) -> None:
    print("\n".join(describe_setup()))
    _check(options)


def _set_up(options: argparse.Namespace) -> None:
    wanted = SetUpOptions(options.build, options.python, options.pip_arguments, options.repair)
    python = _finish(set_up_tensorflow(wanted), "Set up TensorFlow")
    _say(f"TensorFlow is set up: {python}")


def _import_into_new_scene(options: argparse.Namespace) -> Imported:
    # Factory settings would switch off the extension that is running this.
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    prepare_new_scene(bpy.context.scene)
    choices = {
        **PRESETS.get(options.preset, {}),
        "resize": options.resize,
        "colour": options.colour,
        "invert": options.invert,
    }
    if options.range is not None:
        choices["range"] = options.range
    import_options = ImportOptions(
        file=options.model if "model" in options else options.source,
        samples=tuple(options.samples),
        labels=options.labels,
        classes=options.classes,
        max_samples=options.max_samples,
        shown=options.shown,
        order=options.order,
        frames_per_sample=options.frames_per_sample,
        fade_frames=options.fade_frames,
        statistic=options.statistic,
        budget=Budget(options.max_neurons, options.max_neurons) if options.max_neurons else Budget(),
        choices={name: value for name, value in choices.items() if value is not None},
        allow_code=options.allow_code,
    )
    imported = _finish(import_network(_worker_python(options), import_options), "Import")
    for note in imported.contents.notes:
        _say(note)
    if options.disable or options.gain:
        _intervene(options, imported)
    return imported


def _intervene(options: argparse.Namespace, imported: Imported) -> None:
    """Switch the neurons that the arguments name, and show the network without them."""
    network = imported.contents.network
    intervention = Intervention.from_texts(network, options.disable, options.gain)
    root = find_root(bpy.context.scene, imported.network_id)
    write_intervention(root, intervention)
    if imported.contents.recording is None:
        _say("The neurons are switched, but without test images nothing was run.")
    else:
        _finish(rerun(_worker_python(options), root), "Rerun")


def _write_influence(options: argparse.Namespace, root: bpy.types.Collection) -> None:
    _finish(preview_influence(_worker_python(options), root), "Estimate")
    options.influence.parent.mkdir(parents=True, exist_ok=True)
    count = export_influence(root, options.influence)
    _say(f"Wrote {options.influence}: {count:,} neurons")


def _worker_python(options: argparse.Namespace) -> Path:
    python = options.python or os.environ.get(WORKER_PYTHON) or worker_python()
    if not python:
        raise UserError(
            "arguments.python",
            "TensorFlow is not set up.",
            f"Run setup-tensorflow, or name a Python that has it by --python PATH or {WORKER_PYTHON}.",
        )
    return Path(python)


def _finish(generator: Generator[Progress, None, Any], title: str) -> Any:
    messages: list[str] = []

    def show(progress: Progress) -> None:
        if progress.message and progress.message not in messages[-1:]:
            messages.append(progress.message)
            _say(f"{progress.message} …")

    return Job(generator, title).wait(show)


def _open(file: Path) -> None:
    if not file.is_file():
        raise UserError("scene.missing", f"There is no {file}.", "Name an existing .blend file.")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(file.absolute()))
    except RuntimeError as error:
        raise UserError("scene.unreadable", f"{file} cannot be opened: {str(error).strip()}") from error
    if not networks(bpy.context.scene):
        _say(f"{file} holds no network; it is rendered as it is.")


def _save(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _quiet():
            bpy.ops.wm.save_as_mainfile(filepath=str(file.absolute()), compress=True)
    except RuntimeError as error:
        raise UserError("scene.unwritable", f"{file} cannot be saved: {str(error).strip()}") from error
    _say(f"Saved {file}")


def _render_still(options: argparse.Namespace, file: Path) -> None:
    if options.engine == "workbench":
        _say("Workbench shows no glow: neurons have one colour.")
    _say("Rendering …")
    with _quiet(), _denoised(bpy.context.scene):
        render_still(bpy.context.scene, file.absolute(), _render_options(options), options.frame)
    _say(f"Rendered {file}")


def _render_options(options: argparse.Namespace) -> RenderOptions:
    return RenderOptions(options.engine, options.resolution, options.render_samples, getattr(options, "frames", None))


def _write_json(file: Path, data: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, indent=1), encoding="utf-8")
    _say(f"Wrote {file}")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _denoised(scene: bpy.types.Scene) -> Iterator[None]:
    """Denoise while rendering where this Blender can; the scene itself stays as it is."""
    before = scene.cycles.use_denoising
    scene.cycles.use_denoising = can_denoise()
    try:
        yield
    finally:
        scene.cycles.use_denoising = before


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Blender prints every step of a render to standard output, past Python; send that nowhere."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
        return number

    return parse


def _pair(
    separator: str, kind: Callable[[str], Any], example: str, ordered: bool = False
) -> Callable[[str], tuple[Any, Any]]:
    def parse(text: str) -> tuple[Any, Any]:
        first, found, second = text.lower().partition(separator)
        try:
            pair = kind(first), kind(second)
            in_order = not ordered or pair[0] <= pair[1]
            is_sensible = bool(found) and in_order and all(map(math.isfinite, pair))
        except ValueError:
            is_sensible = False
        if not is_sensible:
            raise argparse.ArgumentTypeError(f"{text!r} is not like {example}")
        return pair

    return parse


LAST_FRAME = 1_048_574
"""Blender's limit."""

_positive = _whole(1, 100_000)
_frame = _whole(-LAST_FRAME, LAST_FRAME)
_size = _pair("x", _whole(4, 65_536), "1920x1080")
_range = _pair("..", float, "-1..1")
_frames = _pair("-", _whole(0, LAST_FRAME), "1-240", ordered=True)


if __name__ == "__main__":
    sys.exit(main())
