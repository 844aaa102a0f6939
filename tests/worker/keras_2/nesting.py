"""Networks within networks, layers that are called twice, and names of all kinds."""

import tf_keras

L = tf_keras.layers


def _picture():
    return tf_keras.Input((16, 16, 3))


def _base(name="backbone", filters=4):
    pixels = _picture()
    x = L.Conv2D(filters, 3, name="filter")(pixels)
    return tf_keras.Model(pixels, L.BatchNormalization(name="norm")(x), name=name)


def _encoder(name="encoder"):
    return tf_keras.Sequential([_base(), L.GlobalAveragePooling2D(name="mean")], name=name)


def sequential_of_a_functional_and_a_head():
    head = tf_keras.Sequential([L.Dense(6, activation="relu", input_shape=(4,)), L.Dense(3, activation="softmax")])
    return tf_keras.Sequential([_encoder(), head])


def sequentials_three_deep():
    innermost = tf_keras.Sequential([_base(), L.Flatten()])
    return tf_keras.Sequential([tf_keras.Sequential([innermost, L.Dense(6)]), L.Dense(2)])


def functional_around_a_sequential_around_a_functional():
    pixels = _picture()
    return tf_keras.Model(pixels, L.Dense(2)(_encoder()(pixels)))


def functionals_three_deep_in_a_sequential():
    outer, inner = _picture(), _picture()
    middle = tf_keras.Model(inner, L.ReLU()(_base()(inner)), name="middle")
    top = tf_keras.Model(outer, L.MaxPooling2D()(middle(outer)), name="top")
    return tf_keras.Sequential([top, L.Flatten(), L.Dense(2)])


def difference_of_one_sequential_on_two_pictures():
    left, right = _picture(), _picture()
    encoder = _encoder()
    return tf_keras.Model([left, right], L.Dense(1)(L.Subtract()([encoder(left), encoder(right)])))


def difference_of_one_functional_on_two_pictures():
    left, right = _picture(), _picture()
    base = _base()
    return tf_keras.Model([left, right], L.Subtract()([base(left), base(right)]))


def two_outputs_of_one_functional():
    left, right = _picture(), _picture()
    base = _base()
    return tf_keras.Model([left, right], [base(left), base(right)])


def two_outputs_of_one_functional_the_other_way_round():
    left, right = _picture(), _picture()
    base = _base()
    first, second = base(left), base(right)
    return tf_keras.Model([left, right], [second, first])


def two_outputs_of_one_sequential():
    left, right = _picture(), _picture()
    encoder = _encoder()
    return tf_keras.Model([left, right], [encoder(left), encoder(right)])


def nested_model_as_the_output():
    pixels = _picture()
    return tf_keras.Model(pixels, _base()(pixels))


def one_model_three_times_in_a_row():
    pixels = _picture()
    step, pad = _base("step", 3), L.ZeroPadding2D(1)
    x = pad(step(pixels))
    again = pad(step(x))
    return tf_keras.Model(pixels, [step(again), again])


def nested_with_two_inputs_and_two_outputs():
    p, q = tf_keras.Input((4,)), tf_keras.Input((4,))
    pair = tf_keras.Model([p, q], [L.Add()([p, q]), L.Multiply()([p, q])], name="pair")
    a, b = tf_keras.Input((4,)), tf_keras.Input((4,))
    total, product = pair([a, b])
    total_2, product_2 = pair([product, total])
    return tf_keras.Model([a, b], [L.Dense(2)(total_2), product_2, total])


def nested_with_named_inputs_and_outputs():
    p, q = tf_keras.Input((4,), name="p"), tf_keras.Input((4,), name="q")
    given = {"total": L.Add()([p, q]), "units": L.Dense(3, name="units")(p)}
    pair = tf_keras.Model({"p": p, "q": q}, given, name="pair")
    a, b = tf_keras.Input((4,)), tf_keras.Input((4,))
    made = pair({"q": b, "p": a})
    return tf_keras.Model([a, b], L.Concatenate()([made["total"], made["units"]]))


def named_inputs_and_outputs():
    a, b = tf_keras.Input((4,), name="z"), tf_keras.Input((4,), name="a")
    return tf_keras.Model({"z": a, "a": b}, {"s": L.Subtract(name="s")([a, b])})


def base_called_for_inference():
    pixels = _picture()
    return tf_keras.Model(pixels, L.Dense(2)(L.Flatten()(_base()(pixels, training=False))))


def frozen_base():
    base = _base()
    base.trainable = False
    return tf_keras.Sequential([base, L.Flatten(), L.Dense(2)])


def frozen_base_with_one_thawed_layer():
    pixels = _picture()
    x = L.BatchNormalization(name="first")(L.Conv2D(4, 3)(pixels))
    base = tf_keras.Model(pixels, L.BatchNormalization(name="second")(L.Conv2D(4, 3)(x)), name="base")
    base.trainable = False
    base.layers[-1].trainable = True
    return tf_keras.Sequential([base, L.Flatten(), L.Dense(2)])


def base_with_frozen_norms():
    base = _base()
    base.get_layer("norm").trainable = False
    pixels = _picture()
    return tf_keras.Model(pixels, L.Flatten()(base(pixels)))


def lists_of_one():
    pixels = _picture()
    return tf_keras.Model([pixels], [L.Flatten()(_base()([pixels]))])


def same_tensor_twice():
    pixels = _picture()
    x = _base()(pixels)
    return tf_keras.Model(pixels, L.Concatenate()([x, x]))


def sequential_of_one_model():
    return tf_keras.Sequential([_base()])


def sequential_built_later():
    model = tf_keras.Sequential([L.Conv2D(3, 3), L.Flatten(), L.Dense(2)])
    model.build((None, 16, 16, 3))
    return model


def sequential_of_a_sequential_built_later():
    model = tf_keras.Sequential([tf_keras.Sequential([L.Conv2D(3, 3)]), L.Flatten()])
    model.build((None, 16, 16, 3))
    return model


def model_at_every_time_step():
    return tf_keras.Sequential(
        [L.TimeDistributed(_base(), input_shape=(3, 16, 16, 3)), L.TimeDistributed(L.Flatten()), L.LSTM(3)]
    )


def sequential_at_every_time_step():
    return tf_keras.Sequential([L.TimeDistributed(_encoder(), input_shape=(3, 16, 16, 3)), L.LSTM(3)])


def slashes_in_nested_names():
    inside, pixels = _picture(), _picture()
    x = L.Conv2D(3, 3, name="stem/filter")(inside)
    inner = tf_keras.Model(inside, L.ReLU(name="stem/relu")(x), name="back/bone")
    x = L.Flatten(name="top-units")(inner(pixels))
    return tf_keras.Model(pixels, L.Dense(2, name="top/units")(x), name="all/in/one")


def slashes_beside_dashes():
    pixels = _picture()
    x = L.Conv2D(3, 3, name="a/b")(pixels)
    x = L.Conv2D(3, 3, name="a-b")(x)
    return tf_keras.Model(pixels, L.Conv2D(3, 3, name="a-b-1")(x))


def slashes_in_a_sequential():
    return tf_keras.Sequential(
        [
            L.Conv2D(3, 3, name="s/filter", input_shape=(16, 16, 3)),
            L.Flatten(name="s/flat"),
            L.Dense(2, name="s/units"),
        ],
        name="s/s",
    )


def slashes_in_inputs():
    left, right = tf_keras.Input((4,), name="in/left"), tf_keras.Input((4,), name="in/right")
    return tf_keras.Model([left, right], L.Subtract(name="out/difference")([left, right]))


def slashes_under_a_layer_of_the_same_name():
    pixels = _picture()
    x = L.Conv2D(3, 3, name="conv1")(pixels)
    x = L.BatchNormalization(name="conv1/bn")(x)
    return tf_keras.Model(pixels, L.Activation("relu", name="conv1/relu")(x))
