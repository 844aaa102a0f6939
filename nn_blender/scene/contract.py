"""Names that other tools rely on to find their way in a scene; they only ever grow in number."""

from __future__ import annotations

import secrets

import bpy

NETWORK = "nn_network"
ROLE = "nn_role"
LAYER = "nn_layer"
CLASS = "nn_class"
OUTPUT_SHAPE = "nn_output_shape"
NEURONS = "nn_neurons"
PARAMETERS = "nn_parameters"
FRAMES_PER_SAMPLE = "nn_frames_per_sample"
TEXT = "nn_text"
RANGE = "nn_range"
PREVIOUS_CAMERA = "nn_previous_camera"
PREVIOUS_WORLD = "nn_previous_world"
PREVIOUS_FRAMES = "nn_previous_frames"

ACTIVATION = "activation"
GLOW = "glow"
ENABLED = "enabled"
GAIN = "gain"
NOT_FINITE = "not_finite"
PROBABILITY = "probability"

LAYERS_COLLECTION = "Layers"
NEURONS_COLLECTION = "Neurons"
MAPS_COLLECTION = "Feature Maps"
INPUT_COLLECTION = "Input"
OUTPUT_COLLECTION = "Output"
LABELS_COLLECTION = "Labels"
STAGE_COLLECTION = "Stage"
COLLECTIONS = (
    LAYERS_COLLECTION,
    NEURONS_COLLECTION,
    MAPS_COLLECTION,
    "Connections",
    INPUT_COLLECTION,
    OUTPUT_COLLECTION,
    LABELS_COLLECTION,
    STAGE_COLLECTION,
)


def new_network_id() -> str:
    return secrets.token_hex(8)


def tag(block: bpy.types.ID, network_id: str, role: str) -> None:
    """Mark a data-block as part of a network, so that it is found whatever its name and removed with the rest."""
    block[NETWORK] = network_id
    block[ROLE] = role


def sampled(quantity: str, sample: int) -> str:
    """Name of the attribute that holds a quantity for a sample."""
    return f"{quantity}.{sample}"
