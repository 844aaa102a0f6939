"""What the sheet needs of TensorFlow and of Pillow, in the worker's Python.

``make NAME FOLDER WHEELS`` writes a network with something to look at, ``compose FILE COLUMNS PICTURE...`` puts
pictures side by side, and ``join`` does so in the size that they have.
"""

from __future__ import annotations

import sys
from pathlib import Path


def make(name: str, folder: str, wheels: str) -> None:
    from sheet.networks import make_network

    make_network(name, Path(folder), Path(wheels))


def compose(file: str, columns: str, *pictures: str) -> None:
    from sheet.composing import compose_sheet

    compose_sheet([Path(picture) for picture in pictures], int(columns), Path(file))


def join(file: str, columns: str, *pictures: str) -> None:
    from sheet.composing import join_pictures

    join_pictures([Path(picture) for picture in pictures], int(columns), Path(file))


COMMANDS = {function.__name__: function for function in (make, compose, join)}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
