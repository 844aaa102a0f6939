"""Interventions as data: what counts as equal, what is understood, and what is refused."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention, reached_layers
from nn_blender.core.network import Layer, Network, TensorSpec


def dense(path: str, *inputs: str, units: int = 10) -> Layer:
    return Layer(path, "Dense", (units,), ("unit",), 0, inputs)


NETWORK = Network(
    "n", "n.keras", "",
    (
        dense("a", "in"), dense("shared", "a", units=4), dense("b", "in"), dense("shared#1", "b", units=6),
        dense("odd", "shared", units=-1), dense("c", "shared", "shared#1"), dense("d:1", "c"),
    ),
    (TensorSpec("in", (3,)),), ("d:1",), 0,
)  # fmt: skip


def given(**layers: dict) -> Intervention:
    return Intervention.from_dict({"layers": layers}, NETWORK)


def test_only_what_has_an_effect_counts() -> None:
    plain = given(a={"off": [3, 1]})
    assert plain == given(a={"off": [1, 3], "gain": {"1": 0.5, "2": 1.0}, "replace": [2]}, b={"gain": {"0": 1.0}})
    assert plain.key == given(a={"gain": {"1": 0, "3": 0}}).key != given(a={"off": [1]}).key
    assert plain.key != given(a={"off": [1, 3], "replace": [1]}).key
    assert plain.to_dict() == {"layers": {"a": {"off": [1, 3]}}}
    assert given(a={"replace": [2]}).is_empty
    assert given().key == Intervention.from_dict(None, NETWORK).key
    assert not plain.is_empty


def test_the_key_is_the_same_in_every_process() -> None:
    text = b'{"layers":{"a":{"gain":{"3":0.1},"off":[0]}}}'
    assert given(a={"off": [0], "gain": {"3": 0.1}}).key == hashlib.sha256(text).hexdigest()


def test_an_intervention_survives_json_and_arrays() -> None:
    intervention = given(a={"off": [0, 9], "gain": {"3": 0.1}, "replace": [9]})
    assert Intervention.from_dict(json.loads(json.dumps(intervention.to_dict())), NETWORK) == intervention
    factors, replaced = intervention.factors("a", 10), intervention.replaced("a", 10)
    assert factors.tolist() == [0, 1, 1, np.float32(0.1), 1, 1, 1, 1, 1, 0]
    assert np.flatnonzero(replaced).tolist() == [9]
    assert (
        Intervention.from_arrays(NETWORK, {"a": (factors != 0, np.where(factors, factors, 2), replaced)})
        == intervention
    )
    assert Intervention.from_arrays(NETWORK, {"a": (np.ones(10, bool), np.ones(10), np.ones(10, bool))}).is_empty


def test_all_calls_of_a_shared_layer_have_one_switch() -> None:
    assert given(**{"shared#1": {"off": [2]}}) == given(shared={"off": [2]})
    assert list(given(**{"shared#1": {"off": [2]}}).layers) == ["shared"]
    last = given(shared={"off": [5]})
    assert last.factors("shared", 4).tolist() == [1] * 4
    assert last.factors("shared#1", 6).tolist() == [1] * 5 + [0]
    on, gain, no = np.ones(4, bool), np.float32([1, 1, 1, 0.5]), np.zeros(4, bool)
    off = np.array([False, True, True, True, True, True])
    merged = {"shared": (on, gain, no), "shared#1": (off, np.ones(6, np.float32), np.zeros(6, bool))}
    assert Intervention.from_arrays(NETWORK, merged) == given(shared={"off": [0], "gain": {"3": 0.5}})


def test_layers_that_are_reached() -> None:
    assert reached_layers(NETWORK, ["b"]) == ("b", "shared#1", "c", "d:1")
    assert reached_layers(NETWORK, []) == ()
    assert given(b={"off": [2]}).reached_layers(NETWORK) == ("b", "shared#1", "c", "d:1")
    assert Intervention().reached_layers(NETWORK) == ()


def test_texts_are_understood() -> None:
    typed = Intervention.from_texts(NETWORK, ["a:0,3,7-9", "d:1:2"], ["a:3=0.5", "b:1-2=1.5,4=0"])
    assert typed == given(
        a={"off": [0, 3, 7, 8, 9]}, b={"gain": {"1": 1.5, "2": 1.5}, "off": [4]}, **{"d:1": {"off": [2]}}
    )
    assert Intervention.from_texts(NETWORK, ["a:1"], replace=True) == given(a={"off": [1], "replace": [1]})
    assert Intervention.from_texts(NETWORK).is_empty


@pytest.mark.parametrize(
    ("disable", "gain", "code", "words"),
    [
        ("a", "", "intervention.bad_text", "names no layer"),
        ("a:", "", "intervention.bad_text", "''"),
        ("a:1=2", "", "intervention.bad_text", "LAYER:0,3,7-9"),
        ("", "a:1", "intervention.bad_text", "LAYER:3=0.5"),
        ("", "a:1=much", "intervention.bad_text", "'much' is no number"),
        ("a:5-3", "", "intervention.bad_text", "backwards"),
        ("a:-3", "", "intervention.bad_text", "'-3'"),
        ("a:10", "", "intervention.unknown_neuron", "0 to 9, there is no neuron 10"),
        ("a:0-99999999999", "", "intervention.unknown_neuron", "99999999999"),
        ("odd:0", "", "intervention.unknown_neuron", "has no neurons"),
        ("x:0", "", "intervention.unknown_layer", "'x'. Choose one of a, shared, b, c, d:1."),
        ("", "a:1=3", "intervention.bad_factor", "3 of neuron 1 of the layer a"),
        ("", "a:1=nan", "intervention.bad_factor", "nan"),
    ],
)
def test_what_makes_no_sense_is_refused(disable: str, gain: str, code: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        Intervention.from_texts(NETWORK, [disable] if disable else [], [gain] if gain else [])
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.fix


def test_long_lists_say_how_many_more_there_are() -> None:
    wide = Network("n", "", "", tuple(dense(f"l{k}") for k in range(8)), (), (), 0)
    with pytest.raises(UserError, match=r"l0, l1, l2, l3, l4 \+3 more"):
        Intervention.from_texts(wide, ["x:0"])
    with pytest.raises(UserError, match=r"no neuron 10, 11, 12, 13, 14 \+2 more"):
        Intervention.from_dict({"layers": {"l0": {"off": list(range(10, 17))}}}, wide)
