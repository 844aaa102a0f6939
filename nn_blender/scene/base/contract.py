"""Names that other tools rely on to find their way in a scene; they only ever grow in number."""

from __future__ import annotations

import secrets

import bpy

FORMAT, FORMAT_NOW = "nn_format", 1
"""How node groups and packed pictures are made; counted up when old groups cannot show new pictures."""
NETWORK = "nn_network"
ROLE = "nn_role"
LAYER = "nn_layer"
CLASS = "nn_class"
OUTPUT_SHAPE = "nn_output_shape"
NEURONS = "nn_neurons"
PARAMETERS = "nn_parameters"
KIND = "nn_kind"
BLOCK = "nn_block"
COVER = "nn_cover"
ROOM = "nn_room"
BESIDE = "nn_beside"
HOME = "nn_home"
MOVED = "nn_moved"
SHOWN_OPEN = "nn_shown_open"
CLOSED = "nn_closed"
LAYERS = "nn_layers"
BLOCKS = "nn_blocks"
REPEATS = "nn_repeats"
FRAMES_PER_SAMPLE = "nn_frames_per_sample"
FADE_FRAMES = "nn_fade_frames"
LAST_SAMPLE = "nn_last_sample"
MARKERS = "nn_markers"
GLOW_RULE = "nn_glow_rule"
GLOW_SCALE = "nn_glow_scale"
GLOW_NETWORK = "nn_glow_network"
GLOW_DARK = "nn_glow_dark"
GLOW_BRIGHT = "nn_glow_bright"
MAP_RULE = "nn_map_rule"
MAP_COLOURS = "nn_map_colours"
MAP_CENTRED = "nn_map_centred"
MAP_SMOOTH = "nn_map_smooth"
COMPOSITE = "nn_composite"
EXPLANATION_SIGNED = "nn_signed"
EXPLANATION_RULE = "nn_explanation_rule"
EXPLANATION_COLOURS = "nn_explanation_colours"
OPACITY_OF_MAPS = "nn_opacity"
THRESHOLD = "nn_threshold"
FULL_AT = "nn_full_at"
SAMPLE_BELOW = "nn_sample_below"
FACE = "nn_face"
THEME = "nn_theme"
THEMED = "nn_themed"
WRITTEN = "nn_written"
EXTENT = "nn_extent"
WIDTH = "nn_width"
FRAMED = "nn_framed"
RECORDED = "nn_recorded"
SHOWN_BEFORE = "nn_shown_before"
PENDING = "nn_pending"
COMPARE = "nn_compare"
IN_FORCE = "nn_in_force"
COMPARED = "nn_compared"
COLOUR_BY = "nn_colour_by"
SIZE_BY = "nn_size_by"
SORTED = "nn_sorted"
LOD_FOLLOWS = "nn_lod_follows"
LOD_FIXED = "nn_lod_fixed"
LOD_BAND = "nn_lod_band"
LOD_BLOCKS = "nn_lod_blocks"
LOD_NEURONS = "nn_lod_neurons"
LOD_MAPS = "nn_lod_maps"
LOD_LABELS = "nn_lod_labels"
LOD_BOOKS = "nn_lod_books"
VIEW_SIZES = {"Spread": "nn_view_spread", "Width": "nn_view_width"}
INTERVENTIONS = "nn_interventions"
REASONS = "nn_reasons"
MARKED_REASONS = "nn_marked_reasons"
CONNECTIONS = "nn_connections"
CONNECTIONS_OF_ALL = "nn_connections_of_all"
CONNECTIONS_THICKNESS = "nn_connections_thickness"
MORE = "nn_more"
TEXT = "nn_text"
STATISTICS = "nn_statistics"
OUTPUTS = "nn_outputs"
RESULTS = "nn_results"
RANGE = "nn_range"
PART = "nn_part"
MOMENT = "nn_moment"
OPEN = "nn_open"
FILMED = "nn_filmed"
ROUTES = "nn_routes"
TRAYS = "nn_trays"
LIT_LAYER = "nn_lit_layer"
HIDDEN_EDGES = "nn_hidden_edges"
PREVIOUS_CAMERA = "nn_previous_camera"
PREVIOUS_WORLD = "nn_previous_world"
PREVIOUS_FRAMES = "nn_previous_frames"
HIDDEN_CUBE = "nn_hidden_cube"
PREVIOUS_RENDER = "nn_previous_render"

ACTIVATION = "activation"
GLOW = "glow"
TONE = "tone"
ENABLED = "enabled"
GAIN = "gain"
REPLACE = "replace"
INTACT = "intact"
SELECTED = "selected"
SLOT = "slot"
INFLUENCE = "influence"
INFLUENCE_ESTIMATE = "influence_estimate"
INFLUENCE_ACCURACY = "influence_accuracy"
INFLUENCE_CLASS = "influence_class"
INFLUENCE_CHANGE = "influence_change"
PROBABILITY = "probability"
MAP_RANGE = "map_range"
CHANGE_RANGE = "change_range"
EXPLAINED = "explained"
PEAK = "peak"
PLACE = "place"
WEIGHT = "weight"
SOURCE = "source"
TARGET = "target"
CLASS_MEAN = "class_mean"
NEURON = "neuron"
PAGE = "page"
AT = "at"
TUBE_WIDTH = "width"
SIZE = "size"
ROUTE = "route"
TRAY = "tray"
SKIP = "skip"
LIT = "lit"
HIDDEN = "hidden"
OPENED = "opened"
OPACITY = "opacity"
LEVEL = "level"
RIM = "rim"
INSIDE = "inside"
INSTEAD = "instead"

DISTANCE, GROWTH = "distance", "growth"
"""Roles of node groups that let things be there by the distance, at once and growing; the first one also of the object
that holds the places of blocks."""

LAYERS_COLLECTION = "Layers"
NEURONS_COLLECTION = "Neurons"
MAPS_COLLECTION = "Feature Maps"
INPUT_COLLECTION = "Input"
OUTPUT_COLLECTION = "Output"
LABELS_COLLECTION = "Labels"
CONNECTIONS_COLLECTION = "Connections"
STAGE_COLLECTION = "Stage"
BLOCKS_COLLECTION = "Blocks"
WITHOUT_SHADOW = (LABELS_COLLECTION, OUTPUT_COLLECTION)
"""What is written into the picture rather than standing in it."""
COLLECTIONS = (
    LAYERS_COLLECTION,
    NEURONS_COLLECTION,
    MAPS_COLLECTION,
    CONNECTIONS_COLLECTION,
    INPUT_COLLECTION,
    OUTPUT_COLLECTION,
    LABELS_COLLECTION,
    STAGE_COLLECTION,
    BLOCKS_COLLECTION,
)


def new_network_id() -> str:
    return secrets.token_hex(8)


def tag(block: bpy.types.ID, network_id: str, role: str) -> None:
    """Mark a data-block as part of a network, so that it is found whatever its name and removed with the rest."""
    block[ROLE] = role  # First, since it is asked of every object, and Blender looks from the first on.
    block[NETWORK] = network_id


def sampled(quantity: str, sample: int) -> str:
    """Name of the attribute that holds a quantity for a sample, or for a moment of a film."""
    return f"{quantity}.{sample}"
