"""Numbers about a mesh, no opinion: topology, self-intersections, walls, gaps, cavities, overhang, pose, fit, deviation."""

from .intersection import self_intersections
from .topology import Topology, topology

__all__ = ["Topology", "self_intersections", "topology"]
