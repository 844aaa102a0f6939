"""Files that are broken, not models, or made to harm: each gets a clear error, and nothing of them runs."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile

import h5py
import keras
import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model

L = keras.layers
DIGITS_CONFIG = "config.json"


@pytest.fixture
def archive(digits, tmp_path):
    """Writes a copy of the digits network with some members changed or added."""

    def write(config=None, members=(), drop=()):
        file = tmp_path / "strange model.keras"
        with zipfile.ZipFile(digits / "digits.keras") as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                if name in drop:
                    continue
                content = old.read(name)
                if name == DIGITS_CONFIG and config is not None:
                    settings = json.loads(content)
                    config({layer["name"]: layer for layer in settings["config"]["layers"]})
                    content = json.dumps(settings).encode()
                new.writestr(name, content)
            for info, content in members:
                new.writestr(info, content)
        return file

    return write


def refused(path, look=inspect_file):
    """The error that a file gives; every one names the file and says what to do."""
    with pytest.raises(UserError) as caught:
        look(path)
    error = caught.value
    assert path.name in error.message
    assert error.fix
    return error


def test_a_missing_file_is_named(tmp_path):
    assert refused(tmp_path / "gone.keras").code == "model.missing"


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_picture_with_a_models_suffix_is_called_a_picture(suffix, tmp_path, digits):
    file = tmp_path / f"network{suffix}"
    shutil.copy(digits / "images" / "digit-000.png", file)
    error = refused(file)
    assert error.code == "model.not_a_model"
    assert "PNG" in error.message


def test_text_other_archives_and_other_hdf5_files_are_no_models(tmp_path):
    text = tmp_path / "text.keras"
    text.write_text("once upon a time")
    other_zip = tmp_path / "archive.keras"
    with zipfile.ZipFile(other_zip, "w") as stream:
        stream.writestr("readme.txt", "hello")
    other_h5 = tmp_path / "table.h5"
    with h5py.File(other_h5, "w") as stream:
        stream["table"] = np.zeros(3)
    for file in (text, other_zip, other_h5):
        assert refused(file).code == "model.not_a_model"


@pytest.mark.parametrize("name", ["digits.keras", "digits.h5"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.97])
def test_a_file_that_was_cut_off_is_called_truncated(name, share, tmp_path, digits):
    content = (digits / name).read_bytes()
    file = tmp_path / name
    file.write_bytes(content[: int(len(content) * share)])
    assert refused(file).code == "model.truncated"


def test_damaged_bytes_inside_the_archive_are_truncation_not_a_crash(tmp_path, digits):
    content = bytearray((digits / "digits.keras").read_bytes())
    place = content.find(b'"class_name"')
    content[place : place + 40] = bytes(40)
    file = tmp_path / "damaged.keras"
    file.write_bytes(content)
    assert refused(file).code == "model.truncated"


def test_an_archive_without_weights_is_truncated(archive):
    assert refused(archive(drop=["model.weights.h5"])).code == "model.truncated"


def test_folders_are_empty_or_no_models(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(empty).code == "model.empty_folder"
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("hello")
    assert refused(other).code == "model.not_a_model"


def test_a_savedmodel_without_keras_layers_says_what_to_do(tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    error = refused(folder)
    assert error.code == "model.unsupported"
    assert "model.save" in error.fix


def test_a_savedmodel_of_keras_2_shows_its_layers_and_says_why_it_does_not_run(tmp_path, digits):
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    with h5py.File(digits / "digits.h5") as stream:
        root = json.dumps(json.loads(stream.attrs["model_config"]) | {"keras_version": "2.11.0"}).encode()
    node = _field(3, b"root") + _field(4, b"_tf_keras_network") + _field(5, root)
    (folder / "keras_metadata.pb").write_bytes(_field(1, node))
    inspection = inspect_file(folder)
    assert inspection.kind == "savedmodel"
    assert inspection.network.layers[0].output_shape == (28, 28, 16)
    assert refused(folder, load_model).code == "model.unsupported"
    (folder / "keras_metadata.pb").write_bytes(_field(1, node)[:500])
    assert refused(folder).code == "model.truncated"


def _field(number, content):
    """A length-delimited field of a protocol buffer message."""
    size, length = len(content), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def test_models_of_other_libraries_are_called_by_their_name(tmp_path):
    onnx, torch = tmp_path / "net.onnx", tmp_path / "net.pt"
    onnx.write_bytes(b"\x08\x07\x12\x07pytorch\x1a\x051.13")
    with zipfile.ZipFile(torch, "w") as stream:
        stream.writestr("net/data.pkl", b"\x80\x02")
    assert "ONNX" in refused(onnx).message
    assert "PyTorch" in refused(torch).message


def test_a_structure_without_weights_says_so(tmp_path):
    file = tmp_path / "structure.json"
    file.write_text(keras.Sequential([keras.Input((4,)), L.Dense(2)]).to_json())
    error = refused(file)
    assert "without its weights" in error.message
    assert "model_from_json" in error.fix


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_without_layers_is_refused(suffix, tmp_path):
    numbers = keras.Input((3,))
    file = tmp_path / f"nothing{suffix}"
    keras.Model(numbers, numbers).save(file)
    assert "no layers" in refused(file).message


def test_weights_without_a_structure_say_so(tmp_path):
    model = keras.Sequential([keras.Input((4,)), L.Dense(2)])
    model.save_weights(tmp_path / "only.weights.h5")
    assert refused(tmp_path / "only.weights.h5").code == "model.weights_only"


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/outside", "a\\..\\b", "C:/outside"])
def test_archives_that_write_outside_are_unsafe(name, archive):
    assert refused(archive(members=[(name, "x")])).code == "model.unsafe"


def test_links_and_bombs_in_archives_are_unsafe(archive, tmp_path, digits):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refused(archive(members=[(link, "/etc/passwd")])).code == "model.unsafe"
    bomb = zipfile.ZipInfo("zeros")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    assert refused(archive(members=[(bomb, bytes(100 << 20))])).code == "model.unsafe"


def hostile_h5(digits, tmp_path, change):
    file = tmp_path / "hostile.h5"
    shutil.copy(digits / "digits.h5", file)
    with h5py.File(file, "r+") as stream:
        change(stream["model_weights/conv_1"])
    return file


def test_weights_that_reach_outside_their_file_are_unsafe(tmp_path, digits):
    def external_link(group):
        group["elsewhere"] = h5py.ExternalLink("other.h5", "/x")

    def soft_link(group):
        group["elsewhere"] = h5py.SoftLink("/model_weights")

    def external_storage(group):
        group.create_dataset("elsewhere", (4,), "f4", external=[(str(tmp_path / "secret.bin"), 0, 16)])

    def virtual(group):
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        group.create_virtual_dataset("elsewhere", layout)

    def shape_bomb(group):
        group.create_dataset("elsewhere", (1 << 34,), "f4", chunks=(1 << 20,))

    for change in (external_link, soft_link, external_storage, virtual, shape_bomb):
        error = refused(hostile_h5(digits, tmp_path, change))
        assert error.code == "model.unsafe", change
        assert "elsewhere" in error.message


def test_a_layer_far_larger_than_its_stored_numbers_is_refused_at_once(archive):
    error = refused(archive(lambda layers: layers["digit"]["config"].update(units=2_000_000_000)))
    assert error.code == "model.too_large"
    assert "digit" in error.message


def test_an_output_that_no_memory_holds_is_refused(tmp_path):
    pixels = keras.Input((64, 64, 8), name="pixels")
    keras.Model(pixels, L.UpSampling2D(2, name="grow")(pixels)).save(tmp_path / "grow.keras")
    file = tmp_path / "huge.keras"
    with zipfile.ZipFile(tmp_path / "grow.keras") as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"size": [2, 2]', b'"size": [9999, 9999]'))
    assert refused(file).code == "model.too_large"


def lambda_file(tmp_path, suffix):
    numbers = keras.Input((3,), name="numbers")
    file = tmp_path / f"lambda{suffix}"
    doubled = L.Lambda(lambda x: x * 2.0, output_shape=(3,), name="double")(numbers)
    keras.Model(numbers, L.Dense(2, name="dense")(doubled)).save(file)
    return file


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_in_a_file_waits_for_consent_and_then_runs(suffix, tmp_path):
    file = lambda_file(tmp_path, suffix)
    assert [risk.layer for risk in inspect_file(file).risks] == ["double"]
    error = refused(file, load_model)
    assert error.code == "model.needs_code"
    assert "double" in error.message
    assert "Allow Code from This File" in error.fix
    assert [layer.path for layer in load_model(file, allow_code=True).network.layers] == ["double", "dense"]


class Doubling(L.Layer):
    def call(self, x):
        return x * 2


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_class_that_is_not_in_the_file_is_named_with_its_layer(suffix, tmp_path):
    numbers = keras.Input((3,), name="numbers")
    file = tmp_path / f"custom{suffix}"
    keras.Model(numbers, L.Dense(2, name="dense")(Doubling(name="twice")(numbers))).save(file)
    inspection = inspect_file(file)
    assert [layer.class_name for layer in inspection.network.layers] == ["Doubling", "Dense"]
    assert inspection.risks
    error = refused(file, load_model)
    assert error.code == "model.custom_object"
    assert "Doubling" in error.message
    assert "twice" in error.message


def test_layers_that_read_files_or_addresses_are_unsafe(archive):
    for value in ("/etc/passwd", "https://example.org/words.txt"):

        def give_vocabulary(layers, value=value):
            layers["dropout"]["class_name"] = "StringLookup"
            layers["dropout"]["config"]["vocabulary"] = value

        error = refused(archive(give_vocabulary))
        assert error.code == "model.unsafe"
        assert value in error.message


def test_functions_from_anywhere_are_custom_objects(archive):
    def use_system(layers):
        layers["relu_1"]["config"]["activation"] = {
            "module": "os", "class_name": "function", "config": "system", "registered_name": "system",
        }  # fmt: skip

    file = archive(use_system)
    assert inspect_file(file).risks
    assert refused(file, load_model).code == "model.custom_object"


def test_a_model_made_of_python_code_says_what_is_supported(tmp_path):
    @keras.saving.register_keras_serializable()
    class Own(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = L.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Own()
    model(np.zeros((1, 3)))
    file = tmp_path / "own.keras"
    model.save(file)
    error = refused(file, load_model)
    assert error.code == "model.custom_object"
    assert "Own" in error.message


def test_settings_nested_without_end_are_refused(archive):
    def nest(layers):
        value = {}
        for _ in range(200):
            value = {"inner": value}
        layers["dropout"]["config"]["deep"] = value

    assert refused(archive(nest)).code == "model.unsafe"


def test_errors_reach_the_other_side_and_the_next_request_works(warm_worker, tmp_path, digits, archive):
    picture = tmp_path / "picture.keras"
    shutil.copy(digits / "images" / "digit-000.png", picture)
    bad = archive(lambda layers: layers["digit"]["config"].update(units=2_000_000_000))
    for file, code in ((picture, "model.not_a_model"), (bad, "model.too_large"), (tmp_path / "no.h5", "model.missing")):
        for method in ("inspect", "load"):
            error = warm_worker.error_of(method, file=str(file))
            assert error["code"] == code
            assert file.name in error["message"]
            assert error["fix"]
    assert warm_worker.ask("inspect", file=str(digits / "digits.keras"))["kind"] == "keras"


def test_operations_between_layers_that_keras_does_not_read_from_hdf5_are_named(tmp_path):
    numbers = keras.Input((3,), name="numbers")
    file = tmp_path / "operations.h5"
    keras.Model(numbers, L.Dense(2)(keras.ops.square(numbers) / 2)).save(file)
    error = refused(file, load_model)
    assert error.code == "model.unsupported"
    assert "operation" in error.message
    assert 'model.save("name.keras")' in error.fix
