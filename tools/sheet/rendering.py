"""Renders a scene in several themes: ``python -m sheet.rendering SCENE.blend WIDTHxHEIGHT SAMPLES THEME=PNG...``."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

from nn_blender.actions.render import RenderOptions, render_still
from nn_blender.cli.scenes import denoised
from nn_blender.scene.set_theme import set_theme


def render_themes(file: Path, options: RenderOptions, pictures: dict[str, Path]) -> None:
    """Render what a scene file shows, once in each theme, which nothing else changes for."""
    bpy.ops.wm.open_mainfile(filepath=str(file))
    scene = bpy.context.scene
    for theme, picture in pictures.items():
        set_theme(scene, theme)
        with denoised(scene):
            render_still(scene, picture, options)


if __name__ == "__main__":
    place, size, samples, *wanted = sys.argv[1:]
    width, height = map(int, size.split("x"))
    named = (one.partition("=") for one in wanted)
    render_themes(
        Path(place),
        RenderOptions(engine="cycles", size=(width, height), samples=int(samples)),
        {theme: Path(picture) for theme, _, picture in named},
    )
