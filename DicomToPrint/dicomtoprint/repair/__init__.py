"""Broken meshes to closed, manifold ones without self-intersections."""

from .repair import find_defects, repair_mesh

__all__ = ["find_defects", "repair_mesh"]
