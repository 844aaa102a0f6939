"""Boxes: laid-out parts of a picture that are put into larger ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..layout.picture import Board, Book, Caption, Label, Route, Tray

Thing = Book | Label | Tray | Board | Caption


@dataclass
class Box:
    """A part that is laid out around the line that data comes along, at v = 0; x begins at 0.

    Attributes:
        width: along x.
        up, down: how far it reaches above and below the line.
        inlet, outlet: where along x routes end that enter it, and begin that leave it.
        has_entry, has_exit: whether there are any, in the children of a block.
        routes, things: at their places in the box.
        inner: other boxes, with the place of their line.
    """

    width: float
    up: float
    down: float
    inlet: float = 0.0
    outlet: float = -1.0
    has_entry: bool = False
    has_exit: bool = False
    routes: list[Route] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    inner: list[tuple[Box, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.outlet < 0:
            self.outlet = self.width

    def add(self, thing: Thing) -> None:
        """Something with a place in the box."""
        self.things.append(thing)

    def put(self, box: Box, x: float, v: float) -> None:
        """Another box, its line ``v`` below this one's."""
        self.inner.append((box, x, v))

    def flattened(self) -> tuple[list[Thing], list[Route]]:
        """Everything inside, at its place in this box."""
        things: list[Thing] = []
        routes: list[Route] = []
        waiting = [(self, 0.0, 0.0)]
        while waiting:
            box, x, v = waiting.pop()
            things += [replace(thing, rect=thing.rect.moved(x, v)) for thing in box.things]
            routes += [replace(route, points=tuple((a + x, b + v) for a, b in route.points)) for route in box.routes]
            waiting += [(other, x + dx, v + dv) for other, dx, dv in reversed(box.inner)]
        return things, routes
