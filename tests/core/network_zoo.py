"""Small networks of many shapes, put together here: what a layout has to cope with besides the well-known ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from nn_blender.core.network import Layer, Network, TensorSpec

AXES: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("unit",),
    2: ("time", "unit"),
    3: ("height", "width", "channel"),
}
Shape = tuple[int, ...]
CHAIN = (("Conv2D", "conv"), ("BatchNormalization", "bn"), ("Activation", "relu"))
DEFAULT_NAMES = {"Conv2D": "conv2d", "BatchNormalization": "batch_normalization", "Activation": "activation"}


def layer(path: str, class_name: str, inputs: Iterable[str], shape: Shape, parameters: int = 9) -> Layer:
    return Layer(path, class_name, shape, AXES[len(shape)], parameters, tuple(inputs))


def network(layers: Sequence[Layer], inputs: dict[str, Shape], *outputs: str) -> Network:
    specs = tuple(TensorSpec(name, shape) for name, shape in inputs.items())
    return Network("zoo", "", "", tuple(layers), specs, outputs, sum(one.parameters for one in layers))


def unet(*, named: bool = True, depth: int = 4) -> Network:
    layers: list[Layer] = []
    skips: list[str] = []

    def add(name: str, class_name: str, inputs: Iterable[str], shape: Shape) -> str:
        layers.append(layer(name, class_name, inputs, shape))
        return name

    def convolutions(before: str, size: int, filters: int, block: str) -> str:
        for part in "ab":
            for class_name, name in CHAIN:
                path = f"{block}_{part}_{name}" if named else f"{DEFAULT_NAMES[class_name]}_{len(layers)}"
                before = add(path, class_name, [before], (size, size, filters))
        return before

    last = "photo"
    for k in range(1, depth + 1):
        size, filters = 192 >> k, 8 << k
        last = convolutions(last, size, filters, f"enc{k}")
        skips.append(last)
        pool = f"enc{k}_pool" if named else f"max_pooling2d_{k}"
        last = add(pool, "MaxPooling2D", [last], (size // 2, size // 2, filters))
    last = convolutions(last, 96 >> depth, 16 << depth, "bridge")
    for k in range(depth, 0, -1):
        size, filters = 192 >> k, 8 << k
        up = add(f"dec{k}_up" if named else f"conv2d_transpose_{k}", "Conv2DTranspose", [last], (size, size, filters))
        name = f"dec{k}_concat" if named else f"concatenate_{k}"
        last = add(name, "Concatenate", [skips.pop(), up], (size, size, 2 * filters))
        last = convolutions(last, size, filters, f"dec{k}")
    add("mask", "Conv2D", [last], (96, 96, 3))
    return network(layers, {"photo": (96, 96, 3)}, "mask")


def two_in_two_out() -> Network:
    layers: list[Layer] = []
    last = "photo"
    for k, filters in enumerate((16, 32, 64), 1):
        size = 128 >> k
        for class_name, name in CHAIN:
            layers.append(layer(f"look{k}_{name}", class_name, [last], (size, size, filters)))
            last = layers[-1].path
        layers.append(layer(f"look{k}_pool", "MaxPooling2D", [last], (size // 2, size // 2, filters), 0))
        last = layers[-1].path
    layers.append(layer("look_mean", "GlobalAveragePooling2D", [last], (64,), 0))
    last = "measurements"
    for k, units in enumerate((32, 64), 1):
        for class_name, name in (("Dense", "dense"), ("LayerNormalization", "norm"), ("Activation", "relu")):
            layers.append(layer(f"read{k}_{name}", class_name, [last], (units,)))
            last = layers[-1].path
    layers.append(layer("join", "Concatenate", ["look_mean", last], (128,), 0))
    last = "join"
    for k in (1, 2, 3):
        layers.append(layer(f"think{k}_a", "Dense", [last], (128,)))
        layers.append(layer(f"think{k}_b", "Dense", [f"think{k}_a"], (128,)))
        layers.append(layer(f"think{k}_add", "Add", [f"think{k}_b", last], (128,), 0))
        last = f"think{k}_add"
    layers += [
        layer("kind_dense", "Dense", [last], (64,)),
        layer("kind", "Dense", ["kind_dense"], (5,)),
        layer("age_dense", "Dense", [last], (32,)),
        layer("age", "Dense", ["age_dense"], (1,)),
    ]
    return network(layers, {"photo": (64, 64, 3), "measurements": (12,)}, "kind", "age")


def five_branches(units: int = 3) -> Network:
    """In every unit, branches of one to five convolutions."""
    layers: list[Layer] = []
    last = "input"
    for unit in range(units):
        size = 56 >> unit
        ends = []
        for branch in range(5):
            end = last
            for _ in range(branch + 1):
                layers.append(layer(f"conv2d_{len(layers)}", "Conv2D", [end], (size, size, 64)))
                end = layers[-1].path
            ends.append(end)
        layers.append(layer(f"concatenate_{unit}", "Concatenate", ends, (size, size, 320), 0))
        last = layers[-1].path
    layers.append(layer("pool", "GlobalAveragePooling2D", [last], (320,), 0))
    layers.append(layer("classes", "Dense", ["pool"], (10,)))
    return network(layers, {"input": (56, 56, 3)}, "classes")


def five_layers_side_by_side() -> Network:
    names = [f"conv2d_{k}" for k in range(5)]
    layers = [layer(name, "Conv2D", ["input"], (28, 28, 16)) for name in names]
    layers.append(layer("concatenate", "Concatenate", names, (28, 28, 80), 0))
    layers.append(layer("classes", "Dense", ["concatenate"], (10,)))
    return network(layers, {"input": (28, 28, 3)}, "classes")


def nested_three_deep() -> Network:
    layers: list[Layer] = []
    last = "input"
    for outer in ("left", "right"):
        for middle in ("one", "two"):
            for inner in ("first", "second"):
                for k in range(3):
                    layers.append(layer(f"{outer}/{middle}/{inner}/dense_{k}", "Dense", [last], (32,)))
                    last = layers[-1].path
    layers.append(layer("classes", "Dense", [last], (4,)))
    return network(layers, {"input": (16,)}, "classes")


def transformer(depth: int = 6) -> Network:
    layers = [layer("embedding", "Embedding", ["tokens"], (64, 32), 1000)]
    for k in range(depth):
        before = layers[-1].path
        layers += [
            layer(f"norm_a{k}", "LayerNormalization", [before], (64, 32)),
            layer(f"multi_head_attention_{k}", "MultiHeadAttention", [f"norm_a{k}"], (64, 32), 4000),
            layer(f"add_a{k}", "Add", [before, f"multi_head_attention_{k}"], (64, 32), 0),
            layer(f"norm_b{k}", "LayerNormalization", [f"add_a{k}"], (64, 32)),
            layer(f"dense_{2 * k + 1}", "Dense", [f"norm_b{k}"], (64, 128), 4000),
            layer(f"dense_{2 * k + 2}", "Dense", [f"dense_{2 * k + 1}"], (64, 32), 4000),
            layer(f"add_b{k}", "Add", [f"add_a{k}", f"dense_{2 * k + 2}"], (64, 32), 0),
        ]
    layers.append(layer("pool", "GlobalAveragePooling1D", [layers[-1].path], (32,), 0))
    layers.append(layer("classes", "Dense", ["pool"], (2,)))
    return network(layers, {"tokens": (64,)}, "classes")


def chain(count: int = 500) -> Network:
    names = ["input", *(f"dense_{k}" for k in range(count))]
    layers = [layer(name, "Dense", [before], (64,)) for before, name in pairwise(names)]
    return network(layers, {"input": (64,)}, names[-1])


def residual(count: int = 1000) -> Network:
    layers: list[Layer] = []
    last, size, unit = "input", 112, 0
    while len(layers) < count:
        size = size // 2 if unit in (3, 11, 60) else size
        before = last
        for _ in range(3):
            for class_name, _name in CHAIN:
                path = f"{DEFAULT_NAMES[class_name]}_{len(layers)}"
                layers.append(layer(path, class_name, [last], (size, size, 64)))
                last = path
        layers.append(layer(f"add_{unit}", "Add", [before, last] if unit else [last], (size, size, 64), 0))
        last = layers[-1].path
        unit += 1
    layers.append(layer("pool", "GlobalAveragePooling2D", [last], (64,), 0))
    layers.append(layer("classes", "Dense", ["pool"], (10,)))
    return network(layers, {"input": (224, 224, 3)}, "classes")


def single_layer() -> Network:
    return network([layer("dense", "Dense", ["input"], (3,))], {"input": (8,)}, "dense")


def without_neurons() -> Network:
    layers = [layer("conv", "Conv2D", ["input"], (8, 8, 4)), layer("total", "Lambda", ["conv"], (), 0)]
    return network(layers, {"input": (8, 8, 1)}, "total")


def disconnected() -> Network:
    layers = []
    for start, name in (("x", "a"), ("y", "b")):
        names = [start, *(f"{name}_{k}" for k in range(8))]
        layers += [layer(own, "Dense", [before], (8,)) for before, own in pairwise(names)]
    return network(layers, {"x": (8,), "y": (8,), "unused": (3,)}, "a_7", "b_7")


def input_passed_on() -> Network:
    return network([layer("dense", "Dense", ["input"], (3,))], {"input": (8,)}, "dense", "input")


def many_outputs(count: int = 20) -> Network:
    layers = [layer("trunk", "Dense", ["input"], (64,))]
    for k in range(count):
        layers.append(layer(f"head{k}_a", "Dense", ["trunk"], (8,)))
        layers.append(layer(f"head{k}_b", "Dense", [f"head{k}_a"], (2,)))
    return network(layers, {"input": (8,)}, *(f"head{k}_b" for k in range(count)))


def pyramid() -> Network:
    """Features of several sizes, joined from the smallest up, each with an output of its own."""
    layers: list[Layer] = []
    taps: dict[int, str] = {}
    last = "image"
    for k in range(1, 6):
        for part in range(3):
            layers.append(layer(f"c{k}_conv{part}", "Conv2D", [last], (256 >> k, 256 >> k, 16 * k)))
            last = layers[-1].path
        taps[k] = last
    up = ""
    for k in (5, 4, 3):
        shape = (256 >> k, 256 >> k, 64)
        layers.append(layer(f"lateral{k}", "Conv2D", [taps[k]], shape))
        if up:
            layers.append(layer(f"up{k}", "UpSampling2D", [up], shape, 0))
            layers.append(layer(f"merge{k}", "Add", [f"lateral{k}", f"up{k}"], shape, 0))
        up = layers[-1].path
        layers.append(layer(f"p{k}", "Conv2D", [up], shape))
    return network(layers, {"image": (256, 256, 3)}, "p5", "p4", "p3")


def random_network(seed: int) -> Network:
    """Layers of any class and shape that read any others; some in nested models, some with names that tell units."""
    chance = random.Random(seed)
    inputs = {f"in{k}": chance.choice(((32, 32, 3), (7,), (20, 5))) for k in range(chance.choice((1, 1, 1, 2, 3, 9)))}
    reach, is_nested = chance.choice((2, 3, 8, 200)), chance.random() < 0.5
    made = list(inputs)
    layers: list[Layer] = []
    for k in range(chance.choice((1, 3, 8, 15, 40, 90))):
        class_name = chance.choice(RANDOM_CLASSES)
        count = chance.choice((2, 3)) if class_name in ("Add", "Concatenate", "Multiply") else chance.random() > 0.02
        name = chance.choice(
            (f"{class_name.lower()}_{k}", f"block{k // 7}_part_{k}", f"stage{k // 20}_block{k // 5}_x{k}")
        )
        model = chance.choice(("", "", "encoder/", "outer/inner/", f"model{k // 9}/")) if is_nested else ""
        sources = [chance.choice(made[-reach:]) for _ in range(count)]
        layers.append(layer(model + name, class_name, sources, chance.choice(RANDOM_SHAPES), chance.choice((0, 9))))
        made.append(layers[-1].path)
    read = {name for one in layers for name in one.inputs}
    ends = [one.path for one in layers if one.path not in read and chance.random() < 0.8]
    return network(layers, inputs, *(ends or [layers[-1].path]))


RANDOM_CLASSES = (
    "Activation", "Add", "BatchNormalization", "Concatenate", "Conv2D", "Dense", "Dropout", "GlobalAveragePooling2D",
    "LSTM", "Lambda", "MaxPooling2D", "Multiply", "UpSampling2D", "ZeroPadding2D",
)  # fmt: skip
RANDOM_SHAPES = ((32, 32, 8), (16, 16, 8), (8, 8, 8), (64,), (20, 16), (-1, -1, 4), (), (-1, 16))

ZOO: dict[str, Callable[[], Network]] = {
    "unet": unet,
    "unet without names": lambda: unet(named=False),
    "two inputs and outputs": two_in_two_out,
    "five branches": five_branches,
    "five layers side by side": five_layers_side_by_side,
    "nested three deep": nested_three_deep,
    "transformer": transformer,
    "500 layers": chain,
    "single layer": single_layer,
    "without neurons": without_neurons,
    "disconnected": disconnected,
    "input passed on": input_passed_on,
    "many outputs": many_outputs,
    "pyramid": pyramid,
}
