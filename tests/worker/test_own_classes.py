"""Models that need Python code of the user's: it is named, agreed to, and then run, in this order and only so."""

from __future__ import annotations

import json
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nn_blender.core.errors import UserError
from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.models.keras_names import EQUIVALENTS
from nn_blender.worker.models.own_code import find_own_code
from nn_blender.worker.running import own_classes, runs
from nn_blender.worker.running.equivalents import STAND_INS
from nn_blender.worker.running.loading import load_model

L = keras.layers
NUMBERS = np.random.default_rng(3).normal(size=(4, 3)).astype(np.float32)

CLASSES = """
    import keras

    @keras.saving.register_keras_serializable("Mine")
    class Scaled(keras.layers.Layer):
        def __init__(self, factor=1.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def build(self, shape):
            self.shift = self.add_weight(shape=(shape[-1],), initializer="ones", name="shift")

        def call(self, x):
            return x * self.factor + self.shift

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}


    class Doubling(keras.layers.Layer):
        def call(self, x):
            return x * 2


    def wave(x):
        return keras.ops.sin(x) * 3


    class Branches(keras.Model):
        def __init__(self, left, right, **kwargs):
            super().__init__(**kwargs)
            self.left, self.right = left, right

        def build(self, shape):
            self.left.build(shape)
            self.right.build(shape)

        def call(self, x):
            return self.left(x) + self.right(x)

        def get_config(self):
            return {
                "name": self.name,
                "left": keras.saving.serialize_keras_object(self.left),
                "right": keras.saving.serialize_keras_object(self.right),
            }

        @classmethod
        def from_config(cls, config):
            parts = {part: keras.saving.deserialize_keras_object(config.pop(part)) for part in ("left", "right")}
            return cls(**parts, **config)
"""


@pytest.fixture(autouse=True)
def forget_what_ran():
    """Every test is a new worker."""
    registered = dict(keras.saving.get_custom_objects())
    yield
    own_classes._ran.clear()
    keras.saving.get_custom_objects().clear()
    keras.saving.get_custom_objects().update(registered)
    for finder in [finder for finder in sys.meta_path if isinstance(finder, own_classes._OwnModules)]:
        finder.withdraw()


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text))
    return file


def classes_of(text: str) -> dict[str, Any]:
    """What the code defines, as where the model was made."""
    namespace: dict[str, Any] = {"__name__": "training"}
    exec(textwrap.dedent(text), namespace)  # noqa: S102
    return namespace


@pytest.fixture
def code(tmp_path) -> Path:
    return write(tmp_path / "my layers" / "layers.py", CLASSES)


@pytest.fixture
def made() -> tuple[keras.Model, dict[str, Any]]:
    own = classes_of(CLASSES)
    keras.utils.set_random_seed(7)
    numbers = keras.Input((3,), name="numbers")
    x = own["Scaled"](2.5, name="scaled")(numbers)
    x = own["Doubling"](name="doubling")(x)
    x = L.Dense(4, activation=own["wave"], name="dense")(x)
    x = L.Activation(own["wave"], name="wave")(x)
    return keras.Model(numbers, x), own


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_layers_and_functions_of_the_users_give_the_values_that_they_gave(suffix, made, code, tmp_path):
    model, _ = made
    file = tmp_path / f"network{suffix}"
    model.save(file)
    loaded = load_model(file, allow_code=True, classes_code=str(code))
    assert [layer.path for layer in loaded.network.layers] == ["scaled", "doubling", "dense", "wave"]
    assert [layer.class_name for layer in inspect_file(file).network.layers][:2] == ["Scaled", "Doubling"]
    np.testing.assert_array_equal(loaded.keras_model(NUMBERS), model(NUMBERS))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_what_is_missing_is_named_and_where_to_say_what_it_is(suffix, made, tmp_path):
    file = tmp_path / f"network{suffix}"
    made[0].save(file)
    with pytest.raises(UserError) as caught:
        load_model(file, allow_code=True)
    assert caught.value.code == "model.custom_object"
    assert caught.value.message == (
        f"network{suffix} needs Scaled (layer scaled), Doubling (layer doubling), wave (layer dense), "
        "which are not in the file and which Keras does not have."
    )
    assert "“Python Classes”" in caught.value.fix
    part = write(tmp_path / "part.py", CLASSES.replace("def wave", "def other"))
    with pytest.raises(UserError) as caught:
        load_model(file, allow_code=True, classes_code=str(part))
    assert caught.value.code == "model.custom_object"
    assert caught.value.message.endswith("needs wave (layer dense), which part.py does not define.")


def test_a_nested_model_of_the_users_is_a_layer(made, code, tmp_path):
    _, own = made
    numbers = keras.Input((3,), name="numbers")
    both = own["Branches"](L.Dense(3), own["Scaled"](3.0, name="right"), name="both")
    model = keras.Model(numbers, L.Dense(2, name="last")(both(numbers)))
    file = tmp_path / "network.keras"
    model.save(file)
    loaded = load_model(file, allow_code=True, classes_code=str(code))
    assert [layer.path for layer in loaded.network.layers] == ["both", "last"]
    np.testing.assert_array_equal(loaded.keras_model(NUMBERS), model(NUMBERS))


def test_a_model_that_is_a_class_of_the_users_names_that_class(made, tmp_path):
    model = made[1]["Branches"](L.Dense(2), L.Dense(2), name="whole")
    model(NUMBERS)
    file = tmp_path / "network.keras"
    model.save(file)
    assert [risk.reason for risk in inspect_file(file).risks] == ["is or uses Branches, which Keras does not have"]
    with pytest.raises(UserError, match=r"network\.keras needs Branches"):
        load_model(file)


@pytest.fixture
def marker(tmp_path) -> Path:
    return tmp_path / "it ran"


@pytest.fixture
def telling(code, marker) -> Path:
    """Code that leaves a file behind when it runs."""
    code.write_text(f"open({str(marker)!r}, 'a').write('ran ')\n{code.read_text()}")
    return code


def test_the_users_code_waits_for_consent(made, telling, marker, tmp_path):
    file = tmp_path / "network.keras"
    made[0].save(file)
    inspection = inspect_file(file, str(telling))
    assert inspection.classes_sha256 == find_own_code(str(telling)).sha256
    with pytest.raises(UserError) as caught:
        load_model(file, classes_code=str(telling))
    assert caught.value.code == "model.needs_code"
    assert "layers.py" in caught.value.message
    assert not marker.exists()


def test_it_waits_also_where_the_model_needs_none_of_it(telling, marker, digits):
    with pytest.raises(UserError) as caught:
        load_model(digits / "digits.keras", classes_code=str(telling))
    assert caught.value.code == "model.needs_code"
    assert not marker.exists()
    load_model(digits / "digits.keras", allow_code=True, classes_code=str(telling))
    assert marker.exists()


def test_the_question_names_code_in_the_model_file_too(telling, marker, tmp_path):
    numbers = keras.Input((3,), name="numbers")
    own = classes_of(CLASSES)["Doubling"]
    x = L.Lambda(lambda x: x + 1, name="plus")(own(name="twice")(numbers))
    file = tmp_path / "network.keras"
    keras.Model(numbers, x).save(file)
    with pytest.raises(UserError) as caught:
        load_model(file, classes_code=str(telling))
    assert caught.value.code == "model.needs_code"
    assert caught.value.message == (
        "layers.py is Python code that would run on this computer to load network.keras. "
        "network.keras contains code that would run on this computer: plus (runs Python code that is stored in the "
        "file)."
    )
    assert not marker.exists()


def test_consent_is_to_these_contents_of_both_files(made, telling, marker, tmp_path):
    file = tmp_path / "network.keras"
    made[0].save(file)
    found = inspect_file(file, str(telling))
    hashes = {"sha256": found.network.sha256, "classes_sha256": found.classes_sha256}
    agreed = {"allow_code": True, "classes_code": str(telling)}
    for changed, code in (("sha256", "model.changed"), ("classes_sha256", "classes.changed")):
        with pytest.raises(UserError) as caught:
            runs.ready_model(file, **agreed, **{**hashes, changed: "0" * 64})
        assert caught.value.code == code
        assert not marker.exists()
    runs.ready_model(file, **agreed, **hashes)
    runs.ready_model(file, **agreed, **hashes)
    assert marker.read_text() == "ran "
    telling.write_text(telling.read_text() + "\n# Changed.\n")
    with pytest.raises(UserError) as caught:
        load_model(file, **agreed, **hashes)
    assert caught.value.code == "classes.changed"


def test_modules_beside_the_file_are_a_part_of_what_is_agreed_to(made, tmp_path, monkeypatch):
    file = tmp_path / "network.keras"
    made[0].save(file)
    folder = tmp_path / "code"
    main = write(folder / "network_classes.py", "from network_blocks import *\n")
    blocks = write(folder / "network_blocks.py", CLASSES)
    write(folder / "unrelated.py", "raise RuntimeError")
    code = find_own_code(str(main))
    assert sorted(code.files) == ["network_blocks", "own_classes_network_classes"]
    load_model(file, allow_code=True, classes_code=str(main))
    assert not list(folder.glob("**/__pycache__"))
    blocks.write_text(blocks.read_text() + "\n")
    assert find_own_code(str(main)).sha256 != code.sha256


def test_what_is_imported_without_being_a_part_of_it_is_not_found(made, marker, tmp_path):
    """A module whose name is only made while the code runs would not be in the hash."""
    file = tmp_path / "network.keras"
    made[0].save(file)
    write(tmp_path / "hidden_part.py", f"open({str(marker)!r}, 'w')")
    main = write(tmp_path / "classes.py", "import importlib\nimportlib.import_module('hidden' + '_part')\n")
    with pytest.raises(UserError) as caught:
        load_model(file, allow_code=True, classes_code=str(main))
    assert caught.value.code == "classes.failed"
    assert caught.value.message == (
        "classes.py cannot be run in line 2 of classes.py: ModuleNotFoundError: No module named 'hidden_part'."
    )
    assert not marker.exists()


def test_other_code_does_not_find_the_classes_of_the_last(made, code, tmp_path):
    file = tmp_path / "network.keras"
    made[0].save(file)
    keras.saving.get_custom_objects().clear()
    load_model(file, allow_code=True, classes_code=str(code))
    assert "Mine>Scaled" in keras.saving.get_custom_objects()
    other = write(tmp_path / "other.py", CLASSES.replace('"Mine"', '"Theirs"'))
    load_model(file, allow_code=True, classes_code=str(other))
    assert {*keras.saving.get_custom_objects()} == {"Theirs>Scaled"}
    bad = write(tmp_path / "bad.py", f"{textwrap.dedent(CLASSES)}\n1 / 0\n")
    with pytest.raises(UserError, match="ZeroDivisionError"):
        load_model(file, allow_code=True, classes_code=str(bad))
    assert not keras.saving.get_custom_objects()


@pytest.mark.parametrize("name", ["types.py", "keras.py", "my layers.v2.py", "2nd-try.py"])
def test_a_file_may_have_any_name_also_that_of_a_library(name, made, tmp_path):
    file = tmp_path / "network.keras"
    made[0].save(file)
    code = write(tmp_path / "code" / name, CLASSES)
    loaded = load_model(file, allow_code=True, classes_code=str(code))
    np.testing.assert_array_equal(loaded.keras_model(NUMBERS), made[0](NUMBERS))
    assert sys.modules["keras"] is keras


@pytest.mark.parametrize("given", ["the_package", "the_package/parts/layers.py"])
def test_a_package_may_be_named_by_its_folder_or_one_of_its_files(given, made, tmp_path):
    file = tmp_path / "network.keras"
    made[0].save(file)
    folder = tmp_path / "the_package"
    write(folder / "__init__.py", "from .parts.layers import *\nfrom .parts import layers\n")
    write(folder / "parts" / "__init__.py", "")
    write(folder / "parts" / "layers.py", "from ..base import *\nfrom the_package.base import wave\n")
    write(folder / "base.py", CLASSES)
    code = find_own_code(str(tmp_path / given))
    assert "the_package.base" in code.files
    loaded = load_model(file, allow_code=True, classes_code=str(tmp_path / given))
    np.testing.assert_array_equal(loaded.keras_model(NUMBERS), made[0](NUMBERS))


def test_a_module_that_python_can_import_is_found_without_running_it(made, marker, tmp_path, monkeypatch):
    file = tmp_path / "network.keras"
    made[0].save(file)
    folder = tmp_path / "installed"
    write(folder / "some_layers" / "__init__.py", f"open({str(marker)!r}, 'w')")
    write(folder / "some_layers" / "blocks.py", CLASSES)
    monkeypatch.syspath_prepend(folder)
    code = find_own_code("some_layers.blocks")
    assert sorted(code.files) == ["some_layers", "some_layers.blocks"]
    assert not marker.exists()
    loaded = load_model(file, allow_code=True, classes_code="some_layers.blocks")
    assert marker.exists()
    np.testing.assert_array_equal(loaded.keras_model(NUMBERS), made[0](NUMBERS))


@pytest.mark.parametrize("given", ["no_such_module", "json.nothing", "a b", "", "../no_such_folder"])
def test_what_is_no_module_is_said(given, tmp_path):
    with pytest.raises(UserError) as caught:
        find_own_code(given or str(tmp_path / "gone.py"))
    assert caught.value.code == "classes.missing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import keras\nclass A(keras.layers.Layer)\n    pass\n", "in line 2 of bad.py: SyntaxError"),
        ("x = 1\nx.nothing()\n", "in line 2 of bad.py: AttributeError"),
        ("import sys\nsys.exit(3)\n", "in line 2 of bad.py: SystemExit: 3"),
        ("import no_such_package.part\n", "in line 1 of bad.py: ModuleNotFoundError"),
    ],
)
def test_code_that_does_not_run_says_where_and_why(text, said, digits, tmp_path):
    bad = write(tmp_path / "bad.py", text)
    with pytest.raises(UserError) as caught:
        load_model(digits / "digits.keras", allow_code=True, classes_code=str(bad))
    assert caught.value.code == "classes.failed"
    assert said in caught.value.message
    assert caught.value.fix


def with_activation(digits: Path, file: Path, activation: Any) -> Path:
    with zipfile.ZipFile(digits / "digits.keras") as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                settings = json.loads(content)
                for layer in settings["config"]["layers"]:
                    if layer["name"] == "relu_1":
                        layer["config"]["activation"] = activation
                content = json.dumps(settings).encode()
            new.writestr(name, content)
    return file


@pytest.mark.parametrize("module", ["os", "builtins", "own_tools"])
def test_a_file_cannot_reach_for_what_the_users_code_merely_imports(module, digits, tmp_path):
    code = write(tmp_path / "own_tools.py", "from os import system\nimport keras\n")
    wanted = {"module": module, "class_name": "function", "config": "system", "registered_name": "system"}
    file = with_activation(digits, tmp_path / "hostile.keras", wanted)
    with pytest.raises(UserError) as caught:
        load_model(file, allow_code=True, classes_code=str(code))
    assert caught.value.code == "model.custom_object"
    assert "needs system (layer relu_1), which own_tools.py does not define" in caught.value.message


def test_what_models_are_made_of_may_be_imported_too(tmp_path):
    pictures = keras.Input((4, 4, 3), name="pictures")
    prepared = L.Lambda(keras.applications.mobilenet_v2.preprocess_input, name="prepare")(pictures)
    model = keras.Model(pictures, L.GlobalAveragePooling2D(name="mean")(prepared))
    file = tmp_path / "network.keras"
    model.save(file)
    with pytest.raises(UserError, match=r"needs preprocess_input \(layer prepare\)"):
        load_model(file, allow_code=True)
    code = write(tmp_path / "names.py", "from keras.applications.mobilenet_v2 import preprocess_input\n")
    loaded = load_model(file, allow_code=True, classes_code=str(code))
    levels = np.random.default_rng(5).integers(0, 255, (2, 4, 4, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.keras_model(levels), model(levels))


def autokeras(package: str) -> keras.Model:
    @keras.saving.register_keras_serializable(package)
    class CastToFloat32(L.Layer):
        def call(self, x: Any) -> Any:
            return keras.ops.cast(x, "float32")

    @keras.saving.register_keras_serializable(package)
    class ExpandLastDim(L.Layer):
        def call(self, x: Any) -> Any:
            return keras.ops.expand_dims(x, axis=-1)

    keras.utils.set_random_seed(22)
    picture = keras.Input((8, 8), name="input_1")
    x = ExpandLastDim(name="expand")(CastToFloat32(name="cast")(picture))
    x = L.Normalization(axis=-1, mean=[33.0], variance=[6000.0], name="normalization")(x)
    x = L.Conv2D(4, 3, activation="relu", name="conv2d")(x)
    return keras.Model(picture, L.Dense(3, activation="softmax", name="head")(L.GlobalAveragePooling2D(name="gap")(x)))


@pytest.mark.parametrize(
    ("package", "home"),
    [("autokeras", __name__), ("Custom", "autokeras.keras_layers"), ("autokeras", "__main__"), ("Custom", "__main__")],
)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_autokerass_layers_have_equivalents_and_say_so(suffix, home, package, tmp_path):
    model = autokeras(package)
    for layer in model.layers[1:3]:
        type(layer).__module__ = home  # What a script registers itself is written without a module.
    file = tmp_path / f"network{suffix}"
    model.save(file)
    pictures = np.random.default_rng(1).integers(0, 255, (2, 8, 8)).astype(np.uint8)
    expected = model(pictures)
    keras.saving.get_custom_objects().clear()
    inspected = inspect_file(file)
    assert inspected.risks == ()
    assert [(layer.class_name, layer.output_shape) for layer in inspected.network.layers[:2]] == [
        ("CastToFloat32", (8, 8)),
        ("ExpandLastDim", (8, 8, 1)),
    ]
    loaded = load_model(file)
    assert loaded.network.layers == inspected.network.layers
    np.testing.assert_array_equal(loaded.keras_model(pictures), expected)
    assert loaded.remarks == (
        "CastToFloat32 of AutoKeras is an equivalent that comes with this extension.",
        "ExpandLastDim of AutoKeras is an equivalent that comes with this extension.",
    )


@pytest.mark.parametrize(("package", "home"), [("mine", "autokeras.keras_layers"), ("mine", "__main__")])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_class_of_another_package_has_no_equivalent_whatever_its_name_is(suffix, package, home, tmp_path):
    refuse_equivalents(autokeras(package), home, tmp_path / f"network{suffix}")


def test_a_class_of_another_module_has_no_equivalent_whatever_its_name_is(tmp_path):
    refuse_equivalents(autokeras("Custom"), "my_layers.casts", tmp_path / "network.keras")


def refuse_equivalents(model: keras.Model, home: str, file: Path) -> None:
    for layer in model.layers[1:3]:
        type(layer).__module__ = home
    model.save(file)
    keras.saving.get_custom_objects().clear()
    said = [
        "is or uses CastToFloat32, which Keras does not have",
        "is or uses ExpandLastDim, which Keras does not have",
    ]
    assert [risk.reason for risk in inspect_file(file).risks] == said
    with pytest.raises(UserError, match=r"needs CastToFloat32 \(layer cast\), ExpandLastDim \(layer expand\)"):
        load_model(file, allow_code=True)


NAMESAKES = """
    import keras

    class Embedding(keras.layers.Layer):
        def __init__(self, input_dim, output_dim, **kwargs):
            super().__init__(**kwargs)
            self.input_dim, self.output_dim = input_dim, output_dim

        def call(self, x):
            return x * self.input_dim + self.output_dim

        def compute_output_shape(self, shape):
            return shape

        def get_config(self):
            return {**super().get_config(), "input_dim": self.input_dim, "output_dim": self.output_dim}


    class LSTM(Embedding):
        def __init__(self, units, return_state, **kwargs):
            super().__init__(units, 1, **kwargs)
            self.return_state = return_state

        def get_config(self):
            base = keras.layers.Layer.get_config(self)
            return {**base, "units": self.input_dim, "return_state": self.return_state}
"""


@pytest.mark.parametrize(("package", "home"), [("", "training"), ("Mine", "training"), ("Mine", "__main__")])
def test_rules_for_kerass_layers_do_not_hold_for_others_of_their_names(package, home, tmp_path):
    own = classes_of(NAMESAKES)
    for name in ("Embedding", "LSTM"):
        own[name].__module__ = home
    if package:
        for name in ("Embedding", "LSTM"):
            keras.saving.register_keras_serializable(package, name)(own[name])
    numbers = keras.Input((3,), name="numbers")
    x = own["Embedding"](1 << 24, 1 << 12, name="enlarged")(numbers)
    x = L.TimeDistributed(own["Embedding"](1 << 24, 8, name="inner"), name="each")(L.Reshape((3, 1), name="three")(x))
    x = own["LSTM"](1 << 24, True, name="lstm")(x)
    model = keras.Model(numbers, x)
    file = tmp_path / "network.keras"
    model.save(file)
    keras.saving.get_custom_objects().clear()
    with pytest.raises(UserError, match=r"needs Embedding \(layer enlarged\), LSTM \(layer lstm\)"):
        load_model(file, allow_code=True)
    paths = ["enlarged", "three", "each", "lstm"]
    assert [layer.path for layer in inspect_file(file).network.layers] == paths
    text = NAMESAKES
    for name in ("Embedding", "LSTM") if package else ():
        text = text.replace(
            f"class {name}(", f'@keras.saving.register_keras_serializable("{package}")\n    class {name}('
        )
    code = write(tmp_path / "namesakes.py", text)
    loaded = load_model(file, allow_code=True, classes_code=str(code))
    assert [layer.path for layer in loaded.network.layers] == paths
    np.testing.assert_array_equal(loaded.keras_model(NUMBERS), model(NUMBERS))


def test_a_class_that_is_registered_under_an_equivalents_name_is_missed_by_its_own(tmp_path):
    @keras.saving.register_keras_serializable("autokeras", "CastToFloat32")
    class Mine(L.Layer):
        def call(self, x: Any) -> Any:
            return 2 * x

    numbers = keras.Input((3,), name="numbers")
    file = tmp_path / "network.keras"
    keras.Model(numbers, Mine(name="mine")(numbers)).save(file)
    keras.saving.get_custom_objects().clear()
    assert [risk.layer for risk in inspect_file(file).risks] == ["mine"]
    with pytest.raises(UserError, match=r"needs Mine \(layer mine\), which is not in the file") as caught:
        load_model(file, allow_code=True)
    assert caught.value.code == "model.custom_object"


def test_every_equivalent_has_something_to_stand_in_for_it():
    assert {*STAND_INS} == {*EQUIVALENTS}


def test_the_users_own_class_goes_before_an_equivalent(tmp_path):
    file = tmp_path / "network.keras"
    model = autokeras("autokeras")
    model.save(file)
    keras.saving.get_custom_objects().clear()
    code = write(
        tmp_path / "mine.py",
        """
        import keras
        class CastToFloat32(keras.layers.Layer):
            def call(self, x):
                return keras.ops.cast(x, "float32") * 0
        """,
    )
    loaded = load_model(file, allow_code=True, classes_code=str(code))
    assert loaded.remarks == ("ExpandLastDim of AutoKeras is an equivalent that comes with this extension.",)
    assert np.ptp(loaded.keras_model(np.arange(128).reshape(2, 8, 8)), axis=0).max() == 0


READERS = """
    import keras, tensorflow as tf
    L = keras.layers

    @keras.saving.register_keras_serializable("Mine")
    class Texts(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.look = L.StringLookup(vocabulary=["a", "b", "c"], name="look")
            self.words, self.memory = L.Embedding(4, 3, name="words"), L.LSTM(2, name="memory")

        def call(self, x):
            return self.memory(self.words(self.look(tf.strings.lower(x))))

    @keras.saving.register_keras_serializable("Mine")
    class Numbers(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.last = L.Dense(2, name="last")

        def call(self, x):
            return self.last(tf.one_hot(x, 5))
"""


@pytest.mark.parametrize(
    ("name", "batch"), [("Texts", np.array([["A", "b"], ["c", "C"]])), ("Numbers", np.int32([[1, 2], [0, 4]]))]
)
def test_weights_of_code_that_takes_no_decimal_numbers_are_those_of_the_file(name, batch, tmp_path):
    model = classes_of(READERS)[name]()
    expected = model(tf.constant(batch))
    model.save(tmp_path / "model.keras")
    keras.saving.get_custom_objects().clear()
    code = write(tmp_path / "readers.py", READERS)
    loaded = load_model(tmp_path / "model.keras", allow_code=True, classes_code=str(code))
    np.testing.assert_array_equal(loaded.keras_model(tf.constant(batch)), expected)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_regularizers_constraints_and_initializers_of_the_users_are_not_needed(suffix, tmp_path):
    class Own(keras.regularizers.Regularizer):
        def __call__(self, x: Any) -> Any:
            return keras.ops.sum(x)

        def get_config(self) -> dict[str, Any]:
            return {}

    class OwnStart(keras.initializers.Initializer):
        def __call__(self, shape: Any, dtype: Any = None) -> Any:
            return keras.ops.ones(shape, dtype)

        def get_config(self) -> dict[str, Any]:
            return {}

    class OwnConstraint(keras.constraints.Constraint):
        def __call__(self, w: Any) -> Any:
            return w

        def get_config(self) -> dict[str, Any]:
            return {}

    numbers = keras.Input((3,), name="numbers")
    own = {"kernel_regularizer": Own(), "bias_initializer": OwnStart(), "kernel_constraint": OwnConstraint()}
    model = keras.Model(numbers, L.Dense(2, name="dense", activity_regularizer=Own(), **own)(numbers))
    file = tmp_path / f"network{suffix}"
    model.save(file)
    assert inspect_file(file).risks == ()
    np.testing.assert_array_equal(load_model(file).keras_model(NUMBERS), model(NUMBERS))
