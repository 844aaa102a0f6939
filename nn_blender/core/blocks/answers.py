"""What is told of a network's outputs, and the room that it takes in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from ..inputs import INPUT_KINDS
from ..layout.boards import IN_PICTURE, LEAD, LEAD_RISE, BoardRoom
from ..layout.lettering import text_width
from ..layout.picture import answer_end
from ..network import Network
from ..outputs import NetworkOutput, answer_of, decide_outputs
from ..outputs.image import class_count
from ..recording import class_name

LONGEST_NAME, LONGEST_LEAD, LONGEST_LINE = 10.0, 11.0, 22.0
"""Widths of a name, of one in a first row that is the answer, and of a line that are not cut, in heights of the letters
of rows."""
SHORTEST_BAR = 3.0
"""Where the answer's name takes room of it."""
SWATCHES = 8
"""Classes of which the colours are named beside a picture."""
_SLACK = 1.08
"""Widths of letters are estimates."""
_SHARE, _NUMBER, _LONG_NUMBER = "100.0 %", "-1.23e-05", "-1.234e-05"
"""The longest texts of probabilities, of other numbers of classes, and of values."""
_OFF = "on average off by 0.1234"
_OVERLAP = "mean IoU 100.0 %"
_NAMED = {"image": "mean absolute error 0.1234", "sequence": "mean absolute error 0.1234"}


@dataclass(frozen=True)
class Answer:
    """What is told of an output of the network.

    Attributes:
        output: its name.
        room: that texts and bars take; None where there are none.
        proportions: height and width of the picture that it gives; None where it gives none.
    """

    output: str
    room: BoardRoom | None = None
    proportions: tuple[float, float] | None = None

    @property
    def id(self) -> str:
        """Of the board or of the picture, among ids of parts."""
        return answer_end(self.output)


def answers_of(
    network: Network,
    outputs: Sequence[NetworkOutput] = (),
    classes: Sequence[str] = (),
    answer: str = "",
) -> tuple[Answer, ...]:
    """What is told of all outputs of a network.

    Args:
        outputs: their kinds; as far as the network tells them where they are not given.
        classes: names of the classes of the network's answer.
        answer: name of the output that users take for it; empty where they chose none.
    """
    outputs = outputs or decide_outputs(network)
    number = answer_of(outputs, answer)
    named = len(outputs) > 1
    return tuple(
        answer_of_output(network, output, classes if k == number else (), is_named=named)
        for k, output in enumerate(outputs)
    )


def answer_of_output(
    network: Network, output: NetworkOutput, classes: Sequence[str] = (), *, is_named: bool = False
) -> Answer:
    """What is told of one output.

    Args:
        classes: names of its classes, in order; may be fewer.
        is_named: whether the board says which output it is of.
    """
    if output.kind in ("image", "sequence") and output.shape:
        return Answer(output.name, _room_beside_picture(output, classes), _proportions(output))
    layer = network.layer_of_output(output.name)
    sizes = [size for size in (layer.output_shape if layer else ()) if size > 0]
    count = prod(sizes) if len(sizes) == 1 else 1
    if output.kind in ("classes", "binary", "multi-label"):
        return Answer(output.name, _room_of_classes(output, max(count, 2), classes, is_named))
    if output.kind == "values":
        return Answer(output.name, _room_of_values(output, count))
    return Answer(output.name, _room_of_array(output))


def without_picture(answer: Answer, output: NetworkOutput) -> Answer:
    """What is told of an output whose values made no picture: what they reach."""
    return answer if answer.proportions is None else Answer(answer.output, _room_of_array(output))


def _room_of_classes(output: NetworkOutput, count: int, classes: Sequence[str], is_named: bool) -> BoardRoom:
    count = 2 if output.kind == "binary" else count
    numbers = {*range(min(len(classes), count)), count - 1}
    rows = IN_PICTURE.rows_of(count)
    longest = _longest([class_name(tuple(classes), number) for number in numbers], count - rows)
    value = _SHARE if output.class_values_are_probabilities else _NUMBER
    texts = [
        (f"wrong, {output.truth} 0", IN_PICTURE.verdict, longest),
        (f"before  {value}", IN_PICTURE.verdict, longest),
    ]
    if output.kind == "multi-label":
        texts.append(("", IN_PICTURE.answer, 2.5 * longest))
    else:
        texts.append((f"  {value}", IN_PICTURE.answer, longest))
    texts += [(output.name, IN_PICTURE.verdict, 0.0)] if is_named else []
    if output.kind == "classes" and rows < count:
        named = max(_width(class_name(tuple(classes), number)) for number in numbers)
        return _room_with_lead((longest, _width(value)), min(named, LONGEST_LEAD), texts, is_named)
    derived = output.kind == "binary" and not output.gives_probabilities
    if derived and output.class_values_are_probabilities:
        texts.append((f"derived: sigmoid of the logit {_NUMBER}", IN_PICTURE.note, 0.0))
    room = _room(
        (longest, _width(value), IN_PICTURE.bar),
        [_width(text) * size + more * size for text, size, more in texts],
        rows,
        rows + (rows < count) + derived,
        is_named,
    )
    # Under an intervention there is a line for what the answer was before.
    return replace(room, up=room.up + IN_PICTURE.verdict_room)


def _room_with_lead(
    columns: tuple[float, float], named: float, texts: Sequence[tuple[str, float, float]], is_named: bool
) -> BoardRoom:
    """Of classes of which the highest are told, the answer in the first row.

    Args:
        columns: widths of what stands in rows, names and values.
        named: of the longest name of a class.
        texts: above rows, with their heights, and how much room names take in them.
    """
    longest, value = columns
    names = max(longest, LEAD * named)
    bar = max(IN_PICTURE.bar - (names - longest), SHORTEST_BAR)
    heads = [_width(text) * size + more * size for text, size, more in texts if size == IN_PICTURE.verdict]
    rows = IN_PICTURE.told
    width = names + value + bar + 2 * IN_PICTURE.gap
    # A line for what is said of the answer, and under an intervention one for what it was before.
    up = LEAD_RISE + (1 + is_named) * IN_PICTURE.verdict_room + 0.9 * IN_PICTURE.verdict
    width, down = max(width, min(max(heads), LONGEST_LINE)), (rows + 0.5) * IN_PICTURE.pitch
    return BoardRoom(names, value, width, up, down, rows, leads=True)


def _room_of_values(output: NetworkOutput, count: int) -> BoardRoom:
    heads = [_width(output.name) * IN_PICTURE.verdict, _width(_OFF) * IN_PICTURE.verdict]
    if count > 1:
        rows = IN_PICTURE.rows_of(count)
        return _room(
            (_longest([str(count)], count - rows), _width(_LONG_NUMBER), IN_PICTURE.bar),
            heads,
            rows,
            rows + (rows < count),
        )
    size = IN_PICTURE.value
    width = min(max(_width(_LONG_NUMBER) * size, _width(f"true {_LONG_NUMBER}, off by {_LONG_NUMBER}"), *heads), 22.0)
    # The name above the value, and below it what is right, and under an intervention what it was before.
    return BoardRoom(0.0, 0.0, width, 1.5, size + 4.4 * IN_PICTURE.verdict, 0)


def _room_of_array(output: NetworkOutput) -> BoardRoom:
    heads = [_width(output.name) * IN_PICTURE.verdict, _width(_NAMED["image"]) * IN_PICTURE.verdict]
    return _room((_width("highest"), _width(_LONG_NUMBER), 0.0), heads, 3, 3)


def _room_beside_picture(output: NetworkOutput, classes: Sequence[str]) -> BoardRoom:
    """For the error, and for the names of classes below it."""
    if not output.of_classes or output.kind != "image":
        width = _width(_NAMED["image"]) * IN_PICTURE.verdict
        return BoardRoom(0.0, 0.0, width, IN_PICTURE.verdict, 0.5 * IN_PICTURE.verdict, 0)
    heads = [_width(_OVERLAP) * IN_PICTURE.verdict]
    count = class_count(output)
    rows = min(count, SWATCHES)
    names = _longest([class_name(tuple(classes), number) for number in range(rows)], count - rows)
    return _room((names, 1.0, 0.0), heads, rows, rows + (rows < count))


def _room(
    columns: tuple[float, float, float], heads: Sequence[float], rows: int, lines: int, is_named: bool = True
) -> BoardRoom:
    """Rows below a head.

    Args:
        columns: widths of names, values and bars.
        heads: widths of the lines above the rows.
        lines: rows and what is written below them.
        is_named: whether the output's name stands above the answer.
    """
    width = sum(columns) + IN_PICTURE.gap * (2 if columns[2] else 1)
    top = (
        IN_PICTURE.name_rise + 0.9 * IN_PICTURE.verdict
        if is_named
        else IN_PICTURE.answer_rise + IN_PICTURE.verdict_room + 0.95 * IN_PICTURE.answer
    )
    return BoardRoom(
        columns[0],
        columns[1],
        max(width, min(max(heads), LONGEST_LINE)),
        top,
        (lines - 0.5) * IN_PICTURE.pitch,
        rows,
    )


def _longest(names: Sequence[str], more: int) -> float:
    """Width of a column of names, and of how many more there are."""
    lines = [*names, f"+{more} more"] if more > 0 else names
    return min(max((_width(line) for line in lines), default=0.0), LONGEST_NAME)


def _width(text: str) -> float:
    return text_width(text, _SLACK)


def _proportions(output: NetworkOutput) -> tuple[float, float]:
    """Height and width, as inputs of the same shape have them."""
    if output.kind == "sequence":
        return INPUT_KINDS.find("sequence").proportions(output.shape)
    sizes = dict(zip(output.axes, output.shape, strict=True))
    return INPUT_KINDS.find("image").proportions((sizes["height"], sizes["width"]))
