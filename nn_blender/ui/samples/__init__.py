"""Panels and operators about samples and how they enter the network."""
