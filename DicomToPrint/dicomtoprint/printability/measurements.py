"""Facts of a written file: every check measures once, and says where. No limit decides anything here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..io import MeshFile
from ..mesh.core import Mesh, concatenate
from ..messages import _
from ..progress import ProgressCallback, subprogress
from ..rules import MISSING, Fact
from .checks import build_volume as print_checks
from .checks import drainage as drainage_checks
from .checks import mesh as mesh_checks
from .checks import objects as object_checks
from .checks import parts as part_checks
from .checks import scale as scale_checks
from .checks import scan_comparison as scan_checks
from .checks import text_label as label_checks
from .checks import walls as wall_checks
from .process import Printer, PrintProcess
from .scan_reference import ScanReference

SUMMED_METRICS = (  # of several meshes together they are the sums of each
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
MINIMUM_METRICS = ("min_wall_mm", "wall_p05_mm", "min_gap_mm")
REPORTED_METRICS = (*SUMMED_METRICS, *MINIMUM_METRICS)
# With any of these it cannot be told what is inside.
UNSOUND = ("boundary_edges", "nonmanifold_edges", "self_intersections", "duplicate", "inverted")
METHOD = _("ball between a point and the wall that its inward ray meets; sharp edges measured behind the edge")
METRIC_ORDER = (*SUMMED_METRICS, "bounds_mm", *MINIMUM_METRICS)  # in the contract's order


@dataclass(frozen=True)
class Measurements:
    """What was measured: facts by name, the contract's mesh figures, the meshes with their fields, the extents in mm, and
    the shapes of lost and added parts by fact."""

    facts: Mapping[str, Fact]
    mesh: Mapping[str, object]
    meshes: tuple[Mesh, ...]
    extents: tuple[float, float, float]
    figures: Mapping[str, object] = field(default_factory=dict)
    shapes: Mapping[str, tuple[Mesh, ...]] = field(default_factory=dict)


def measure_file(
    file: MeshFile, process: PrintProcess, printer: Printer, reference: ScanReference | None, progress: ProgressCallback
) -> Measurements:
    """All facts of the file; the objects of a file are judged each by itself and then together."""
    whole = concatenate(file.meshes)
    low, high = whole.points.min(axis=0), whole.points.max(axis=0)
    extents = tuple(float(v) for v in high - low)
    facts: dict[str, Fact] = {}
    facts.update(mesh_checks.topology_facts(file.meshes, subprogress(progress, 0.0, 0.35)))
    parts = part_checks.part_facts(file.meshes, process)
    facts.update(parts.facts)
    facts.update(object_checks.content_facts(file))
    facts.update(object_checks.object_facts(file.meshes, subprogress(progress, 0.35, 0.38)))
    is_sound = all(facts[name].value == 0 for name in UNSOUND)
    facts.update(drainage_checks.drainage_facts(whole, process, parts.shut, is_sound, subprogress(progress, 0.38, 0.4)))
    facts.update(scale_checks.scale_facts(file, whole, reference))
    facts.update(print_checks.fit_facts(file.meshes, printer, subprogress(progress, 0.4, 0.45)))
    facts.update(print_checks.footing_facts(file, facts["fit"], process) if is_sound else {})
    counts = [len(mesh.triangles) for mesh in file.meshes]
    owner = np.repeat(np.arange(len(counts)), counts) if len(counts) > 1 else None
    marks = scan_checks.labels_as_filed(reference) if reference is not None else ()
    apart = parts.loose | label_checks.label_triangles(whole, marks)
    walls = wall_checks.wall_facts(whole, process, sum(extents), apart, subprogress(progress, 0.45, 0.8), owner)
    facts.update(walls.facts)
    facts.update(print_checks.support_facts(whole, walls.samples, process, reference, subprogress(progress, 0.8, 0.9)))
    shapes: Mapping[str, tuple[Mesh, ...]] = {}
    if reference is not None:
        against, shapes = scan_checks.scan_facts(whole, reference, subprogress(progress, 0.9, 1.0))
        facts.update(against)
    mesh = {name: facts[name].value for name in REPORTED_METRICS if facts[name].value is not MISSING}
    mesh = {name: mesh.get(name) for name in REPORTED_METRICS} | {"bounds_mm": list(whole.bounds)}
    mesh = {name: mesh[name] for name in METRIC_ORDER}
    fields = {"Wall": walls.wall.at_vertices(len(whole.points)), "Gap": walls.gap.at_vertices(len(whole.points))}
    figures = {
        "wall_cap_mm": walls.wall.cap_mm,
        "gap_cap_mm": walls.gap.cap_mm,
        "samples": len(walls.samples.points),
        "method": METHOD,
    }
    return Measurements(facts, mesh, _with_fields(file.meshes, fields), extents, figures, shapes)  # type: ignore[arg-type]


def _with_fields(meshes: tuple[Mesh, ...], fields: Mapping[str, np.ndarray]) -> tuple[Mesh, ...]:
    """The meshes with their share of the fields of all points."""
    ends = np.cumsum([len(mesh.points) for mesh in meshes])
    return tuple(
        mesh.with_arrays({name: values[end - len(mesh.points) : end] for name, values in fields.items()})
        for mesh, end in zip(meshes, ends)
    )
