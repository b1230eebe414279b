"""Facts of a written file: every check measures once, and says where. No limit decides anything here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..findings import Fact
from ..mesh import Mesh, merged
from ..mesh_file import MeshFile
from ..progress import Progress, part
from . import fact_mesh, fact_print
from .process import Printer, Process
from .reference import ScanReference


@dataclass(frozen=True)
class Measured:
    """What was measured: facts by name, the contract's mesh figures, the meshes with their fields, the extents in mm."""

    facts: Mapping[str, Fact]
    mesh: Mapping[str, object]
    meshes: tuple[Mesh, ...]
    extents: tuple[float, float, float]
    figures: Mapping[str, object] = field(default_factory=dict)


def measure(file: MeshFile, process: Process, printer: Printer, reference: ScanReference | None, progress: Progress) -> Measured:
    """All facts of the file; the objects of a file are judged each by itself and then together."""
    whole = merged(file.meshes)
    low, high = whole.points.min(axis=0), whole.points.max(axis=0)
    extents = tuple(float(v) for v in high - low)
    facts: dict[str, Fact] = {}
    facts.update(fact_mesh.topology_facts(file.meshes, part(progress, 0.0, 0.3)))
    facts.update(fact_mesh.part_facts(file.meshes, process))
    facts.update(fact_mesh.scale_facts(file, whole, reference))
    facts.update(fact_print.fit_facts(whole, printer, part(progress, 0.3, 0.35)))
    mesh = {name: facts[name].value for name in (
        "triangles", "components", "boundary_edges", "nonmanifold_edges", "nonmanifold_vertices", "self_intersections", "degenerate",
        "inverted", "volume_mm3", "area_mm2")}
    mesh["bounds_mm"] = list(whole.bounds)
    for name in ("min_wall_mm", "wall_p05_mm", "min_gap_mm"):
        mesh[name] = facts[name].value if name in facts else None
    return Measured(facts, mesh, file.meshes, extents)  # type: ignore[arg-type]
