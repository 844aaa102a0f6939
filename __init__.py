"""Blender enables this folder as an extension; the code is in nn_blender/, imported only then."""


def register() -> None:
    from . import nn_blender

    nn_blender.register()


def unregister() -> None:
    from . import nn_blender

    nn_blender.unregister()
