"""Reads model files without running anything of them. No TensorFlow here."""
