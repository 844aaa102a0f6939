"""Explains answers: serves what the methods of `core.explanations` give, and finds the reasons of one answer."""
