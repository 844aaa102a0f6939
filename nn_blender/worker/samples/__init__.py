"""Reads samples and turns them into a network's input. No TensorFlow here."""
