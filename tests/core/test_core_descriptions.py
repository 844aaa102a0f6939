"""Descriptions of networks: those that every version of the extension wrote, and what becomes of broken ones."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from nn_blender.core.blocks.opening import Opening
from nn_blender.core.description.answers import Answer, Predicted, ShownSample, right_counts
from nn_blender.core.description.description import ENTRIES, Description
from nn_blender.core.description.measurements import ClassCounts, KeptComparison, LayerStatistics, Source
from nn_blender.core.description.text import from_text, to_text
from nn_blender.core.description.versions import VERSION
from nn_blender.core.errors import UserError
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.interventions.comparison import ClassChange, Comparison, Flip
from nn_blender.core.layout.budgets import Budget
from nn_blender.core.layout.row import lay_out
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.normalisation import Normalisation, Range
from nn_blender.core.recording import Sample, SampleValue, Skipped
from nn_blender.core.samples.options import MeasureOptions

STORED = Path(__file__).parents[1] / "data" / "descriptions"
TEXTS = {int(file.stem): file.read_text(encoding="utf-8") for file in STORED.glob("*.json")}
NETWORK = Network(
    "tiny", "/tiny.keras", "0" * 64, (Layer("a", "Dense", (3,), ("unit",), 6),), (TensorSpec("x", (2,)),), ("a",), 6
)


def test_a_description_of_every_version_is_kept() -> None:
    assert set(TEXTS) == set(range(1, VERSION + 1))
    assert {json.loads(text).get("version", 1) for text in TEXTS.values()} == set(TEXTS)


@pytest.mark.parametrize("version", TEXTS)
def test_a_description_of_every_version_says_what_was_measured(version: int) -> None:
    about = from_text(TEXTS[version])
    network = about.network
    assert (network.name, len(network.layers), network.parameters) == ("digits", 10, 79290)
    assert network.layer("conv_2") == Layer(
        "conv_2", "Conv2D", (12, 12, 32), ("height", "width", "channel"), 4640, ("pool_1",), "relu"
    )
    assert (about.evaluated, about.labelled, about.accuracy, about.statistic) == (20, 20, 1.0, "mean")
    assert [sample.name for sample in about.shown_samples] == [f"digit-00{k}.png" for k in range(4)]
    assert [sample.label for sample in about.shown_samples] == ["6", "0", "7", "4"]
    assert [shown.answer.best for shown in about.samples] == ["6", "0", "7", "4"]
    assert right_counts(shown.answer for shown in about.samples) == (4, 4)
    assert about.samples[0].certainty == 0.6924608945846558
    assert about.samples[0].answer.predictions[0] == Predicted("6", 0.8131301403045654)
    assert about.preprocessing == Preprocessing((28, 28), 1, colour="grey", background="black", orientation="upright")
    assert about.class_means == ClassCounts(tuple("012346789"), (2, 2, 2, 3, 3, 2, 3, 2, 1))
    assert about.layer_statistics["relu_1"] == LayerStatistics(0.2743184547871351, 0.09952563071691707, 1.0)
    assert about.ranges["pool_2"] == Range(0.0, 1.283072829246521)
    assert about.normalisation == Normalisation()
    assert about.budget == Budget(1_000_000, 100_000)
    assert [(block.name, len(block.layers), block.parameters) for block in about.blocks] == [
        ("conv_1", 4, 208),
        ("conv_2", 3, 4640),
        ("head", 3, 74442),
    ]
    assert about.places == lay_out(network)
    assert (about.places.layers["digit"].x, about.places.bounds.z) == (pytest.approx(32.73524), 0.0)
    assert about.source.options.max_samples == 20
    assert about.source.options.samples[0].name == "images"
    assert about.versions["keras"] == "3.15.1"


@pytest.mark.parametrize("version", TEXTS)
def test_current_answers_are_those_of_the_switched_network(version: int) -> None:
    about = from_text(TEXTS[version])
    assert about.intervention is not None
    assert tuple(shown.answer for shown in about.current_samples) == about.intervention.answers
    assert [shown.sample for shown in about.current_samples] == [shown.sample for shown in about.samples]
    assert dataclasses.replace(about, intervention=None).current_samples == about.samples


@pytest.mark.parametrize("version", TEXTS)
def test_a_description_of_every_version_says_what_was_changed(version: int) -> None:
    about = from_text(TEXTS[version])
    changed = about.intervention
    assert changed.intervention.to_dict() == {"layers": {"conv_2": {"off": [0, 3]}}}
    assert changed.reached == ("conv_2", "pool_2", "dropout", "flatten", "dense_1", "digit")
    assert [answer.predictions[0].probability for answer in changed.answers] == [
        0.9059362411499023,
        0.9999996423721313,
        0.9981777667999268,
        0.9998457431793213,
    ]
    assert set(about.influence) == {layer.path for layer in about.network.layers}
    estimate = about.influence["dense_1"]
    assert (estimate.kind, estimate.which, estimate.samples, estimate.swept) == ("estimate", "shown", 4, 0)
    assert estimate.intervention == changed.intervention.key
    assert about.comparison is None


def test_all_versions_describe_the_same() -> None:
    first = without_reasons(from_text(TEXTS[1]))
    assert all(without_reasons(from_text(text)) == first for text in TEXTS.values())


def without_reasons(about: Description) -> Description:
    """Why an input is of a kind may be said in other words by now."""
    inputs, outputs = (
        tuple(dataclasses.replace(one, reason="") for one in each) for each in (about.inputs, about.outputs)
    )
    return dataclasses.replace(about, inputs=inputs, outputs=outputs)


def test_another_form_is_another_version() -> None:
    assert json.loads(to_text(from_text(TEXTS[VERSION]))) == json.loads(TEXTS[VERSION])


def test_names_that_other_programs_read_stay_what_they_are() -> None:
    old, new = json.loads(TEXTS[1]), json.loads(to_text(from_text(TEXTS[1])))
    assert still_says(new, old)


def still_says(new: object, old: object) -> bool:
    """Whether what was written stays, in whatever company."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(name in new and still_says(new[name], old[name]) for name in old)
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(still_says, new, old))
    return new == old


def test_entries_that_the_first_version_did_not_always_have_may_be_missing() -> None:
    old = json.loads(TEXTS[1])
    for name in ("budget", "composites", "labelled", "class_means", "blocks", "influence", "intervention", "statistic"):
        del old[name]
    del old["normalisation"]["ranges"]
    for sample in old["samples"]:
        del sample["certainty"]
    for atlas in old["atlases"]:
        del atlas["planes"]
    about = from_text(json.dumps(old))
    assert about.budget.neurons > 10**12
    assert (about.labelled, about.statistic, about.class_means) == (4, "mean", None)
    assert (about.blocks, about.influence, about.intervention, about.ranges) == ((), {}, None, {})
    assert math.isnan(about.samples[0].certainty)
    assert about.atlases[1].planes == 1


def everything() -> Description:
    """What no stored one has: numbers that are not finite, a comparison, names, choices.

    Compare its `repr`, in which NaN is NaN: whether dataclasses with NaN are equal depends on the version of Python.
    """
    flips = (Flip(0, "b.png", "cat", "dog", "cat", was_right=False, is_right=True),)
    comparison = Comparison(1, 1, 0, 1, 1, 0, (ClassChange("cat", 1, 0, 1),), (), flips)
    options = MeasureOptions(samples=(Path("/b"),), labels=Path("/l.csv"), choices={"range": (0.0, 2.0)}, volume=0.25)
    answer = Answer(None, (Predicted("cat", 0.5, 0), Predicted('"dog"', math.nan)))
    return Description(
        network=NETWORK,
        classes=("cat", '"dog"'),
        samples=(ShownSample(Sample("b.npy[3]", (SampleValue("/b.npy", 3),), "cat"), answer, math.nan),),
        evaluated=7,
        skipped=(Skipped("/c.png", "it is empty"),),
        layer_statistics={"a": LayerStatistics(math.nan, 1.5, 0.5)},
        normalisation=Normalisation("fixed", "logarithmic", 0.5, 2.0),
        ranges={"a": Range(-1.0, 1.0)},
        budget=Budget(10, 5),
        comparison=KeptComparison("key", comparison),
        source=Source(options, True, "/code/layers.py", "1b"),
        notes=("a note\nin two lines",),
    )


def test_what_is_written_is_read() -> None:
    about = everything()
    text = to_text(about)
    assert repr(from_text(text)) == repr(about)
    assert json.loads(text, parse_constant=pytest.fail)["samples"][0]["predictions"][1]["probability"] is None


def test_a_text_has_many_lines_and_none_is_long() -> None:
    layers = tuple(dataclasses.replace(NETWORK.layers[0], path=f"layer_{k}", output_shape=(9,)) for k in range(300))
    about = dataclasses.replace(
        everything(),
        network=dataclasses.replace(NETWORK, layers=layers),
        classes=tuple(f"class {k}" for k in range(1000)),
        ranges={layer.path: Range(0.0, 1.0) for layer in layers},
    )
    text = to_text(about)
    assert max(map(len, text.splitlines())) < 1500
    assert repr(from_text(text)) == repr(about)


def test_only_what_was_replaced_is_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = from_text(TEXTS[1])
    to_text(before)
    written: list[str] = []
    for name, write in tuple(ENTRIES.items()):
        monkeypatch.setitem(ENTRIES, name, lambda about, n=name, w=write: written.append(n) or w(about))
    after = dataclasses.replace(before, notes=("other",), ranges={"conv_1": Range(0.0, 3.0)})
    text = to_text(after, before)
    assert written == ["notes", "normalisation"]
    assert text == to_text(after)
    assert from_text(text) == after


def test_a_newer_description_is_refused_with_its_version() -> None:
    text = json.dumps({"version": VERSION + 1, "anything": "else"})
    with pytest.raises(UserError, match=f"newer version of the extension, in form {VERSION + 1}") as refused:
        from_text(text)
    assert refused.value.code == "description.newer"


@pytest.mark.parametrize("name", ["inputs", "outputs"])
def test_a_kind_of_a_newer_version_is_refused_by_its_name(name: str) -> None:
    stored = json.loads(TEXTS[VERSION])
    stored[name][0]["kind"] = "speech"
    with pytest.raises(UserError, match="of the kind “speech”") as refused:
        from_text(json.dumps(stored))
    assert refused.value.code == "description.newer"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        '{"version": ' + "[" * 100_000,
        '{"network": ',
        '{"network": {}}',
        '{"version": "two"}',
        '{"version": 2}',
        TEXTS[1].replace('"layers"', '"other"'),
        TEXTS[1].replace('"off": [', '"off": [77,'),
    ],
)
def test_a_broken_description_is_an_error_that_says_so(text: str) -> None:
    with pytest.raises(UserError, match="cannot be read") as broken:
        from_text(text)
    assert broken.value.code == "description.unreadable"


def test_blocks_that_do_not_fit_are_left_out() -> None:
    old = json.loads(TEXTS[1])
    old["blocks"]["blocks"][0]["layers"].append("nothing")
    assert from_text(json.dumps(old)).blocks == ()
    assert from_text(json.dumps({**old, "blocks": "three"})).blocks == ()


def test_places_that_do_not_fit_are_left_out() -> None:
    stored = json.loads(TEXTS[VERSION])
    del stored["places"]["layers"]["conv_1"]
    assert from_text(json.dumps(stored)).places is None
    assert from_text(json.dumps({**stored, "places": None})).places is None


def test_places_are_kept_as_they_are_written() -> None:
    stored = json.loads(TEXTS[VERSION])
    stored["places"]["layers"]["conv_1"] |= {"x": 1.5, "y": -7.25, "z": 3.0}
    place = from_text(to_text(from_text(json.dumps(stored)))).places.layers["conv_1"]
    assert (place.x, place.y, place.z) == (1.5, -7.25, 3.0)


def test_entries_of_other_programs_stay() -> None:
    stored = json.loads(TEXTS[VERSION]) | {"other program": {"page": [3, "b"]}}
    about = from_text(json.dumps(stored))
    changed = json.loads(to_text(dataclasses.replace(about, classes=("one",)), about))
    assert changed["other program"] == {"page": [3, "b"]}
    assert changed["classes"] == ["one"]


def test_what_python_writes_of_numbers_that_are_not_finite_is_read_and_written_as_null() -> None:
    stored = json.loads(TEXTS[VERSION]) | {"other program": {"page": math.nan}}
    stored["samples"][0]["certainty"] = math.inf
    about = from_text(json.dumps(stored))
    assert math.isnan(about.samples[0].certainty)
    assert json.loads(to_text(about), parse_constant=pytest.fail)["other program"] == {"page": None}


@pytest.mark.parametrize("broken", [{}, {"hierarchy": {}, "opened": {}, "picture": {}}, [], {"hierarchy": 1}])
def test_where_it_cannot_be_read_which_blocks_are_open_they_are_as_in_a_new_import(broken: object) -> None:
    about = from_text(TEXTS[VERSION])
    assert about.opening is None
    data = json.loads(TEXTS[VERSION]) | {"opening": broken}
    found = from_text(json.dumps(data)).opening
    fresh = Opening.fresh(about.network, about.inputs, about.outputs, about.classes, about.answer)
    assert found == fresh
    assert from_text(json.dumps(data | {"opening": fresh.to_dict()})).opening == fresh
    assert [board.output for board in fresh.picture.boards] == ["digit"]
