"""What is said about a model from its file alone equals what Keras says once the model is loaded."""

from __future__ import annotations

import keras
import pytest

from nn_blender.core.network import UNKNOWN
from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model

L = keras.layers


def picture_network():
    x = pixels = keras.Input((28, 28, 1), name="image")
    for k, filters in enumerate((4, 8)):
        x = L.Conv2D(filters, 3, padding="same", strides=2, name=f"conv_{k}")(x)
        x = L.BatchNormalization(name=f"normalize_{k}")(x)
        x = L.LeakyReLU(name=f"leaky_{k}")(x)
    x = L.Flatten(name="flat")(x)
    return keras.Model(pixels, L.Dense(10, activation="softmax", name="digit")(x))


def sequential():
    return keras.Sequential(
        [keras.Input((20, 16, 3)), L.ZeroPadding2D(((1, 0), 2)), L.Conv2D(5, (3, 2), dilation_rate=2), L.Cropping2D(1),
         L.UpSampling2D((2, 1)), L.Conv2DTranspose(4, 3, strides=2), L.DepthwiseConv2D(3, depth_multiplier=2),
         L.SeparableConv2D(6, 3, padding="same"), L.MaxPooling2D(3, strides=2, padding="same"), L.Permute((3, 1, 2)),
         L.Reshape((-1, 4)), L.Conv1D(3, 3, padding="causal"), L.AveragePooling1D(2), L.ZeroPadding1D(2),
         L.TimeDistributed(L.Dense(7, activation="tanh")), L.SpatialDropout1D(0.1), L.GlobalMaxPooling1D(),
         L.RepeatVector(3), L.Flatten(), L.Dense(4, activation="swish"), L.Softmax()]
    )  # fmt: skip


def nested():
    inner_in = keras.Input((16, 16, 3))
    inner = keras.Model(inner_in, L.ReLU()(L.Conv2D(4, 3)(inner_in)), name="backbone")
    head = keras.Sequential([L.GlobalAveragePooling2D(), L.Dense(5), L.Dense(2)], name="head")
    pixels = keras.Input((16, 16, 3), name="pixels")
    return keras.Model(pixels, head(inner(pixels)))


def nested_in_sequential():
    inner_in = keras.Input((10, 10, 2))
    inner = keras.Model(inner_in, L.Conv2D(4, 3)(inner_in), name="backbone")
    return keras.Sequential([inner, L.Flatten(), L.Dense(3)])


def model_in_model_in_model():
    x = pixels = keras.Input((8, 8, 1), name="pixels")
    model = keras.Sequential([keras.Input((8, 8, 1)), L.Rescaling(1 / 255), L.Conv2D(2, 3)], name="innermost")
    for name in ("middle", "outer"):
        inner = keras.Input((8, 8, 1))
        model = keras.Model(inner, model(inner), name=name)
    return keras.Model(pixels, [model(x), model(L.ReLU(name="again")(x))])


def shared_and_two_outputs():
    first, second = keras.Input((6,), name="first"), keras.Input((6,), name="second")
    dense = L.Dense(4, name="shared")
    a, b = dense(first), dense(second)
    joined = L.Concatenate(name="join")([a, b, L.Add(name="sum")([a, b]), L.Multiply(name="times")([a, b])])
    return keras.Model(
        {"first": first, "second": second}, {"u": L.Dense(2, name="u")(joined), "v": L.Dense(3, name="v")(a)}
    )


def recurrent():
    words = keras.Input((9,), name="words")
    x = L.Embedding(20, 8, name="embedding")(words)
    x = L.LSTM(6, return_sequences=True, name="lstm")(x)
    x = L.Bidirectional(L.GRU(5, return_sequences=True), name="both")(x)
    x = L.Bidirectional(L.SimpleRNN(4), merge_mode="sum", name="sum")(x)
    return keras.Model(words, L.Dense(2, name="classes")(x))


def attention():
    tokens = keras.Input((6, 8), name="tokens")
    x = L.MultiHeadAttention(2, 4, name="attention")(tokens, tokens)
    x = L.LayerNormalization(name="normalize")(L.Add(name="residual")([x, tokens]))
    return keras.Model(tokens, L.GlobalAveragePooling1D(name="mean")(x))


def any_size():
    pixels = keras.Input((None, None, 3), name="pixels")
    x = L.Conv2D(4, 3, name="conv")(pixels)
    return keras.Model(pixels, L.Dense(2, name="classes")(L.GlobalAveragePooling2D(name="mean")(x)))


def volume():
    x = voxels = keras.Input((8, 8, 8, 1), name="voxels")
    x = L.Conv3D(3, 3, name="conv")(x)
    x = L.MaxPooling3D(2, name="pool")(x)
    return keras.Model(voxels, L.Dense(2, name="classes")(L.Flatten(name="flat")(x)))


def operations():
    pixels = keras.Input((6, 6, 3), name="pixels")
    x = keras.ops.relu(L.Conv2D(4, 3, name="conv")(pixels * 2.0)[:, 1:, :, :2])
    return keras.Model(pixels, L.Flatten(name="flat")(x))


def mobilenet():
    return keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), classes=10, alpha=0.35)


def resnet():
    return keras.applications.ResNet50(weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg")


def vgg():
    return keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))


def efficientnet():
    return keras.applications.EfficientNetB0(weights=None, input_shape=(32, 32, 3), classes=10)


SMALL = [
    picture_network,
    sequential,
    nested,
    nested_in_sequential,
    model_in_model_in_model,
    shared_and_two_outputs,
    recurrent,
    attention,
    any_size,
    volume,
]
CASES = [(make, suffix) for make in SMALL for suffix in (".keras", ".h5")] + [(operations, ".keras")]
CASES += [(mobilenet, ".keras"), (resnet, ".h5"), (vgg, ".h5"), (efficientnet, ".keras")]


@pytest.fixture(scope="module")
def built():
    models = {}

    def get(make):
        if make not in models:
            keras.backend.clear_session()
            models[make] = make()
        return models[make]

    return get


@pytest.mark.parametrize(("make", "suffix"), CASES, ids=[f"{make.__name__}{suffix}" for make, suffix in CASES])
def test_inspect_agrees_with_load(make, suffix, built, tmp_path):
    file = tmp_path / f"model{suffix}"
    model = built(make)
    model.save(file)
    seen, loaded = inspect_file(file).network, load_model(file).network
    assert [layer.path for layer in seen.layers] == [layer.path for layer in loaded.layers]
    assert seen.inputs == loaded.inputs
    assert seen.outputs == loaded.outputs
    assert seen.parameters == loaded.parameters == model.count_params()
    for from_file, alive in zip(seen.layers, loaded.layers, strict=True):
        if from_file.output_shape != (UNKNOWN,):
            assert from_file == alive


def test_inspect_knows_every_shape_of_the_common_layers(built, tmp_path):
    for make in (picture_network, sequential, nested, recurrent, volume, vgg):
        for suffix in (".keras", ".h5"):
            file = tmp_path / f"{make.__name__}{suffix}"
            built(make).save(file)
            unknown = [layer for layer in inspect_file(file).network.layers if UNKNOWN in layer.output_shape]
            assert not unknown, (make.__name__, suffix)


def test_inspect_of_the_real_keras_2_file_agrees_with_load(emotion_file):
    seen, loaded = inspect_file(emotion_file).network, load_model(emotion_file).network
    assert seen == loaded
    assert seen.parameters == 58423
    assert len(seen.layers) == 45
    assert seen.keras_version == "2.0.5"


def test_a_layer_that_is_applied_at_every_step_has_its_activation(built, tmp_path):
    file = tmp_path / "sequential.keras"
    built(sequential).save(file)
    steps = [layer for layer in inspect_file(file).network.layers if layer.class_name == "TimeDistributed"]
    assert [layer.activation for layer in steps] == ["tanh"]
    assert steps == [layer for layer in load_model(file).network.layers if layer.class_name == "TimeDistributed"]


def test_layers_stand_in_the_order_of_the_data(built, tmp_path):
    file = tmp_path / "resnet.keras"
    built(resnet).save(file)
    network = inspect_file(file).network
    done = {spec.name for spec in network.inputs}
    for layer in network.layers:
        assert set(layer.inputs) <= done
        done.add(layer.path)
    assert not [layer for layer in network.layers if layer.class_name == "InputLayer"]
