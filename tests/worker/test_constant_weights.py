"""Small weights become constants of a trace; nothing else changes."""

import keras
import numpy as np
import tensorflow as tf

from nn_blender.worker.running.recorders.functional.constant_weights import MOST_NUMBERS, small_weights_as_constants


def test_small_weights_are_constants_and_large_ones_variables():
    random = np.random.default_rng(0)
    layers = [keras.layers.Dense(200), keras.layers.BatchNormalization(), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((100,)), *layers])
    model.set_weights([random.uniform(0.1, 1, weight.shape) for weight in model.weights])

    def run(batch):
        with small_weights_as_constants(layers):
            for layer in layers:
                batch = layer(batch)
        return batch

    traced = tf.function(run).get_concrete_function(tf.TensorSpec((None, 100), tf.float32))
    assert layers[0].kernel.shape.num_elements() > MOST_NUMBERS
    assert [id(handle) for handle in traced.captured_inputs] == [id(layers[0].kernel.value.handle)]
    batch = tf.constant(random.normal(size=(5, 100)), tf.float32)
    plain = tf.function(lambda batch: model(batch, training=False))
    np.testing.assert_allclose(traced(batch), plain(batch), rtol=1e-5)


def test_nothing_is_simplified_to_zero_where_an_input_is_no_number():
    layers = [keras.layers.Dense(3), keras.layers.BatchNormalization(gamma_initializer="zeros")]
    model = keras.Sequential([keras.Input((4,)), *layers])
    layers[0].kernel.assign(np.zeros((4, 3)))

    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)])
    def run(batch):
        with small_weights_as_constants(layers):
            return model(batch)

    assert np.isnan(run(tf.constant([[0, np.nan, 0, 1]], tf.float32))).all()
    assert np.isnan(run(tf.constant([[0, np.inf, 0, 1]], tf.float32))).all()


def test_half_precision_stays_half_precision():
    layer = keras.layers.BatchNormalization(dtype="mixed_float16")
    layer.build((None, 4))

    @tf.function
    def run(batch):
        with small_weights_as_constants([layer]):
            return layer(batch)

    batch = tf.constant(np.arange(8).reshape(2, 4), tf.float16)
    assert run(batch).dtype == tf.float16
    assert np.array_equal(run(batch), layer(batch))
