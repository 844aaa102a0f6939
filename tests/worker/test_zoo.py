"""Every layer of networks as people build them gives what plain Keras gives, intact and with neurons switched off.

The oracle runs the model that was never saved, operation by operation, eagerly.
"""

from __future__ import annotations

import os
from collections import Counter

import keras
import numpy as np
import pytest
from recordings import measure, record
from zoo import LARGE, SMALL

from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.network import FEATURE_AXES
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders import recorder_of
from nn_blender.worker.running.recorders.functional import segments

L = keras.layers
EXACT, COARSE = 1e-5, 2e-2
"""Of the largest value of a layer; halves and bytes are rounded otherwise in a traced function."""
IN_LOOPS = (L.RNN, L.Bidirectional)
ZOO = SMALL + LARGE if os.environ.get("CI") else SMALL


class Oracle:
    """Runs a model eagerly and keeps what every operation gives, by the path it has."""

    def __init__(self, model):
        self.model = model
        self.values = {}
        self.switchable = set()

    def run(self, batch, off=None):
        self.values, self._calls, self._off = {}, Counter(), off or {}
        self._walk(self.model, [keras.ops.convert_to_tensor(values) for values in batch], "")
        return {path: np.asarray(keras.ops.cast(value, "float32")) for path, value in self.values.items()}

    def _walk(self, model, given, prefix):
        core = model if not isinstance(model, keras.Sequential) else model._functional
        arranged = core._standardize_inputs(given)
        return core._run_through_graph(arranged, operation_fn=lambda one: self._runner(one, prefix))

    def _runner(self, operation, prefix):
        def run(*given, **more):
            if isinstance(operation, keras.Model):
                return self._walk(operation, given[0], f"{prefix}{operation.name}/")
            how = {"training": False} if "training" in getattr(operation, "_call_context_args", ()) else {}
            return self._note(operation, prefix + operation.name, operation(*given, **{**more, **how}))

        return run

    def _note(self, operation, path, outputs):
        if isinstance(operation, L.InputLayer):
            return outputs
        count = self._calls[path]
        self._calls[path] += 1
        parts = keras.tree.flatten(outputs)
        if path in self._off:
            factor = np.ones(parts[0].shape[-1])
            factor[self._off[path]] = 0
            parts[0] = parts[0] * keras.ops.cast(factor, parts[0].dtype)
            outputs = keras.tree.pack_sequence_as(outputs, parts)
        if not isinstance(operation, IN_LOOPS) and "float" in str(parts[0].dtype):
            self.switchable.add(path)
        called = f"{path}#{count}" if count else path
        self.values |= {f"{called}[{k}]" if k else called: part for k, part in enumerate(parts)}
        return outputs


@pytest.fixture(scope="module", params=ZOO, ids=lambda make: make.__name__)
def case(request, tmp_path_factory):
    """An oracle, a batch, a recorder, and how near their values have to be."""
    keras.utils.set_random_seed(8)
    model = request.param()
    file = tmp_path_factory.mktemp("zoo") / "model.keras"
    model.save(file)
    random = np.random.default_rng(9)
    batch = [
        random.integers(1, 6, (3, *tensor.shape[1:])).astype(np.int32)
        if tensor.dtype == "int32"
        else random.normal(size=(3, *tensor.shape[1:])).astype(np.float32)
        for tensor in model.inputs
    ]
    near = COARSE if request.param.__name__ in ("int8", "mixed_precision") else EXACT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "SMALLEST_COST", 1e4)  # Small networks are cut too.
        return Oracle(model), batch, recorder_of(load_model(file)), near


def assert_near(given, expected, near, path):
    assert given.shape == expected.shape, path
    scale = max(np.abs(expected).max(), 1e-30)
    assert np.abs(given.astype(np.float64) - expected).max() <= near * scale, path


def test_every_layer_gives_what_keras_gives(case):
    oracle, batch, recorder, near = case
    expected = oracle.run(batch)
    recorded = record(recorder, *batch)
    assert set(recorded) == set(expected)
    values, _ = measure(recorder, *batch)
    slices = recorder.network.neuron_slices()
    for layer in recorder.network.layers:
        assert_near(recorded[layer.path], expected[layer.path], near, layer.path)
        if layer.neurons:
            positions = tuple(k for k, axis in enumerate(layer.axes, 1) if axis not in FEATURE_AXES)
            means = expected[layer.path].mean(positions, dtype=np.float64)
            largest = np.abs(expected[layer.path]).max()
            assert np.abs(values[:, slices[layer.path]] - means).max() <= near * largest, layer.path


def test_random_switches_give_what_masks_give(case):
    oracle, batch, recorder, near = case
    oracle.run(batch)
    random = np.random.default_rng(10)
    layers = [one for one in recorder.network.layers if one.path in oracle.switchable and one.neurons > 1]
    for _ in range(3):
        chosen = [layers[int(k)] for k in random.choice(len(layers), min(3, len(layers)), replace=False)]
        off = {one.path: sorted({int(k) for k in random.integers(0, one.neurons, 2)}) for one in chosen}
        change = Intervention.from_dict({"layers": {path: {"off": own} for path, own in off.items()}}, recorder.network)
        recorded = record(recorder, *batch, switches=recorder.switches(change))
        for path, expected in oracle.run(batch, off).items():
            assert_near(recorded[path], expected, near, f"{path} without {off}")
