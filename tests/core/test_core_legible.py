"""Which lines of text a picture shows, where, and what titles say of those that are too small."""

from __future__ import annotations

import math

import pytest
from network_zoo import five_branches

from nn_blender.core.blocks.arranging import arrange
from nn_blender.core.blocks.at_first import ALL, blocks_for
from nn_blender.core.blocks.dividing import find_hierarchy
from nn_blender.core.layout.legible import LEAST_PIXELS, PICTURE_HEIGHT, text_lines
from nn_blender.core.layout.lettering import text_width
from nn_blender.core.layout.picture import Picture

NAMES = ("inceptionv3", "resnet50v2", "densenet121", "digits")


def least(picture: Picture) -> float:
    """Height of the smallest letters that can be read where the whole frame is seen."""
    return picture.frame.height * LEAST_PIXELS / PICTURE_HEIGHT


@pytest.mark.parametrize("name", NAMES)
def test_closed_networks_show_every_line_at_its_label(name, known_network):
    network = known_network(name)
    picture = arrange(network, find_hierarchy(network))
    lines = text_lines(picture)
    assert [line.text for line in lines] == [line.text for label in picture.labels for line in label.lines]
    assert [line.size for line in lines] == [line.size for label in picture.labels for line in label.lines]
    assert all(line.narrowest < picture.frame.width <= line.widest for line in lines)
    rects = [label.rect for label in picture.labels for _ in label.lines]
    for line, rect in zip(lines, rects, strict=True):
        x, baseline = line.place
        half = text_width(line.text, line.size) / 2
        assert rect.x - 1e-6 <= x - half
        assert x + half <= rect.right + 1e-6
        assert rect.v <= baseline - 0.7 * line.size
        assert baseline + 0.2 * line.size <= rect.bottom + 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_letters_that_are_seen_can_be_read_and_the_rest_is_counted(name, known_network):
    network = known_network(name)
    root = find_hierarchy(network)
    picture = arrange(network, root, dict.fromkeys(blocks_for(network, root, ALL), 1.0))
    lines = list(text_lines(picture))
    width = picture.frame.width
    seen = [line for line in lines if line.narrowest < width <= line.widest]
    assert all(line.size >= least(picture) for line in seen if math.isfinite(line.widest))
    names = [label.lines[0] for label in picture.labels]
    shown = [line for line in seen if line.is_name]
    counted = sum(int(line.text[1:]) for line in seen if line.text.startswith("+"))
    assert len(shown) + counted == len(names)
    assert {line.text for line in shown} <= {line.text for line in names}


def test_what_stands_in_no_tray_is_named_however_small(known_network):
    network = known_network("inceptionv3")
    root = find_hierarchy(network)
    picture = arrange(network, root, dict.fromkeys(blocks_for(network, root, ALL), 1.0))
    assert least(picture) * 1.2 > 0.34
    named = {line.text for line in text_lines(picture) if math.isinf(line.widest)}
    names = {part.name + (f"  ×{part.repeats}" if part.repeats > 1 else "") for part in root.children if part.children}
    assert names | {"input"} <= named


def test_names_come_back_as_the_view_gets_nearer_and_the_count_goes(known_network):
    network = known_network("inceptionv3")
    root = find_hierarchy(network)
    lines = text_lines(arrange(network, root, dict.fromkeys(blocks_for(network, root, ALL), 1.0)))
    counts = [line for line in lines if line.text.startswith("+")]
    assert counts
    near = min(line.widest for line in lines)
    assert all(line.narrowest >= near for line in counts)
    assert all(line.widest >= near for line in lines)
    for count in counts:
        assert sum(line.is_name and line.widest < count.narrowest for line in lines) < len(lines)


def test_titles_stay_in_their_trays(known_network):
    for network in (known_network("resnet50v2"), known_network("inceptionv3"), five_branches()):
        root = find_hierarchy(network)
        picture = arrange(network, root, dict.fromkeys(blocks_for(network, root, ALL), 1.0))
        trays = {tray.part: tray.rect for tray in picture.trays}
        lines = iter(text_lines(picture))
        for label in picture.labels:
            own = [next(lines) for _ in label.lines]
            if label.is_title:
                if own[1].text.startswith("+"):
                    own.append(next(lines))
                rect = trays[label.part]
                for line in own:
                    half = text_width(line.text, line.size) / 2
                    assert rect.x <= line.place[0] - half
                    assert line.place[0] + half <= rect.right
                    assert rect.v <= line.place[1] - 0.7 * line.size
