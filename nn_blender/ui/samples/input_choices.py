"""Choices about the network's input that the import and its settings afterwards share."""

from __future__ import annotations

PRESET_ITEMS = (
    ("GUESS", "Automatic", "From what the network does with its input, its name, and its answers to labelled samples"),
    ("unit", "0 to 1", "Black is 0, white is 1"),
    ("signed", "-1 to 1", "Black is -1, white is 1; mode tf in Keras Applications"),
    ("byte", "0 to 255", "Black is 0, white is 255"),
    ("torch", "ImageNet Mean and Std. Dev.", "0 to 1, minus ImageNet's mean, divided by its std. dev.; mode torch"),
    ("caffe", "ImageNet Mean, Blue First", "0 to 255, minus ImageNet's mean, blue before red; mode caffe"),
)
COLOUR_ITEMS = (
    ("GUESS", "Automatic", "Grey where the network's input has one channel, colour where it has three"),
    ("GREY", "Grey", "The network sees images without their colours"),
    ("RGB", "Colour", "The network sees red, green and blue"),
)
COLOURS = {"GUESS": None, "GREY": "grey", "RGB": "rgb"}
"""The items as `core.inputs.preprocessing.Preprocessing` has them."""

BACKGROUND_ITEMS = (
    ("hidden", "Hidden Colours", "Transparent parts show the colours that are stored under them, as in Keras"),
    ("black", "Black", "Transparent parts are black"),
    ("white", "White", "Transparent parts are white"),
)
ORIENTATION_ITEMS = (
    ("stored", "As Stored", "Photographs are read as their pixels are stored, as in Keras"),
    ("upright", "Upright", "Photographs are turned as the EXIF orientation in their file says"),
)
RESIZE_ITEMS = (
    ("fit", "Fit", "Keep the proportions and pad with black"),
    ("fill", "Fill", "Keep the proportions and crop"),
    ("stretch", "Stretch", "Change the proportions"),
)
