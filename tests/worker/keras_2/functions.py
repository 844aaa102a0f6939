"""Functions of TensorFlow called on layers' outputs, which Keras 2 keeps as layers of their own."""

import numpy as np
import tensorflow as tf
import tf_keras

L = tf_keras.layers


def _picture():
    return tf_keras.Input((16, 16, 3))


def _flat(*tensors):
    return L.Concatenate()([L.Flatten()(tensor) for tensor in tensors])


def scaling_by_operators():
    pixels = _picture()
    return tf_keras.Model(pixels, L.Conv2D(4, 3)((pixels / 127.5 - 1.0)[:, 2:-2, 2:-2]))


def preprocessing_as_caffe():
    pixels = _picture()
    x = tf_keras.applications.imagenet_utils.preprocess_input(pixels, mode="caffe")
    return tf_keras.Model(pixels, L.Conv2D(4, 3)(x))


def preprocessing_as_torch():
    pixels = _picture()
    x = tf_keras.applications.imagenet_utils.preprocess_input(pixels, mode="torch")
    return tf_keras.Model(pixels, L.Conv2D(4, 3)(x))


def squeeze_and_excitation():
    pixels = _picture()
    x = L.Conv2D(4, 3)(pixels)
    weights = L.Dense(4, activation="sigmoid")(L.GlobalAveragePooling2D()(x)[:, None, None, :])
    x = x * weights
    return tf_keras.Model(pixels, L.Flatten()(x * tf.nn.sigmoid(x)))


def shapes_and_parts():
    pixels = _picture()
    x = 1.0 - pixels
    y = tf.concat([x, tf.nn.relu(x) * pixels], axis=-1)
    y = tf.cast(y > 0.1, tf.float32) * y
    y = tf.transpose(tf.reshape(y, (-1, 256, 6)), (0, 2, 1))
    y = tf.math.l2_normalize(y - tf.reduce_mean(y, axis=-1, keepdims=True), axis=-1)
    first, second, third = tf.split(y, 3, axis=1)
    return tf_keras.Model(pixels, L.Dense(2)(L.Flatten()(tf.stack([third, second, first], axis=1))))


def slices():
    pixels = _picture()
    return tf_keras.Model(
        pixels, L.Dense(2)(_flat(pixels[..., 0], pixels[:, :, :, None, 1], pixels[:, 2::3, -4:, :], pixels[:, ::-1]))
    )


def shape_of_the_batch():
    pixels = _picture()
    sizes = tf.shape(pixels)
    rows = tf.reshape(pixels, [sizes[0], sizes[1] * sizes[2], 3])
    return tf_keras.Model(pixels, L.Dense(2)(tf.tile(rows[:, :1], [1, 4, 1]) + tf.zeros((sizes[0], 4, 3))))


def pictures():
    pixels = _picture()
    x = tf.image.resize(pixels, (8, 8))
    x = tf.nn.avg_pool2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 2, 2, "SAME")
    x = tf.image.flip_left_right(tf.image.adjust_contrast(x, 1.5))
    return tf_keras.Model(pixels, L.Flatten()(tf.image.rgb_to_grayscale(tf.image.per_image_standardization(x))))


def one_by_one():
    values = tf_keras.Input((6,))
    x = tf.sqrt((-abs(values)) ** 2 + 1e-3)
    x = tf.clip_by_value(tf.where(values > 0, x, values), -1, 2)
    x = tf.nn.softmax(x)
    x = tf.squeeze(tf.linalg.matmul(x[:, :, None], tf.reduce_sum(x, axis=1)[:, None, None]), -1)
    best = tf.argmax(values, -1)
    return tf_keras.Model(values, [x, best, tf.one_hot(best, 6)])


def of_two_tensors():
    a, b = tf_keras.Input((6,)), tf_keras.Input((6,))
    pairs = tf.tensordot(a[:, :2], tf.ones((2, 3)), 1)
    return tf_keras.Model([a, b], [tf.math.subtract(a, b), tf.maximum(b, a), tf.add_n([a, b, a]), pairs])


def inside_a_nested_model():
    inside, pixels = _picture(), _picture()
    inner = tf_keras.Model(inside, inside[:, 1:-1] / 2.0, name="half")
    return tf_keras.Model(pixels, L.Flatten()(inner(pixels) * 2.0 + 1.0))


def with_constant_arrays():
    values = tf_keras.Input((4,))
    weights = tf.constant(np.arange(12.0).reshape(4, 3), tf.float32)
    return tf_keras.Model(values, tf.matmul(values, weights) + np.array([1.0, 2.0, 3.0], "float32"))


def activations_and_backend():
    values = tf_keras.Input((4,))
    x = tf_keras.activations.relu(tf_keras.activations.swish(values), max_value=6.0)
    x = tf_keras.backend.concatenate([tf_keras.backend.sum(x, axis=-1, keepdims=True), values])
    return tf_keras.Model(values, tf_keras.activations.softmax(x))


def comparisons():
    a, b = tf_keras.Input((6,)), tf_keras.Input((6,))
    x = tf.where(tf.logical_and(a > b, b <= 0.5), a, b) % 0.7 + a // 1.0
    return tf_keras.Model([a, b], [tf.where(tf.equal(x, 0), -1.0, x), tf.equal(a, b), -a])


def gathering():
    values = tf_keras.Input((6, 4))
    x = tf.reverse(tf.gather(values, [0, 2, 5], axis=1), [1])
    x = tf.repeat(tf.cumsum(x, axis=1), 2, axis=1)
    a, b = tf.unstack(x, axis=1)[:2]
    best, places = tf.math.top_k(a, 2)
    return tf_keras.Model(
        values,
        [best, places, tf.nn.bias_add(b, [1.0, 2.0, 3.0, 4.0]), tf.reduce_max(x, [1, 2]), tf.math.reduce_std(values, 1),
         tf.nn.gelu(b), tf.expand_dims(tf.sigmoid(a), 1)],
    )  # fmt: skip


def convolutions():
    pixels = _picture()
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 4)).astype("float32")
    x = tf.nn.leaky_relu(tf.nn.conv2d(pixels, kernel, 1, "SAME"), 0.1)
    x = tf.nn.depth_to_space(tf.nn.relu6(tf.nn.max_pool2d(x, 2, 2, "VALID")), 2)
    return tf_keras.Model(pixels, tf.reduce_mean(x, [1, 2]))


def spectra():
    sound = tf_keras.Input((64,))
    spectrum = tf.abs(tf.signal.stft(sound, 16, 8))
    return tf_keras.Model(sound, [tf.math.log(spectrum + 1e-3), tf.signal.frame(sound, 8, 4)])


def sequence_masks():
    values = tf_keras.Input((6,))
    lengths = tf.cast(tf.reduce_sum(tf.cast(values > 0, tf.float32), axis=-1), tf.int32)
    kept = tf.cast(tf.sequence_mask(lengths, 6), tf.float32)
    steps = tf.cast(tf.range(tf.shape(values)[1]), tf.float32)
    return tf_keras.Model(values, [values * kept, values + steps, tf.ones_like(values) - kept])


def of_tensorflow_1():
    pixels = _picture()
    x = tf.compat.v1.image.resize_bilinear(pixels, (8, 8), align_corners=True)
    return tf_keras.Model(pixels, tf.compat.v1.reduce_sum(x, axis=[1], keepdims=False))


def python_code():
    pixels = _picture()
    x = L.Lambda(lambda values, factor=2.0: values * factor + 1, arguments={"factor": 3.0}, name="code")(pixels)
    return tf_keras.Model(pixels, L.Conv2D(4, 3)(x))
