"""A board with an output's answer: texts, bars and pictures that face whoever looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy

from ...core.layout.boards import IN_PICTURE, LEAD, LEAD_RISE, BoardRoom, BoardStyle
from ...core.layout.grids import SPHERE_PITCH
from ...core.layout.layout import Place
from ...core.layout.lettering import cut_name
from ..base import contract
from ..base.parts import Parts
from ..base.theme import Theme
from ..looks import materials
from ..network import text_objects
from ..network.sample_texts import show_sample_text

BASELINE = 0.36
"""How far letters that are beside something stand below its middle, in their heights."""
BAR_LENGTH = 2.4
"""Of a full bar beside a row of layers."""


class Board:
    """Where an output's answer is told. In its own space texts stand in the XZ plane, from the origin to the right.

    Attributes:
        place: the room for it in a row of layers.
        slab: of the layer that gives the output.
        room: in a picture; None in a row. What is longer is cut.
        proportions: height and width of the picture that the output gives, where that stands in a picture.
        style: sizes of letters, rows and bars.
    """

    def __init__(
        self,
        parts: Parts,
        output: str,
        place: Place,
        slab: Place,
        room: BoardRoom | None = None,
        proportions: tuple[float, float] | None = None,
    ) -> None:
        """Of the output of that name; an empty one is a network's only output."""
        self.parts = parts
        self.place = place
        self.slab = slab
        self.room = room
        self.proportions = proportions
        self.style = IN_PICTURE if room else _style_in_row(parts.theme)
        self._output = output
        self._suffix = f" of {output}" if output else ""
        self._kept: set[str] = set()
        self._origin = parts.empty("Output", contract.OUTPUT_COLLECTION, "output", parts.anchor, output)
        self._origin[contract.WIDTH] = 0.0
        if room is not None:
            self._origin[contract.ROOM] = [room.width, room.up, room.down]

    def stand_at(self, rows: int, height: float = 0.0) -> None:
        """Put the board where its first row is beside the slab's, or so high up that ``height`` fits below it.

        One that stands somewhere already stays there. In a picture `boards.place_boards` says where.
        """
        if self._origin.constraints:
            return
        text_objects.face(self._origin, self.parts.focus, upright=True)
        if self.room is not None:
            return
        beside = self.slab.z + self.slab.height / 2 + (rows - 1) / 2 * SPHERE_PITCH if rows else 0.0
        lowest = self.place.z + max((rows - 0.5) * SPHERE_PITCH, height)
        z = max(beside, lowest) if self.place.z <= self.slab.z else lowest
        self._origin.location = (self.place.low[0], self.place.high[1], z)

    def head(
        self,
        name: str,
        answers: Sequence[str],
        right: Sequence[str],
        wrong: Sequence[str],
        before: Sequence[str] = (),
        *,
        in_first_row: bool = False,
    ) -> None:
        """Above the first row: the output's name, the answer, and below it what can be said of it.

        Where nothing is said in a picture, the answer takes the place of that.

        Args:
            answers: one per sample, as ``right`` and ``wrong``, which are told in the colours of these.
            before: under an intervention, the answers without it, told in a line of their own in a picture.
            in_first_row: whether the answer is the name in the first row of a picture's board, and the rest above it.
        """
        if in_first_row and self.room is not None:
            self._lead(self.room, name, answers, right, wrong, before)
            return
        style = self.style
        ink, dim_ink = self.parts.material(materials.ink), self.parts.material(materials.dim_ink)
        lowest = style.answer_rise
        if self.room is not None:
            before_texts = [f"before  {text}" for text in before] or [""] * len(answers)
            self.text("before", before_texts, style.verdict, dim_ink, (0.0, lowest))
            lowest += style.verdict_room if before else 0.0
        elif before:
            answers = [f"{text}   before  {former}" for text, former in zip(answers, before, strict=True)]
        is_judged = self.room is None or any((*right, *wrong))
        rise = lowest + (style.verdict_room if is_judged else 0.0)
        self.text("answer", answers, style.answer, ink, (0.0, rise))
        self._judge(right, wrong, lowest)
        if name:
            self.text("name", [name] * len(answers), style.verdict, dim_ink, (0.0, rise + style.name_room))

    def _lead(
        self,
        room: BoardRoom,
        name: str,
        answers: Sequence[str],
        right: Sequence[str],
        wrong: Sequence[str],
        before: Sequence[str],
    ) -> None:
        """See `head`."""
        style = self.style
        ink, dim_ink = self.parts.material(materials.ink), self.parts.material(materials.dim_ink)
        self.text("answer", answers, LEAD, ink, (0.0, -BASELINE * LEAD), room=room.names)
        rise = LEAD_RISE
        self._judge(right, wrong, rise)
        rise += style.verdict_room if any((*right, *wrong)) else 0.0
        texts = [f"before  {text}" for text in before] or [""] * len(answers)
        self.text("before", texts, style.verdict, dim_ink, (0.0, rise))
        rise += style.verdict_room if before else 0.0
        if name:
            self.text("name", [name] * len(answers), style.verdict, dim_ink, (0.0, rise))

    def _judge(self, right: Sequence[str], wrong: Sequence[str], rise: float) -> None:
        for part, texts, colour in (("right", right, materials.right), ("wrong", wrong, materials.wrong)):
            self.text(part, texts, self.style.verdict, self.parts.material(colour), (0.0, rise))

    def text(
        self,
        part: str,
        texts: Sequence[str],
        size: float,
        ink: bpy.types.Material,
        place: tuple[float, float],
        align_x: str = "LEFT",
        line_pitch: float | None = None,
        room: float | None = None,
    ) -> None:
        """A text for each sample; ``place`` is x and z of its first baseline.

        Args:
            room: how wide lines may be in a picture; all that is left of the board where it is None.
        """
        if self.room is not None:
            most = room or (place[0] if align_x == "RIGHT" else self.room.width - place[0])
            texts = ["\n".join(cut_name(line, size, most) for line in text.split("\n")) for text in texts]
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

    def column(
        self,
        part: str,
        texts: Sequence[str],
        align_x: str,
        x: float,
        ink: bpy.types.Material,
        room: float | None = None,
    ) -> None:
        """Lines beside rows, the first one beside the first."""
        size = self.style.letters
        self.text(part, texts, size, ink, (x, -BASELINE * size), align_x, self.style.pitch, room)

    def width_of(self, texts: Sequence[str]) -> float:
        """Of a column of these texts."""
        return self.style.letters * _widest(texts)

    def names_and_values(
        self,
        names: Sequence[str],
        values: Sequence[str],
        inks: tuple[bpy.types.Material, bpy.types.Material],
        gap: float,
    ) -> float:
        """Two columns, in a row as wide as their texts, in a picture as there is room; their right end."""
        room = self.room
        widths = (room.names, room.values) if room else (self.width_of(names), self.width_of(values))
        right = widths[0] + gap + widths[1]
        self.column("classes", names, "LEFT", 0.0, inks[0], room.names if room else None)
        self.column("values", values, "RIGHT", right, inks[1])
        return right

    @property
    def stand(self) -> bpy.types.Object:
        """What carries the picture that the output gives, where that stands in a picture."""
        part = self._output
        return self.parts.empty("Output stand", contract.OUTPUT_COLLECTION, "output stand", self.parts.anchor, part)

    def mesh(
        self, role: str, name: str, make: Callable[[], bpy.types.Mesh], parent: bpy.types.Object | None = None
    ) -> bpy.types.Object:
        """An object on the board, or on another parent, with its origin at that one's."""
        part = self._named("") if self._suffix else ""
        self._kept.add(part + role)
        return self.parts.mesh_object((role, "", part), name, make, contract.OUTPUT_COLLECTION, parent or self._origin)

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
        stand = self.parts.find("output stand", "", self._output)
        standing = (*self._origin.children, *(stand.children_recursive if stand else ()))
        gone = [child for child in standing if self._key(child) not in self._kept and self._is_ours(child)]
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


def _style_in_row(theme: Theme) -> BoardStyle:
    """Of boards beside a row of layers, in Blender units."""
    letters, gaps = theme.letters, theme.gaps
    return BoardStyle(
        letters=letters.classes,
        answer=letters.answer,
        verdict=letters.verdict,
        note=letters.legend,
        pitch=SPHERE_PITCH,
        answer_rise=gaps.answer_rise,
        verdict_room=gaps.verdict_room,
        gap=gaps.classes,
        bar=BAR_LENGTH,
        thickness=0.17,
        value=1.0,
        most=20,
        told=10,
    )


def _widest(texts: Sequence[str]) -> float:
    """Of the lines of texts, in heights of their letters."""
    return max(text_objects.text_widths(sorted({line for text in texts for line in text.split("\n")})), default=0.0)
