"""Requests to the worker and their answers: a dataclass each, which is also their documentation."""
