"""Facts of a written file: every check measures once, and says where. No limit decides anything here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..findings import MISSING, Fact
from ..mesh import Mesh, merged
from ..mesh_file import MeshFile
from ..progress import Progress, part
from . import fact_mesh, fact_print, fact_scan, fact_wall
from .process import Printer, Process
from .reference import ScanReference

SUMS = (  # of several meshes together they are the sums of each
    "triangles",
    "components",
    "boundary_edges",
    "nonmanifold_edges",
    "nonmanifold_vertices",
    "self_intersections",
    "degenerate",
    "inverted",
    "volume_mm3",
    "area_mm2",
)
LEAST = ("min_wall_mm", "wall_p05_mm", "min_gap_mm")
CONTRACT = (*SUMS, *LEAST)
METHOD = "ball between a point and the wall that its inward ray meets; sharp edges measured behind the edge"
KEYS = (*SUMS, "bounds_mm", *LEAST)  # in the contract's order


@dataclass(frozen=True)
class Measured:
    """What was measured: facts by name, the contract's mesh figures, the meshes with their fields, the extents in mm, and
    the shapes of lost and added parts by fact."""

    facts: Mapping[str, Fact]
    mesh: Mapping[str, object]
    meshes: tuple[Mesh, ...]
    extents: tuple[float, float, float]
    figures: Mapping[str, object] = field(default_factory=dict)
    shapes: Mapping[str, tuple[Mesh, ...]] = field(default_factory=dict)


def measure(
    file: MeshFile, process: Process, printer: Printer, reference: ScanReference | None, progress: Progress
) -> Measured:
    """All facts of the file; the objects of a file are judged each by itself and then together."""
    whole = merged(file.meshes)
    low, high = whole.points.min(axis=0), whole.points.max(axis=0)
    extents = tuple(float(v) for v in high - low)
    facts: dict[str, Fact] = {}
    facts.update(fact_mesh.topology_facts(file.meshes, part(progress, 0.0, 0.35)))
    parts, fragments = fact_mesh.part_facts(file.meshes, process)
    facts.update(parts)
    facts.update(fact_mesh.overlap_facts(file.meshes, part(progress, 0.35, 0.4)))
    facts.update(fact_mesh.scale_facts(file, whole, reference))
    facts.update(fact_print.fit_facts(file.meshes, printer, part(progress, 0.4, 0.45)))
    counts = [len(mesh.triangles) for mesh in file.meshes]
    owner = np.repeat(np.arange(len(counts)), counts) if len(counts) > 1 else None
    walls = fact_wall.wall_facts(whole, process, sum(extents), fragments, part(progress, 0.45, 0.8), owner)
    facts.update(walls.facts)
    facts.update(fact_print.support_facts(whole, walls.samples, process, reference, part(progress, 0.8, 0.9)))
    shapes: Mapping[str, tuple[Mesh, ...]] = {}
    if reference is not None:
        against, shapes = fact_scan.scan_facts(whole, reference, part(progress, 0.9, 1.0))
        facts.update(against)
    mesh = {name: facts[name].value for name in CONTRACT if facts[name].value is not MISSING}
    mesh = {name: mesh.get(name) for name in CONTRACT} | {"bounds_mm": list(whole.bounds)}
    mesh = {name: mesh[name] for name in KEYS}
    fields = {"Wall": walls.wall.at_vertices(len(whole.points)), "Gap": walls.gap.at_vertices(len(whole.points))}
    figures = {
        "wall_cap_mm": walls.wall.cap_mm,
        "gap_cap_mm": walls.gap.cap_mm,
        "samples": len(walls.samples.points),
        "method": METHOD,
    }
    return Measured(facts, mesh, _with_fields(file.meshes, fields), extents, figures, shapes)  # type: ignore[arg-type]


def _with_fields(meshes: tuple[Mesh, ...], fields: Mapping[str, np.ndarray]) -> tuple[Mesh, ...]:
    """The meshes with their share of the fields of all points."""
    ends = np.cumsum([len(mesh.points) for mesh in meshes])
    return tuple(
        mesh.with_arrays({name: values[end - len(mesh.points) : end] for name, values in fields.items()})
        for mesh, end in zip(meshes, ends)
    )
