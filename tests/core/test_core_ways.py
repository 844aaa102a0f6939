"""Which routes in a picture belong to a layer, whatever is open around it."""

import pytest
from network_zoo import layer, network

from nn_blender.core.blocks.arranging import arrange
from nn_blender.core.blocks.graph import LayerGraph
from nn_blender.core.blocks.hierarchy import NETWORK, Part, make_leaf, make_part
from nn_blender.core.blocks.ways import routes_at, routes_of_part

VECTOR = (8,)
UNIT = network(
    [
        layer("stem", "Dense", ["in"], VECTOR),
        layer("a", "Dense", ["stem"], VECTOR),
        layer("b", "Dense", ["a"], VECTOR),
        layer("add", "Add", ["stem", "b"], VECTOR),
        layer("head", "Dense", ["add"], VECTOR),
    ],
    {"in": VECTOR},
    "head",
)


def unit_hierarchy() -> Part:
    graph = LayerGraph(UNIT)
    leaves = {name: make_leaf(graph, name, name) for name in graph.names}
    unit = make_part(graph, "unit", "unit", [leaves[name] for name in ("a", "b", "add")])
    return make_part(graph, "", "net", [leaves["in"], leaves["stem"], unit, leaves["head"]], kind=NETWORK)


def ways_of(id_: str, *opened: str) -> list[tuple[str, str]]:
    root = unit_hierarchy()
    picture = arrange(UNIT, root, dict.fromkeys(opened, 1.0))
    ends = [(route.source, route.target) for route in picture.routes]
    return sorted(ends[number] for number in routes_of_part(UNIT, root, ends, id_))


@pytest.mark.parametrize("path", ["a", "b", "add"])
def test_ways_of_a_layer_in_a_closed_block_are_those_of_the_block(path):
    assert ways_of(path) == [("stem", "unit"), ("unit", "head")]


def test_ways_of_a_layer_in_an_open_block_are_followed_across_the_edge_of_its_tray():
    assert ways_of("a", "unit") == [("a", "b"), ("stem", "unit"), ("unit", "a"), ("unit", "unit")]
    assert ways_of("b", "unit") == [("a", "b"), ("b", "add")]


def test_ways_that_leave_an_open_block_do_not_light_the_way_that_enters_it():
    root = unit_hierarchy()
    picture = arrange(UNIT, root, {"unit": 1.0})
    ends = [(route.source, route.target) for route in picture.routes]
    lit = routes_of_part(UNIT, root, ends, "head")
    across = [picture.routes[number] for number in sorted(lit) if ends[number] == ("unit", "unit")]
    tray = picture.trays[0].rect
    assert [route.points[-1][0] for route in across] == pytest.approx([tray.right])
    assert ("add", "unit") in {ends[number] for number in lit}


def test_ways_of_the_last_layer_lead_to_the_answer():
    assert ("head", "output head") in ways_of("head")


def test_ways_of_an_input_lead_to_what_reads_it():
    assert ways_of("input in") == [("input in", "stem")]


def test_ways_of_a_closed_block_are_all_that_enter_or_leave_it():
    assert ways_of("unit") == [("stem", "unit"), ("unit", "head")]


def test_ways_of_an_open_block_are_followed_to_the_layers_inside_that_read_and_give():
    assert ways_of("unit", "unit") == [
        ("add", "unit"),
        ("stem", "unit"),
        ("unit", "a"),
        ("unit", "add"),
        ("unit", "head"),
        ("unit", "unit"),
        ("unit", "unit"),
    ]


def test_unknown_layer_has_no_ways():
    with pytest.raises(KeyError):
        ways_of("nothing")


def at(id_: str, *opened: str) -> tuple[str, list[str], list[str]]:
    """What is seen of a part, where its routes come from, and where they go to."""
    root = unit_hierarchy()
    picture = arrange(UNIT, root, dict.fromkeys(opened, 1.0))
    seen, sources, targets = routes_at(root, [(route.source, route.target) for route in picture.routes], id_)
    return seen.id, sorted(source for source, _ in sources), sorted(target for _, target in targets)


def test_routes_at_a_part_end_and_begin_at_what_is_seen_of_it():
    assert at("b") == ("unit", ["stem"], ["head"])
    assert at("unit") == ("unit", ["stem"], ["head"])
    assert at("unit", "unit") == ("unit", ["stem"], ["head"])
    assert at("b", "unit") == ("b", ["a"], ["add"])
    assert at("add", "unit") == ("add", ["b", "unit"], ["unit"])
    assert at("input in") == ("input in", [], ["stem"])


def test_there_are_no_routes_at_what_is_not_there():
    assert routes_at(unit_hierarchy(), [("input in", "stem")], "nothing") is None
    assert routes_at(unit_hierarchy(), [], "stem") is None
