"""Every class of layer that Keras 2 has, with settings that its successor may take otherwise."""

import tensorflow as tf
import tf_keras

L = tf_keras.layers


def _picture(size=16, channels=3):
    return tf_keras.Input((size, size, channels))


def _after(shape, *makers):
    """A network with an output for each layer, all on the same input."""
    values = tf_keras.Input(shape)
    return tf_keras.Model(values, [layer(values) for layer in makers])


def activations_by_name():
    names = [
        "elu",
        "exponential",
        "gelu",
        "hard_sigmoid",
        "linear",
        "mish",
        "relu",
        "selu",
        "sigmoid",
        "silu",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
    ]
    return _after((5, 4), *(L.Activation(name) for name in names))


def activations_inside_layers():
    return _after(
        (6,), L.Dense(4, activation="hard_sigmoid"), L.Dense(4, activation="gelu"), L.Dense(4, activation="swish"),
        L.Dense(3, activation=tf.nn.relu), L.Dense(3, activation=L.LeakyReLU(0.1)),
    )  # fmt: skip


def activation_layers():
    return _after(
        (5, 4), L.ReLU(), L.ReLU(6.0, negative_slope=0.1, threshold=0.2), L.LeakyReLU(0.2), L.LeakyReLU(),
        L.PReLU(), L.PReLU(shared_axes=[1]), L.ELU(0.5), L.ThresholdedReLU(0.3), L.Softmax(), L.Softmax(axis=[1, 2]),
        L.Softmax(axis=1),
    )  # fmt: skip


def convolutions_of_one_dimension():
    return _after(
        (12, 4), L.Conv1D(3, 3), L.Conv1D(4, 3, padding="causal", dilation_rate=2), L.Conv1D(4, 3, strides=2, groups=2),
        L.Conv1DTranspose(3, 3, strides=2), L.Conv1DTranspose(3, 4, strides=3, padding="same"),
        L.Conv1DTranspose(3, 3, strides=2, output_padding=1), L.SeparableConv1D(3, 3, depth_multiplier=2),
        L.DepthwiseConv1D(3, depth_multiplier=2, strides=2, padding="same"), L.UpSampling1D(3), L.ZeroPadding1D((1, 2)),
        L.Cropping1D((1, 2)), L.MaxPooling1D(3, strides=2, padding="same"), L.AveragePooling1D(3, padding="same"),
        L.GlobalMaxPooling1D(), L.GlobalMaxPooling1D(keepdims=True), L.GlobalAveragePooling1D(keepdims=True),
    )  # fmt: skip


def convolutions_of_two_dimensions():
    return _after(
        (11, 9, 4), L.Conv2D(3, (3, 2), strides=2, padding="same"), L.Conv2D(4, 3, dilation_rate=2, groups=2),
        L.Conv2DTranspose(3, 3, strides=2), L.Conv2DTranspose(3, 2, strides=3, padding="same"),
        L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1),
        L.Conv2DTranspose(3, 3, padding="same", dilation_rate=2), L.SeparableConv2D(3, 3, strides=2, padding="same"),
        L.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"), L.DepthwiseConv2D(3, dilation_rate=2),
        L.MaxPooling2D(3, strides=2, padding="same"), L.AveragePooling2D((3, 2), strides=1, padding="same"),
        L.GlobalMaxPooling2D(keepdims=True), L.GlobalAveragePooling2D(), L.ZeroPadding2D(((1, 0), (2, 3))),
        L.Cropping2D(((1, 0), (2, 3))), L.UpSampling2D((2, 3)), L.UpSampling2D(2, interpolation="bilinear"),
        L.UpSampling2D(3, interpolation="bicubic"),
    )  # fmt: skip


def convolutions_of_three_dimensions():
    return _after(
        (7, 6, 5, 2), L.Conv3D(3, 2, strides=2), L.Conv3DTranspose(2, 3, strides=2),
        L.Conv3DTranspose(2, 3, strides=2, padding="same", output_padding=1), L.MaxPooling3D(2, padding="same"),
        L.AveragePooling3D(2), L.GlobalMaxPooling3D(), L.GlobalAveragePooling3D(keepdims=True),
        L.ZeroPadding3D((1, 0, 2)),
        L.Cropping3D(1), L.UpSampling3D((1, 2, 3)), L.SpatialDropout3D(0.2),
    )  # fmt: skip


def channels_first():
    return _after(
        (4, 8, 9), L.Flatten(data_format="channels_first"), L.ZeroPadding2D((1, 2), data_format="channels_first"),
        L.Cropping2D(1, data_format="channels_first"), L.UpSampling2D(2, data_format="channels_first"),
        L.GlobalAveragePooling2D(data_format="channels_first"), L.GlobalMaxPooling2D(data_format="channels_first"),
        L.BatchNormalization(axis=1),
    )  # fmt: skip


def norms_of_pictures():
    return _after(
        (8, 8, 6), L.BatchNormalization(), L.BatchNormalization(epsilon=1e-7, scale=False),
        L.BatchNormalization(axis=1, center=False), L.LayerNormalization(),
        L.LayerNormalization(axis=[1, 2], epsilon=1e-7),
        L.LayerNormalization(axis=1, scale=False), L.GroupNormalization(groups=3), L.GroupNormalization(groups=-1),
        L.UnitNormalization(), L.UnitNormalization(axis=[1, 2]),
    )  # fmt: skip


def norms_of_numbers():
    return _after(
        (6,), L.BatchNormalization(), L.BatchNormalization(epsilon=0.0), L.LayerNormalization(), L.UnitNormalization(),
        L.Normalization(mean=1.0, variance=2.0), L.Normalization(mean=[0.1] * 6, variance=[2.0] * 6, invert=True),
        L.Normalization(axis=None, mean=2.0, variance=0.0),
    )  # fmt: skip


def adapted_normalization():
    values = tf_keras.Input((6,))
    layer = L.Normalization()
    layer.adapt([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [3.0, 2.0, 1.0, 0.0, -1.0, -2.0]])
    return tf_keras.Model(values, L.Dense(2)(layer(values)))


def spectral_norms():
    return _after((8, 8, 3), L.SpectralNormalization(L.Conv2D(4, 3)), L.SpectralNormalization(L.Dense(4), 2))


def noise():
    return _after(
        (6, 4), L.Dropout(0.5), L.Dropout(0.5, noise_shape=(None, 1, 4)), L.SpatialDropout1D(0.2), L.GaussianNoise(0.3),
        L.GaussianDropout(0.3), L.AlphaDropout(0.1), L.ActivityRegularization(0.1, 0.2), L.Identity(),
    )  # fmt: skip


def shapes():
    return _after(
        (6, 4), L.Flatten(), L.Reshape((-1, 3)), L.Reshape((2, 3, 4)), L.Permute((2, 1)), L.TimeDistributed(L.Dense(3)),
        L.TimeDistributed(L.RepeatVector(2)), L.EinsumDense("abc,cd->abd", output_shape=(None, 3), bias_axes="d"),
        L.EinsumDense("...x,xy->...y", output_shape=5, activation="relu"), L.Dense(3, use_bias=False),
    )  # fmt: skip


def repeated_and_flat():
    values = tf_keras.Input((4,))
    return tf_keras.Model(values, [L.RepeatVector(3)(values), L.Flatten()(values), L.Reshape((4, 1))(values)])


def merges():
    a, b, c = (tf_keras.Input((5, 4)) for _ in range(3))
    kinds = (L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)
    merged = [kind()([a, b, c]) for kind in kinds] + [L.Subtract()([a, b]), L.Concatenate(axis=1)([c, b])]
    dots = [L.Dot(axes)([a, b]) for axes in (1, 2, (1, 1))] + [L.Dot(2, normalize=True)([a, c])]
    return tf_keras.Model([a, b, c], [*merged, *dots])


def merges_of_different_shapes():
    a, b, row = tf_keras.Input((5, 4)), tf_keras.Input((1, 4)), tf_keras.Input((4,))
    kinds = (L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum)
    pairs = [kind()([a, b]) for kind in kinds] + [kind()([a, row]) for kind in kinds]
    return tf_keras.Model([a, b, row], [*pairs, L.Dot((2, 1))([a, row]), L.Subtract()([a, row])])


def recurrent_settings():
    return _after(
        (5, 4), L.LSTM(3), L.LSTM(3, return_sequences=True, unroll=True), L.LSTM(3, go_backwards=True, use_bias=False),
        L.LSTM(3, activation="relu", recurrent_activation="hard_sigmoid", unit_forget_bias=False, implementation=1),
        L.GRU(3), L.GRU(3, reset_after=False, return_sequences=True), L.GRU(3, use_bias=False, recurrent_dropout=0.2),
        L.SimpleRNN(3), L.SimpleRNN(3, activation="relu", unroll=True, return_sequences=True),
        L.RNN(L.SimpleRNNCell(3)), L.RNN([L.LSTMCell(3), L.GRUCell(2)]),
        L.RNN(L.GRUCell(2, reset_after=False), go_backwards=True),
    )  # fmt: skip


def recurrent_states():
    values = tf_keras.Input((5, 4))
    layers = (
        L.LSTM(3, return_state=True), L.GRU(3, return_state=True, return_sequences=True),
        L.Bidirectional(L.LSTM(2, return_state=True)), L.RNN([L.LSTMCell(3), L.LSTMCell(2)], return_state=True),
    )  # fmt: skip
    return tf_keras.Model(values, [tf.nest.flatten(layer(values)) for layer in layers])


def both_directions():
    layers = [
        L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=mode) for mode in ("concat", "sum", "ave", "mul")
    ]
    values = tf_keras.Input((5, 4))
    parts = L.Bidirectional(L.GRU(3), merge_mode=None)(values)
    return tf_keras.Model(values, [*(layer(values) for layer in layers), *parts])


def convolutional_recurrent():
    return tf_keras.Sequential(
        [L.ConvLSTM2D(3, 3, return_sequences=True, padding="same", input_shape=(4, 8, 8, 2)),
         L.Bidirectional(L.ConvLSTM2D(2, 3, recurrent_activation="sigmoid"))]
    )  # fmt: skip


def convolutional_recurrent_of_one_dimension():
    return tf_keras.Sequential(
        [L.ConvLSTM1D(3, 3, return_sequences=True, go_backwards=True, input_shape=(4, 8, 2)), L.Flatten()]
    )


def attention_settings():
    query, value = tf_keras.Input((5, 8)), tf_keras.Input((4, 8))
    given = [
        L.Attention()([query, value]), L.Attention(use_scale=True)([query, value]),
        L.Attention()([query, value, value]),
        L.Attention(score_mode="concat")([query, value]), L.AdditiveAttention(use_scale=False)([query, value]),
        L.Attention()([query, query], use_causal_mask=True),
    ]  # fmt: skip
    return tf_keras.Model([query, value], given)


def heads():
    query, value = tf_keras.Input((5, 8)), tf_keras.Input((4, 8))
    given = L.MultiHeadAttention(2, 3, value_dim=5, output_shape=6, use_bias=False)(query, value)
    scored, scores = L.MultiHeadAttention(2, 3, name="scored")(query, value, return_attention_scores=True)
    return tf_keras.Model([query, value], [given, scored, scores])


def heads_over_pictures():
    values = tf_keras.Input((4, 3, 8))
    return tf_keras.Model(values, L.MultiHeadAttention(2, 3, attention_axes=(1, 2))(values, values))


def augmentation():
    x = pixels = _picture()
    for layer in (
        L.Rescaling(1 / 127.5, offset=-1), L.RandomFlip("horizontal"), L.RandomRotation(0.1), L.RandomZoom(0.2, 0.1),
        L.RandomContrast(0.2), L.RandomTranslation(0.1, 0.1), L.RandomBrightness(0.2), L.RandomHeight(0.2),
        L.RandomWidth(0.2), L.Resizing(12, 12), L.CenterCrop(8, 6),
    ):  # fmt: skip
        x = layer(x)
    return tf_keras.Model(pixels, x)


def sizes_of_pictures():
    return _after(
        (9, 12, 3), L.Resizing(5, 7), L.Resizing(20, 17), L.Resizing(6, 6, interpolation="nearest"),
        L.Resizing(6, 6, interpolation="bicubic"), L.Resizing(6, 6, crop_to_aspect_ratio=True), L.CenterCrop(5, 4),
        L.CenterCrop(11, 5), L.Resizing(6, 6, interpolation="area"), L.Resizing(6, 6, interpolation="lanczos3"),
    )  # fmt: skip


def random_crop():
    return _after((9, 12, 3), L.RandomCrop(6, 7), L.RandomCrop(12, 7))


def mixed_precision():
    x = pixels = _picture()
    x = L.Conv2D(4, 3, dtype="mixed_bfloat16")(x)
    return tf_keras.Model(pixels, L.Dense(2, dtype="float32")(L.GlobalAveragePooling2D(dtype="mixed_bfloat16")(x)))


def double_precision():
    values = tf_keras.Input((6,), dtype="float64")
    return tf_keras.Model(values, L.Dense(3, dtype="float64")(L.BatchNormalization(dtype="float64")(values)))


def state_kept_between_batches():
    return tf_keras.Sequential(
        [L.LSTM(4, stateful=True, return_sequences=True, batch_input_shape=(3, 5, 3)), L.Dense(2)]
    )


def fixed_batch():
    pixels = tf_keras.Input(batch_shape=(3, 8, 8, 3))
    return tf_keras.Model(pixels, L.Dense(2)(L.Reshape((-1,))(L.Conv2D(2, 3)(pixels))))


def categories():
    values = tf_keras.Input((3,), dtype="int64")
    return tf_keras.Model(
        values,
        [L.CategoryEncoding(20, output_mode="multi_hot")(values), L.CategoryEncoding(20, output_mode="count")(values),
         L.Hashing(5)(values), L.IntegerLookup(vocabulary=[3, 5, 7, 9])(values)],
    )  # fmt: skip


def buckets():
    return _after(
        (4,), L.Discretization([-0.5, 0.1, 0.8]), L.Discretization([-0.5, 0.1], output_mode="multi_hot"),
        L.Discretization([-1.0, 1.0], output_mode="count"),
    )  # fmt: skip


def convolutional_recurrent_of_three_dimensions():
    return tf_keras.Sequential([L.ConvLSTM3D(2, 2, return_sequences=True, input_shape=(3, 4, 4, 4, 2)), L.Flatten()])


def tiny_variances():
    pixels = _picture(8)
    norms = [L.BatchNormalization(epsilon=epsilon) for epsilon in (0.0, 1e-7, 1e-5)]
    return tf_keras.Model(pixels, [norm(pixels) for norm in norms], name="tiny_variances")


def texts():
    words = tf_keras.Input((1,), dtype="string")
    numbers = L.TextVectorization(vocabulary=["cat", "dog", "the"], output_sequence_length=4)(words)
    return tf_keras.Model(words, L.Embedding(6, 3, mask_zero=True)(numbers))


def terms():
    words = tf_keras.Input((2,), dtype="string")
    return tf_keras.Model(
        words,
        [L.StringLookup(vocabulary=["a cat", "nobody"])(words), L.Hashing(7)(words), L.Hashing(7, salt=[3, 4])(words),
         L.StringLookup(vocabulary=["a cat", "nobody"], num_oov_indices=2, output_mode="multi_hot")(words)],
    )  # fmt: skip


def crossed_terms():
    a, b = tf_keras.Input((1,), dtype="int64"), tf_keras.Input((1,), dtype="int64")
    return tf_keras.Model([a, b], L.HashedCrossing(9)((a, b)))
