"""Triangles: topology, components, predicates, trees, self-intersections, rays, sampling, thickness. Numbers, no opinion."""

from .self_intersection import self_intersections
from .topology import TopologyReport, analyse_topology

__all__ = ["TopologyReport", "analyse_topology", "self_intersections"]
