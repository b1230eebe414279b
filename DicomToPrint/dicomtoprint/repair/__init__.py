"""Broken meshes to closed, manifold ones without self-intersections."""

from .repair import repair_mesh

__all__ = ["repair_mesh"]
