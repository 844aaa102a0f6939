"""How a network looks: colours, materials, normalisation, level of detail, visibility."""
