"""Triangles: topology, components, predicates, trees, self-intersections, rays, sampling, thickness. Numbers, no opinion.

What the other packages need most stands here and is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .core import Mesh, Provenance, concatenate, from_polydata, keep_triangles, to_polydata
    from .self_intersection import self_intersections
    from .topology import TopologyReport, analyse_topology

_HOMES = {
    "Mesh": "core",
    "Provenance": "core",
    "TopologyReport": "topology",
    "analyse_topology": "topology",
    "concatenate": "core",
    "from_polydata": "core",
    "keep_triangles": "core",
    "self_intersections": "self_intersection",
    "to_polydata": "core",
}

__all__ = [
    "Mesh",
    "Provenance",
    "TopologyReport",
    "analyse_topology",
    "concatenate",
    "from_polydata",
    "keep_triangles",
    "self_intersections",
    "to_polydata",
]


def __getattr__(name: str) -> Any:
    """The object of a name in `__all__`, from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
