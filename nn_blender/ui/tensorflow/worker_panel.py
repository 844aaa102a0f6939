"""Whether TensorFlow's process runs, and the versions that measured the network."""

from __future__ import annotations

import bpy

from ...engine.registry import workers
from ...scene.base import contract
from ...scene.network.description import read_description
from ..common.active import active_network
from ..common.sidebar import ClosedPanel, draw_facts

NAMES = {"tensorflow": "TensorFlow"}
"""Packages whose names are not spelled as `str.title` would."""

NAMES = {"tensorflow": "TensorFlow"}
"""Names of packages that are written in another way than with a capital first letter."""


class NN_PT_worker(ClosedPanel, bpy.types.Panel):
    bl_label = "TensorFlow"
    bl_order = 160

    def draw(self, context: bpy.types.Context) -> None:
        root = active_network(context)
        running = workers.is_alive(root[contract.NETWORK])
        facts = [("Process", "Ready" if running else "Not running")]
        about = read_description(root)
        for package, version in about.versions.items() if about else ():
            facts.append((NAMES.get(package, package.title()), version))
        draw_facts(self.layout, *facts)


CLASSES = (NN_PT_worker,)
