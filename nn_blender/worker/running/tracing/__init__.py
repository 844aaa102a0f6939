"""Finds out what a model made of Python code does, by calling it once inside a traced function."""
