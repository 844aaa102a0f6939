"""See inside a neural network: trained Keras models as Blender scenes."""


def register() -> None:
    from . import cli, ui

    ui.register()
    cli.register()


def unregister() -> None:
    from . import cli, ui

    cli.unregister()
    ui.unregister()
