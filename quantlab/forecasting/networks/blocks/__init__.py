"""Pieces of networks, one concept a file. Every file imports torch at the top."""
