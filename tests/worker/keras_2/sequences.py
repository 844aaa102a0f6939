"""Recurrent networks and attention: their states, and which time steps masks leave out."""

import tensorflow as tf
import tf_keras
from tf_keras.src.layers.rnn.cudnn_gru import CuDNNGRU
from tf_keras.src.layers.rnn.cudnn_lstm import CuDNNLSTM

L = tf_keras.layers

STEPS = 7


def _words(width=6):
    """Numbers of words, 0 for none, and what an Embedding makes of them."""
    words = tf_keras.Input((STEPS,))
    return words, L.Embedding(20, width, mask_zero=True)(words)


def _heard(x):
    """Layers that a mask changes."""
    return [L.LSTM(3)(x), L.GlobalAveragePooling1D()(x)]


def _after(make):
    """A network that hears what ``make`` gives of two masked sequences."""
    first, x = _words()
    second, y = _words()
    return tf_keras.Model([first, second], _heard(make(x, y)))


def _without_mask(x):
    return L.Reshape((STEPS, -1))(x)


def add_with_two_masks():
    return _after(lambda x, y: L.Add()([x, y]))


def add_with_one_mask():
    return _after(lambda x, y: L.Add()([x, _without_mask(y)]))


def subtract_with_two_masks():
    return _after(lambda x, y: L.Subtract()([x, y]))


def subtract_with_one_mask():
    return _after(lambda x, y: L.Subtract()([_without_mask(x), y]))


def multiply_with_two_masks():
    return _after(lambda x, y: L.Multiply()([x, y]))


def multiply_with_one_mask():
    return _after(lambda x, y: L.Multiply()([x, _without_mask(y)]))


def average_with_two_masks():
    return _after(lambda x, y: L.Average()([x, y]))


def average_with_one_mask():
    return _after(lambda x, y: L.Average()([x, _without_mask(y)]))


def maximum_with_two_masks():
    return _after(lambda x, y: L.Maximum()([x, y]))


def maximum_with_one_mask():
    return _after(lambda x, y: L.Maximum()([_without_mask(x), y]))


def minimum_with_two_masks():
    return _after(lambda x, y: L.Minimum()([x, y]))


def minimum_with_one_mask():
    return _after(lambda x, y: L.Minimum()([x, _without_mask(y)]))


def concatenate_with_two_masks():
    return _after(lambda x, y: L.Concatenate()([x, y]))


def concatenate_with_one_mask():
    return _after(lambda x, y: L.Concatenate()([x, _without_mask(y)]))


def concatenate_along_time():
    return _after(lambda x, y: L.Concatenate(axis=1)([x, y]))


def merges_of_masked_and_merged():
    return _after(lambda x, y: L.Maximum()([L.Add()([x, y]), L.Multiply()([x, x]), y]))


def dot_of_masked():
    first, x = _words()
    second, y = _words()
    return tf_keras.Model([first, second], L.Dot(axes=2, normalize=True)([x, y]))


def dense_and_norm_on_masked():
    return _after(lambda x, y: L.LayerNormalization()(L.Dense(4, activation="relu")(x)))


def batch_norm_on_masked():
    return _after(lambda x, y: L.Activation("tanh")(L.BatchNormalization()(x)))


def time_distributed_on_masked():
    return _after(lambda x, y: L.TimeDistributed(L.Dense(4))(x))


def bidirectional_on_masked():
    return _after(lambda x, y: L.Bidirectional(L.LSTM(3, return_sequences=True))(x))


def bidirectional_sum_on_masked():
    return _after(lambda x, y: L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum")(x))


def zeros_for_masked_steps():
    return _after(lambda x, y: L.RNN(L.LSTMCell(3), return_sequences=True, zero_output_for_mask=True)(x))


def backwards_on_masked():
    return _after(lambda x, y: L.SimpleRNN(3, return_sequences=True, go_backwards=True)(x))


def attention_on_masked():
    return _after(lambda x, y: L.Attention()([x, y]))


def additive_attention_on_masked():
    return _after(lambda x, y: L.AdditiveAttention()([x, y]))


def scaled_attention_on_masked():
    words, x = _words(8)
    return tf_keras.Model(words, L.GlobalAveragePooling1D()(L.Attention(use_scale=True)([L.Dense(8)(x), x])))


def heads_on_masked():
    return _after(lambda x, y: L.MultiHeadAttention(2, 3)(query=x, value=y))


def causal_heads_on_masked():
    return _after(lambda x, y: L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True))


def residual_heads_on_masked():
    return _after(lambda x, y: L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 3)(x, x)])))


def convolution_on_masked():
    return _after(lambda x, y: L.Conv1D(4, 3, padding="same")(x))


def reshape_of_masked():
    return _after(lambda x, y: _without_mask(x))


def nested_model_on_masked():
    return _after(lambda x, y: tf_keras.Sequential([L.Dense(4), L.Dropout(0.1)], name="head")(x))


def nested_functional_on_masked():
    inside = tf_keras.Input((STEPS, 6))
    inner = tf_keras.Model(inside, L.Dense(4)(L.Dropout(0.1)(inside)), name="inner")
    return _after(lambda x, y: inner(x))


def nested_model_that_masks():
    words, x = _words()
    inner = tf_keras.Model(words, L.Dense(4)(x), name="inner")
    outer = tf_keras.Input((STEPS,))
    return tf_keras.Model(outer, _heard(inner(outer)))


def padding_of_masked():
    return _after(lambda x, y: L.ZeroPadding1D(1)(x))


def function_on_masked():
    return _after(lambda x, y: tf.nn.relu(x) * 2.0)


def masking_again():
    return _after(lambda x, y: L.Masking(0.0)(L.ReLU()(x)))


def masked_time_steps_of_numbers():
    values = tf_keras.Input((STEPS, 4))
    x = L.Masking(0.0)(L.ReLU(threshold=0.9)(values))
    return tf_keras.Model(values, _heard(x))


def function_between_embedding_and_sum():
    words, x = _words()
    kept = L.Dropout(0.1)(x)
    return tf_keras.Model(words, L.LSTM(3)(L.Concatenate()([x + kept, kept])))


def masked_sequential():
    return tf_keras.Sequential([L.Embedding(20, 6, mask_zero=True, input_length=STEPS), L.LSTM(4), L.Dense(2)])


def text_classifier():
    return tf_keras.Sequential(
        [
            L.Embedding(20, 6, input_length=STEPS),
            L.SpatialDropout1D(0.2),
            L.Bidirectional(L.LSTM(3)),
            L.Dense(1, "sigmoid", kernel_regularizer=tf_keras.regularizers.L1L2(0.1, 0.1),
                    kernel_constraint=tf_keras.constraints.MaxNorm(2.0)),
        ]
    )  # fmt: skip


def words_as_whole_numbers():
    words = tf_keras.Input((STEPS,), dtype="int32")
    return tf_keras.Model(words, L.GRU(3)(L.Masking()(L.Embedding(20, 6, mask_zero=True)(words))))


def documents_of_sentences():
    sentences, documents = tf_keras.Input((STEPS,)), tf_keras.Input((3, STEPS))
    x = L.LSTM(4)(L.Embedding(20, 6, mask_zero=True)(sentences))
    encoder = tf_keras.Model(sentences, x, name="sentence")
    return tf_keras.Model(documents, L.GRU(3)(L.TimeDistributed(encoder)(documents)))


def encoder_and_decoder():
    heard, said = tf_keras.Input((5, 3)), tf_keras.Input((4, 3))
    _, state, cell = L.LSTM(6, return_state=True, name="encoder")(heard)
    x = L.LSTM(6, return_sequences=True, name="decoder")(said, initial_state=[state, cell])
    return tf_keras.Model([heard, said], L.Dense(2)(x))


def encoder_and_decoder_of_masked():
    first, x = _words()
    second, y = _words()
    _, state = L.GRU(6, return_state=True)(x)
    return tf_keras.Model([first, second], L.Dense(2)(L.GRU(6, return_sequences=True)(y, initial_state=state)))


def bidirectional_states():
    heard, said = tf_keras.Input((5, 3)), tf_keras.Input((4, 3))
    _, *states = L.Bidirectional(L.LSTM(6, return_state=True), name="encoder")(heard)
    x = L.Bidirectional(L.LSTM(6, return_sequences=True), name="decoder")(said, initial_state=states)
    return tf_keras.Model([heard, said], L.Dense(2)(x))


def two_directions_of_two_kinds():
    values = tf_keras.Input((5, 3))
    backward = L.GRU(4, return_sequences=True, go_backwards=True)
    return tf_keras.Model(
        values, L.Bidirectional(L.LSTM(3, return_sequences=True), backward_layer=backward, merge_mode="concat")(values)
    )


def attention_between_two_sequences():
    query, value = tf_keras.Input((5, 8)), tf_keras.Input((4, 8))
    given = [L.Attention(name="dot")([query, value]), L.AdditiveAttention()([query, value])]
    return tf_keras.Model([query, value], given)


def heads_between_two_sequences():
    query, value = tf_keras.Input((5, 8)), tf_keras.Input((4, 8))
    return tf_keras.Model([query, value], L.MultiHeadAttention(2, 4)(query, value=value, key=value))


def recurrent_layers_in_a_row():
    values = tf_keras.Input((5, 8))
    x = L.LSTM(4, return_sequences=True, recurrent_activation="hard_sigmoid")(values)
    x = L.GRU(4, return_sequences=True, reset_after=False)(x)
    x = L.RNN(L.StackedRNNCells([L.LSTMCell(3), L.GRUCell(3)]), return_sequences=True)(x)
    x = L.SimpleRNN(4, go_backwards=True, return_sequences=True)(x)
    return tf_keras.Model(values, L.Conv1D(3, 2, padding="causal")(x))


def pictures_over_time():
    values = tf_keras.Input((4, 8, 8, 2))
    x = L.ConvLSTM2D(3, 3, return_sequences=True)(values)
    return tf_keras.Model(values, L.GlobalAveragePooling3D()(L.Conv3D(2, 2)(x)))


def two_equal_embeddings():
    first, second = tf_keras.Input((STEPS,)), tf_keras.Input((STEPS,))
    x = L.Embedding(20, 6, mask_zero=True, name="e1")(first)
    y = L.Embedding(20, 6, mask_zero=True, name="e2")(second)
    return tf_keras.Model([first, second], _heard(L.Add()([L.Dense(6)(x), y])))


def masks_through_layers():
    words, x = _words()
    layers = [
        L.Dropout(0.1), L.SpatialDropout1D(0.1), L.GaussianNoise(0.1), L.GaussianDropout(0.1), L.AlphaDropout(0.1),
        L.ReLU(), L.LeakyReLU(0.1), L.PReLU(), L.ELU(), L.ThresholdedReLU(0.1), L.Activation("sigmoid"),
        L.ActivityRegularization(0.1), L.UnitNormalization(),
        L.Rescaling(2.0), L.Identity(), L.EinsumDense("abc,cd->abd", (None, 3)), L.Permute((1, 2)),
        L.Normalization(mean=0.1, variance=0.5), L.TimeDistributed(L.Dropout(0.1)),
    ]  # fmt: skip
    return tf_keras.Model(words, [L.GRU(2)(layer(x)) for layer in layers])


def masks_through_layers_that_change_lengths():
    words, x = _words()
    layers = [
        L.Cropping1D(1), L.UpSampling1D(2), L.MaxPooling1D(2), L.AveragePooling1D(2), L.SeparableConv1D(2, 3),
        L.DepthwiseConv1D(3), L.Conv1DTranspose(2, 3), L.ZeroPadding1D(1), L.Permute((2, 1)),
    ]  # fmt: skip
    pooled = [L.GlobalMaxPooling1D()(x), L.Flatten()(x), L.GlobalAveragePooling1D(keepdims=True)(x)]
    return tf_keras.Model(words, [*(L.GRU(2)(layer(x)) for layer in layers), *pooled])


def masks_through_recurrent_layers():
    words, x = _words()
    layers = [
        L.LSTM(3, return_sequences=True), L.GRU(3, return_sequences=True, reset_after=False), L.SimpleRNN(3),
        L.LSTM(3, go_backwards=True), L.GRU(3, unroll=True),
        L.LSTM(3, zero_output_for_mask=True, return_sequences=True),
        L.RNN([L.LSTMCell(3), L.GRUCell(2)]), L.Bidirectional(L.GRU(3), merge_mode="mul"),
        L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="ave"),
    ]  # fmt: skip
    return tf_keras.Model(words, [layer(x) for layer in layers])


def recurrent_layers_that_drop_in_training():
    words = tf_keras.Input((STEPS,))
    x = L.LSTM(4, dropout=0.3, recurrent_dropout=0.2, return_sequences=True)(L.Embedding(20, 6)(words))
    return tf_keras.Model(words, L.Dense(2)(L.Bidirectional(L.GRU(3, dropout=0.5))(x)))


def recurrent_layers_for_graphics_cards(lstm=CuDNNLSTM, gru=CuDNNGRU):
    sequence, inner = tf_keras.Input((STEPS, 5)), tf_keras.Input((STEPS, 6))
    within = tf_keras.Model(inner, lstm(3, name="within")(inner), name="model")
    x = lstm(4, return_sequences=True, name="lstm")(sequence)
    x = L.Bidirectional(gru(3, return_sequences=True, name="gru"), name="both")(x)
    return tf_keras.Model(sequence, L.Dense(2, name="out")(within(x)))


COMPUTED_BY = {
    "recurrent_layers_for_graphics_cards": lambda: recurrent_layers_for_graphics_cards(L.LSTM, L.GRU),
}
"""Networks that do not run on a processor, and what gives the same numbers there once it has read their weights."""
