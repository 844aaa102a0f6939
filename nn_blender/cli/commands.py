"""One function per command, called with its parsed options."""

from __future__ import annotations

import argparse
import json

from ..actions.network.loading import inspect_model
from ..actions.network.report import make_report
from ..actions.render import check_output, render_animation
from ..actions.targets import find_root
from ..actions.tensorflow import SetUpOptions, describe_setup, set_up_tensorflow
from ..core.errors import UserError
from ..engine.registry import workers
from ..engine.tensorflow.interpreter import check
from ..scene.base.find import current_scene
from ..scene.network.description import require_description
from .console import finish, say, without_standard_output, write_json
from .given_options import IMPORT, RENDER, refuse_options
from .loading import python_of
from .scenes import (
    denoised,
    import_into_new_scene,
    open_scene,
    render_options,
    render_picture,
    save_scene,
    write_activations,
    write_influence,
)


def import_model(options: argparse.Namespace) -> None:
    if options.render:
        check_output(options.render, is_animation=False)
    else:
        refuse_options(
            options.given[RENDER],
            "Without --render these options have no effect",
            "Add --render FILE.png, or leave them out.",
        )
    if options.whole_activations and not options.activations:
        refuse_options(
            ["--whole-activations"],
            "Without --activations this option has no effect",
            "Add --activations FOLDER, or leave it out.",
        )
    imported = import_into_new_scene(options)
    scene = current_scene()
    if options.frame is not None:
        scene.frame_set(options.frame)
    if options.influence:
        write_influence(options, find_root(scene, imported.network_id))
    if options.activations:
        write_activations(options, imported)
    if options.save:
        save_scene(options.save)
    if options.report:
        about = require_description(find_root(scene, imported.network_id))
        write_json(options.report, make_report(imported, about.intervention))
    if options.render:
        render_picture(options, options.render)


def render(options: argparse.Namespace) -> None:
    is_animation = options.animation or options.frames is not None
    check_output(options.output, is_animation)
    if is_animation and options.frame is not None:
        raise UserError(
            "arguments.frame",
            "--frame applies to a single picture.",
            "Choose the frames of an animation with --frames A-B.",
        )
    if options.file.suffix.lower() == ".blend":
        refuse_options(
            options.given[IMPORT],
            f"{options.file} is a scene file; these options apply only when a model is imported",
            "Name the model file instead, or leave them out.",
        )
        open_scene(options.file)
    else:
        import_into_new_scene(options)
    if is_animation:
        with without_standard_output(), denoised(current_scene()):
            render_animation(current_scene(), options.output.absolute(), render_options(options))
        say(f"Rendered {options.output}")
    else:
        render_picture(options, options.output)


def inspect(options: argparse.Namespace) -> None:
    worker = workers.get("inspect", python_of(options))
    inspection = finish(inspect_model(worker, options.file.absolute()), "Inspect")
    print(json.dumps(inspection.to_dict(), indent=1, ensure_ascii=False))


def check_python(options: argparse.Namespace) -> None:
    print(finish(check(python_of(options)), "Check").verdict)


def doctor(options: argparse.Namespace) -> None:
    print("\n".join(describe_setup()))
    check_python(options)


def set_up(options: argparse.Namespace) -> None:
    wanted = SetUpOptions(options.build, options.python, options.pip_arguments, options.repair, options.with_keras_2)
    python = finish(set_up_tensorflow(wanted), "Set up TensorFlow")
    say(f"TensorFlow is set up: {python}")
