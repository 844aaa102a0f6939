"""A board with an output's answer: texts, bars and pictures that face whoever looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy

from ...core.layout.grids import SPHERE_PITCH
from ...core.layout.layout import Place
from ..base import contract
from ..base.parts import Parts
from ..looks import materials
from ..network import text_objects
from ..network.sample_texts import show_sample_text

BASELINE = 0.36
"""How far letters that are beside something stand below its middle, in their heights."""


class Board:
    """Where an output's answer is told. In its own space texts stand in the XZ plane, from the origin to the right.

    Attributes:
        place: the room for it.
        slab: of the layer that gives the output.
    """

    def __init__(self, parts: Parts, output: str, place: Place, slab: Place) -> None:
        """Of the output of that name; an empty one is a network's only output."""
        self.parts = parts
        self.place = place
        self.slab = slab
        self._suffix = f" of {output}" if output else ""
        self._kept: set[str] = set()
        self._origin = parts.empty("Output", contract.OUTPUT_COLLECTION, "output", parts.anchor, output)
        self._origin[contract.WIDTH] = 0.0

    def stand_at(self, rows: int, height: float = 0.0) -> None:
        """Put the board where its first row is beside the slab's, or so high up that ``height`` fits below it.

        One that stands somewhere already stays there.
        """
        if self._origin.constraints:
            return
        beside = self.slab.z + self.slab.height / 2 + (rows - 1) / 2 * SPHERE_PITCH if rows else 0.0
        lowest = self.place.z + max((rows - 0.5) * SPHERE_PITCH, height)
        z = max(beside, lowest) if self.place.z <= self.slab.z else lowest
        self._origin.location = (self.place.low[0], self.place.high[1], z)
        text_objects.face(self._origin, self.parts.focus, upright=True)

    def head(self, name: str, answers: Sequence[str], right: Sequence[str], wrong: Sequence[str]) -> None:
        """Above the first row: the output's name, the answer, and below it what can be said of it.

        Args:
            answers: one per sample, as ``right`` and ``wrong``, which are told in the colours of these.
        """
        letters, gaps = self.parts.theme.letters, self.parts.theme.gaps
        rise = gaps.answer_rise + gaps.verdict_room
        ink, dim_ink = self.parts.material(materials.ink), self.parts.material(materials.dim_ink)
        self.text("answer", answers, letters.answer, ink, (0.0, rise))
        for part, texts, colour in (("right", right, materials.right), ("wrong", wrong, materials.wrong)):
            self.text(part, texts, letters.verdict, self.parts.material(colour), (0.0, gaps.answer_rise))
        if name:
            place = (0.0, rise + letters.answer * 1.35)
            self.text("name", [name] * len(answers), letters.verdict, dim_ink, place)

    def text(
        self,
        part: str,
        texts: Sequence[str],
        size: float,
        ink: bpy.types.Material,
        place: tuple[float, float],
        align_x: str = "LEFT",
        line_pitch: float | None = None,
    ) -> None:
        """A text for each sample; ``place`` is x and z of its first baseline."""
        shown = show_sample_text(
            self.parts,
            self._named(part),
            list(texts),
            contract.OUTPUT_COLLECTION,
            size=size,
            material=ink,
            parent=self._origin,
            align_x=align_x,
            line_pitch=line_pitch,
        )
        shown.location = (place[0], 0.0, place[1])
        self.reach(place[0] + (size * _widest(texts) if align_x == "LEFT" else 0.0))

    def reach(self, right: float) -> None:
        """Note that something on the board reaches so far to the right."""
        self._origin[contract.WIDTH] = max(self._origin[contract.WIDTH], right)

    def column(self, part: str, texts: Sequence[str], align_x: str, x: float, ink: bpy.types.Material) -> None:
        """Lines beside rows, the first one beside the first."""
        size = self.parts.theme.letters.classes
        self.text(part, texts, size, ink, (x, -BASELINE * size), align_x, SPHERE_PITCH)

    def width_of(self, texts: Sequence[str]) -> float:
        """Of a column of these texts."""
        return self.parts.theme.letters.classes * _widest(texts)

    def mesh(self, role: str, name: str, make: Callable[[], bpy.types.Mesh]) -> bpy.types.Object:
        """An object on the board, with its origin at the board's."""
        part = self._named("") if self._suffix else ""
        self._kept.add(part + role)
        return self.parts.mesh_object((role, "", part), name, make, contract.OUTPUT_COLLECTION, self._origin)

    def keeps(self, role: str) -> bool:
        """Whether an object of that role is on the board, which it then stays."""
        part = self._named("") if self._suffix else ""
        self._kept.add(part + role)
        return self.parts.find(role, "", part) is not None

    def keep_text(self, part: str) -> None:
        """Let a text stay as it is."""
        self._named(part)

    def drop_others(self) -> None:
        """Remove what stands on the board from before, of another kind of output."""
        gone = [child for child in self._origin.children if self._key(child) not in self._kept and self._is_ours(child)]
        if gone:
            self.parts.remove(gone)

    def _named(self, part: str) -> str:
        name = f"{part}{self._suffix}".strip()
        self._kept.add(f"{name}texts")
        self._kept.add(f"{name}label")
        return name

    def _key(self, child: bpy.types.Object) -> str:
        return f"{child.get(contract.PART, '')}{child.get(contract.ROLE, '')}"

    def _is_ours(self, child: bpy.types.Object) -> bool:
        return bool(child.get(contract.NETWORK) == self.parts.network_id)


def _widest(texts: Sequence[str]) -> float:
    """Of the lines of texts, in heights of their letters."""
    return max(text_objects.text_widths(sorted({line for text in texts for line in text.split("\n")})), default=0.0)
