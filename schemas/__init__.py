"""Shapes: what may be said, in and out."""
