"""See inside a neural network: trained Keras models as Blender scenes."""


def register() -> None:
    from . import ui

    ui.register()


def unregister() -> None:
    from . import ui

    ui.unregister()
