"""Compiled loops over arrays; the only rooms below are words."""
