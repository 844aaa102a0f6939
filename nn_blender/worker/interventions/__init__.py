"""Measures what switched neurons do."""
