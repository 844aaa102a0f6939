"""Runs inside TensorFlow's Python: reads model files, runs forward passes, measures. Never imports bpy."""
