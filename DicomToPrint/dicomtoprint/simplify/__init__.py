"""Fewer triangles within a budget of deviation, without tearing the surface."""

from .simplify import simplify

__all__ = ["simplify"]
