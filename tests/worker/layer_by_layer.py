"""The simplest recorder there can be: layer after layer, eagerly, and nothing is kept."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from nn_blender.core.interventions.intervention import Intervention, LayerIntervention, switch_of
from nn_blender.core.network import FEATURE_AXES
from nn_blender.worker.models.call_graph import INPUT, Slot
from nn_blender.worker.running.recorders import NO_NEURON, PREDICTED, Activations, Inputs, Recorder, nothing
from nn_blender.worker.running.recorders.slopes import InputPlace, Slope, Slopes
from nn_blender.worker.running.switches import is_decimal

STATISTICS = {
    "mean": lambda values, axes: values.mean(axes),
    "max": lambda values, axes: values.max(axes),
    "positive": lambda values, axes: np.maximum(values, 0).mean(axes),
}


class LayerByLayer(Recorder):
    """Runs Functional models of layers with one output, without masks over time steps."""

    def __init__(self, loaded):
        self._flat = loaded.flat
        dtypes = [step.payload.outputs[0].dtype for step in loaded.flat.steps]
        super().__init__(loaded.network, dtypes, [len(output.shape) for output in loaded.keras_model.outputs])

    def is_never_negative(self, number):
        return False

    def notes(self, intervention):
        changed = self.changed_layers(intervention)
        recurrent = [
            k for k in changed if isinstance(self._operation(k), (keras.layers.RNN, keras.layers.Bidirectional))
        ]
        return [f"The units of {self.network.layers[k].path} are switched in its output only." for k in recurrent]

    def activations(self, inputs, statistic, switches, first=0, total=None, between=nothing):
        outputs = self._run(inputs, switches, between)
        columns = [np.zeros((len(inputs.keys), 0), np.float32)]
        for layer, output in zip(self.network.layers, outputs, strict=True):
            positions = tuple(k + 1 for k, axis in enumerate(layer.axes) if axis not in FEATURE_AXES)
            values = output.numpy().astype(np.float32)
            columns.append(STATISTICS[statistic](values, positions) if positions else values)
        return Activations(0, np.concatenate(columns, axis=1), self._given(outputs))

    def layer_outputs(self, inputs, paths, switches, between=nothing):
        outputs = self._run(inputs, switches, between)
        return {path: outputs[self.number_of(path)].numpy() for path in paths}

    def outputs(self, inputs, switches, total=None, between=nothing):
        return self._given(self._run(inputs, switches, between))

    def sweep(self, inputs, path, neurons, base, answer=0):
        for k, neuron in enumerate(neurons):
            switches = base
            if neuron != NO_NEURON:
                layers = base.intervention.layers
                given = layers.get(switch_of(path), LayerIntervention({}))
                off = LayerIntervention({**given.factors, int(neuron): 0.0}, given.replaced - {int(neuron)})
                switches = self.switches(Intervention({**layers, switch_of(path): off}), base.fill[0])
            _, logits = self._scores(inputs, switches, answer)
            yield slice(k, k + 1), logits.numpy(), self.outputs(inputs, switches)[answer]

    def gradients(self, inputs, classes, switches, summary, answer=0):
        measured = [k for k, layer in enumerate(self.network.layers) if layer.neurons and is_decimal(self.dtypes[k])]
        with tf.GradientTape() as tape:
            outputs, logits = self._scores(inputs, switches, answer, tape)
            chosen = np.where(classes == PREDICTED, logits.numpy().argmax(1), classes)
            score = tf.gather(logits, chosen, batch_dims=1)
        gradients = tape.gradient(score, [outputs[k] for k in measured])
        layers = [self.network.layers[k] for k in measured]
        return {
            layer.path: np.asarray(summary(layer, outputs[k], gradient))
            for k, layer, gradient in zip(measured, layers, gradients, strict=True)
        }

    def slopes(self, inputs, question, chosen, switches, variation=None):
        """Of decimal inputs, which are one at least; without variations, guided gradients and positions of outputs."""
        assert variation is None
        assert not question.is_guided
        values = inputs.read()
        tensors = [tf.convert_to_tensor(one) for one in values]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(tensors)
            outputs, logits = self._scores(Inputs(inputs.keys, lambda: tensors), switches, question.output)
            if question.layer:
                number = self.number_of(question.layer)
                axes = self.network.layers[number].axes
                logits = tf.reduce_mean(
                    outputs[number], [k + 1 for k, axis in enumerate(axes) if axis not in FEATURE_AXES]
                )
            ranked = np.argsort(-logits.numpy(), axis=1, kind="stable")
            indices = np.array([n if n >= 0 else ranked[k, -1 - n] for k, n in enumerate(chosen)], np.int32)
            score = tf.gather(logits, indices, batch_dims=1)
        sites = [outputs[self.number_of(path)] for path in question.sites]
        slopes = iter(tape.gradient(score, [*tensors, *sites]))
        at_inputs = [_slope(tensor, next(slopes)) for tensor in tensors]
        given = tf.nn.softmax(logits) if not question.layer else logits
        return Slopes(
            indices,
            logits.shape[1],
            score.numpy(),
            tf.gather(given, indices, batch_dims=1).numpy(),
            tuple(InputPlace() for _ in tensors) if question.at_inputs else (),
            tuple(at_inputs) if question.at_inputs else (),
            {path: _slope(site, next(slopes)) for path, site in zip(question.sites, sites, strict=True)},
        )

    def _given(self, outputs):
        return tuple(outputs[slot.step].numpy() for slot in self._flat.outputs)

    def _operation(self, number):
        return self._flat.steps[number].payload.operation

    def _scores(self, inputs, switches, answer, tape=None):
        """The outputs of all layers, those of the answering one before its activation, and these once more."""
        number = self._flat.outputs[answer].step
        last = self._operation(number)
        activation, last.activation = last.activation, keras.activations.linear
        try:
            outputs = self._run(inputs, switches, nothing, tape)
        finally:
            last.activation = activation
        return outputs, outputs[number]

    def _run(self, inputs, switches, between, tape=None):
        slots = {Slot(INPUT, k): tf.convert_to_tensor(values) for k, values in enumerate(inputs.read())}
        for tensor in slots.values() if tape else ():
            tape.watch(tensor)
        for number, step in enumerate(self._flat.steps):
            between()
            arguments = step.payload.arguments
            values = {id(k): slots[s] for k, s in zip(arguments.keras_tensors, step.sources, strict=True)}
            args, kwargs = arguments.fill_in(values)
            output = self._operation(number)(*args, **kwargs)
            slots[Slot(number, 0)] = self._switched(number, output, switches)
        return [slots[Slot(number, 0)] for number in range(len(self._flat.steps))]

    def _switched(self, number, output, switches):
        if not switches.changed[number]:
            return output
        axes = self.network.layers[number].axes
        shape = [1] + [-1 if axis in FEATURE_AXES else 1 for axis in axes]
        gain, fill = (values.reshape(shape) for values in switches.at(self.columns[number]))
        return tf.where(gain == 1, output, tf.where(gain == 0, fill, gain * output))


def _slope(tensor, gradient):
    return None if gradient is None else Slope(tensor.numpy(), gradient.numpy())
