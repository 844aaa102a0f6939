"""What tf-keras-vis, Xplique and shap make of networks is what comes out here, where the formula is the same."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from explained import explain, folder_of
from other_libraries import DeepExplainer, attributions
from PIL import Image
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.layercam import Layercam
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.utils.scores import CategoricalScore

from nn_blender.core.explanations import Target


@pytest.fixture(scope="module")
def explained(digits, tmp_path_factory):
    """A network that knows digits, without its softmax, some digits, and what is answered for class 3 of them."""
    files = sorted((digits / "images").glob("*.png"))[:6]
    pictures = np.stack([np.asarray(Image.open(file).convert("L"), np.float32)[..., None] / 255 for file in files])
    loaded = keras.models.load_model(digits / "digits.keras", compile=False)
    model = keras.models.clone_model(loaded)  # Those of a loaded Sequential are connected in more ways than one.
    model.set_weights(loaded.get_weights())
    conv = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D)][-1]
    asked = folder_of(tmp_path_factory.mktemp("digits"), digits / "digits.keras", [pictures])
    found = explain(
        asked,
        [
            "gradient",
            "smoothgrad",
            "integrated-gradients",
            "gradient-x-input",
            "guided-backprop",
            "grad-cam",
            "layer-cam",
        ],
        [Target(index=3)],
        layer=conv,
        steps=400,
    )
    model.layers[-1].activation = keras.activations.linear
    return model, conv, pictures, found


def correlations(ours, theirs):
    return [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(ours, theirs, strict=True)]


def score(count):
    return CategoricalScore([3] * count)


def test_gradients_are_those_of_tf_keras_vis(explained):
    model, _, pictures, found = explained
    theirs = Saliency(model, clone=False)(score(6), pictures, normalize_map=False)
    ours = found.map("gradient", found.parts[0].maps[0].input)
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()


def test_smoothgrad_is_like_that_of_tf_keras_vis(explained):
    model, _, pictures, found = explained
    np.random.seed(0)  # noqa: NPY002 - theirs draws from it.
    theirs = Saliency(model, clone=False)(
        score(6), pictures, smooth_samples=800, smooth_noise=0.15, gradient_modifier=None, keepdims=True,
        normalize_map=False,
    )  # fmt: skip
    ours = found.map("smoothgrad", found.parts[0].maps[0].input)
    assert min(correlations(ours, np.abs(theirs).max(-1))) >= 0.99


@pytest.mark.parametrize(("method", "library"), [("grad-cam", Gradcam), ("layer-cam", Layercam)])
def test_class_activation_maps_are_those_of_tf_keras_vis(method, library, explained):
    model, conv, pictures, found = explained
    theirs = library(model, clone=False)(
        score(6), pictures, penultimate_layer=conv, expand_cam=False, normalize_cam=False
    )
    resized = tf.image.resize(np.asarray(theirs)[..., None], pictures.shape[1:3], "bilinear").numpy()[..., 0]
    ours = found.map(method, found.parts[0].maps[0].input)
    assert np.abs(ours - resized).max() <= 1e-5 * np.abs(resized).max()


@pytest.mark.parametrize(
    ("method", "library", "settings"),
    [
        ("gradient", "Saliency", {}),
        ("gradient-x-input", "GradientInput", {}),
        ("integrated-gradients", "IntegratedGradients", {"steps": 400, "baseline_value": 0.0}),
        ("guided-backprop", "GuidedBackprop", {}),
        ("grad-cam", "GradCAM", {"conv_layer": True}),
    ],
)
def test_maps_are_those_of_xplique(method, library, settings, explained):
    model, conv, pictures, found = explained
    settings = {name: conv if name == "conv_layer" else value for name, value in settings.items()}
    classes = np.eye(10, dtype=np.float32)[[3] * 6]
    theirs = np.asarray(getattr(attributions, library)(model, batch_size=8, **settings)(pictures, classes))
    if method in ("gradient", "guided-backprop"):
        theirs = np.abs(theirs)
    ours = found.map(method, found.parts[0].maps[0].input)
    assert min(correlations(ours, theirs)) >= 0.99


def test_integrated_gradients_of_one_hidden_layer_are_what_shap_says(tmp_path):
    """Where only one layer bends, the mean slope on the way from zeros is what DeepLIFT's rule takes."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(20, activation="relu", bias_initializer="random_normal"),
            keras.layers.Dense(3),
        ]
    )
    model.save(tmp_path / "table.keras")
    rows = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    theirs = DeepExplainer(model, np.zeros((1, 6), np.float32)).shap_values(rows)[..., 1]
    asked = folder_of(tmp_path, tmp_path / "table.keras", [rows])
    found = explain(asked, ["integrated-gradients"], [Target(index=1)], steps=1000)
    ours = found.map("integrated-gradients", found.parts[0].maps[0].input)
    assert np.abs(ours - theirs).max() <= 2e-3 * np.abs(theirs).max()
