"""Repair of meshes that come from elsewhere, in stages from the gentlest to the last resort, with the loss measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ..mesh.components import inverted_triangles
from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table, label_face_components
from ..mesh.merge_points import merged_mesh
from ..messages import _
from ..progress import ProgressCallback, no_progress
from .boolean_union import union_components
from .contacts import part_contacts
from .hole_filling import fill_holes, thicken_open_sheets
from .limits import RepairLimits, repair_limits
from .local_repair import repair_locally
from .loss import loss_sentences, measure_repair, plain_loss
from .remesh import count_solids, remesh_defective_shells
from .shells import choose_shells
from .slivers import remove_slivers
from .state import RepairState, describe_effect, describe_faults
from .touching import separate_touching
from .types import RepairMeasures, RepairOptions, RepairResult, RepairStage, Shell, SourceHole
from .welding import close_seams, drop_fins, drop_flat_triangles, drop_unused_points, split_sides, weld

AS_IT_IS = RepairOptions()
_CONTACT_STEPS = (0.1, 1.0)  # of the depth that is a contact: the less is moved, the better
_SWALLOWED = 0.005  # of the surface: a union that takes less of it takes little
_SURGERY_SHARE = 0.1  # of the triangles: where more is wrong, cutting it out would not leave the shape


@dataclass
class _Run:
    """What one repair carries along."""

    options: RepairOptions
    limits: RepairLimits
    progress: ProgressCallback
    begun: float
    seconds: float
    stages: list[RepairStage] = field(default_factory=list)
    holes: tuple[SourceHole, ...] = ()
    has_sheets: bool = False
    stays_open: bool = False
    declined: list[str] = field(default_factory=list)
    measured: tuple[Mesh, Mesh, RepairMeasures] | None = None
    capped: Mesh | None = None

    @property
    def late(self) -> bool:
        return time.process_time() - self.begun > self.seconds


def repair_mesh(
    mesh: Mesh, progress: ProgressCallback = no_progress, options: RepairOptions = AS_IT_IS
) -> RepairResult:
    """The mesh made closed, oriented, two-manifold and free of self-intersections, as far as that can be done without loss.

    Stages, each taken only where it is needed and makes the mesh better: points made one and what is no surface dropped; seams closed
    at the distance that the file shows; sides split at points on them; triangles turned outward; what touches in an edge or a
    corner taken apart; sheets thickened (on request); holes capped; overlapping parts united, or taken apart where they only touch;
    few defects cut out and closed again; last a new surface for the shells that are still broken. What was lost and added is
    measured; a repair that loses more than `data/repair/limits.json` and the options allow is refused, and the mesh comes back
    as it was. A valid mesh comes back as it is. Units and place stay. Triangle arrays are carried over from the nearest
    triangle, point arrays are lost.

    Parameters
    ----------
    mesh
        Points in mm; anything, broken or not.
    progress
        Called with fraction and phrase.
    options
        What the user chose. Raises `UsageError` where a shell or hole of that number does not exist.
    """
    given = RepairState(mesh)
    # Four triangles are the fewest that can enclose anything.
    if len(mesh.triangles) - given.facts.degenerate < 4 or (
        replace(options, max_loss_mm=None) == AS_IT_IS and given.valid
    ):
        return RepairResult(mesh, given.valid, (), describe_faults(given))
    limits = repair_limits()
    run = _Run(options, limits, progress, time.process_time(), limits.seconds_for(len(mesh.triangles)))
    source, shells = choose_shells(weld(mesh), options)
    state = _noted(run, given, RepairState(source), _("weld"))
    state = _gentle(state, run)
    if not state.valid or options.holes:
        state = _closed(state, run)
    if not state.valid:
        state = _rebuilt(state, run)
    return _result(given, RepairState(source), state, shells, run)


def find_defects(mesh: Mesh, progress: ProgressCallback = no_progress) -> tuple[str, ...]:
    """What keeps a mesh from being a closed, oriented, two-manifold surface without self-intersections, a sentence a kind; empty: none."""
    progress(0.0, _("looking for defects"))
    return describe_faults(RepairState(mesh))


def _gentle(state: RepairState, run: _Run) -> RepairState:
    """Mends that move nothing beyond a seam."""
    run.progress(0.1, _("repairing: seams"))
    if state.facts.degenerate:
        state = _taken(state, drop_flat_triangles, _("flat triangles"), run)
    if state.facts.boundary_edges:
        state = _taken(state, close_seams, _("seams"), run)
    if state.facts.boundary_edges:
        state = _taken(state, split_sides, _("T-junctions"), run)
    if state.facts.boundary_edges:
        state = _taken(state, drop_fins, _("flakes"), run)
    if state.facts.inverted:
        state = _taken(state, _orient_before_capping, _("orientation"), run)
    if state.facts.nonmanifold_edges or state.facts.nonmanifold_vertices:
        state = _taken(state, separate_touching, _("touching"), run)
    return state


def _closed(state: RepairState, run: _Run) -> RepairState:
    """Holes capped, parts united, few defects cut out."""
    run.progress(0.3, _("repairing: holes"))
    if run.options.thicken_sheet_mm and state.facts.boundary_edges:
        state = _taken(state, lambda made: thicken_open_sheets(made, run.limits, run.options), _("sheets"), run)
    if state.facts.boundary_edges or run.options.holes:
        filled = fill_holes(state.mesh, run.limits, run.options)
        run.holes, run.has_sheets = filled.holes, filled.has_sheets
        run.stays_open = filled.has_sheets or "keep" in dict(run.options.holes).values()
        state = _taken(state, lambda _: filled.mesh, _("holes"), run)
    if state.facts.inverted:
        state = _taken(state, _orient, _("orientation"), run)
    if state.facts.nonmanifold_edges or state.facts.nonmanifold_vertices:
        state = _taken(state, separate_touching, _("touching"), run)
    # A sheet lies inside the solid that was made of it, which it was no part of before.
    run.capped = None if run.options.thicken_sheet_mm else state.mesh
    if state.valid or run.late or run.stays_open:
        return state
    run.progress(0.5, _("repairing: union"))
    state = _united_or_apart(state, run)
    if state.valid or run.late:
        return state
    run.progress(0.6, _("repairing: surgery"))
    told = len(run.stages)
    after = _taken(state, _surgery, _("surgery"), run)
    if not after.valid and after.facts.closed:
        after = _taken(after, _united(after), _("union"), run)
    if after.valid:
        return after
    # Half a surgery is a worse start for a new surface than none.
    del run.stages[told:]
    return state


def _united_or_apart(state: RepairState, run: _Run) -> RepairState:
    """Overlapping parts as one; parts that only touch are taken apart where a union fails, or takes so much of their faces that less is
    left of the surface than the limits ask for."""
    told = len(run.stages)
    together = _taken(state, _united(state), _("union"), run)
    if together.valid and not _takes_much(state.mesh, together.mesh, run):
        return together
    united = run.stages[told:]
    for share in _CONTACT_STEPS:
        del run.stages[told:]
        apart = _taken(state, _parted(state, share, run), _("contacts"), run)
        if apart is not state and not apart.valid:
            apart = _taken(apart, _united(apart), _("union"), run)
        if apart.valid and (not together.valid or _is_nearer(state.mesh, apart.mesh, together.mesh)):
            return apart
    run.stages[told:] = united
    return together


def _takes_much(source: Mesh, result: Mesh, run: _Run) -> bool:
    """Whether the result is farther from the source than the limits allow, surface inside of overlapping parts counted too."""
    measures = _measured(source, result, run)
    if measures.swallowed_area_mm2 < _SWALLOWED * measures.area_before_mm2:
        return False
    loss, diagonal = plain_loss(source, result), measures.diagonal_mm
    return loss.mean_mm > run.limits.mean_share * diagonal or loss.p95_mm > run.limits.p95_share * diagonal


def _is_nearer(source: Mesh, one: Mesh, other: Mesh) -> bool:
    return plain_loss(source, one).mean_mm < plain_loss(source, other).mean_mm


def _parted(state: RepairState, share: float, run: _Run) -> Callable[[Mesh], Mesh]:
    return lambda mesh: part_contacts(mesh, state.pairs, share * _contact_reach(mesh, run))


def _contact_reach(mesh: Mesh, run: _Run) -> float:
    """How deep in mm a contact is at most."""
    points = mesh.points[np.isfinite(mesh.points).all(axis=1)]
    reach = run.limits.contact_share * float(np.linalg.norm(np.ptp(points, axis=0)))
    return reach if run.options.max_loss_mm is None else min(reach, run.options.max_loss_mm)


def _rebuilt(state: RepairState, run: _Run) -> RepairState:
    """A new surface where nothing else helped."""
    if run.late or run.stays_open:
        return state
    run.progress(0.7, _("repairing: new surface"))
    made = state
    for fine in (False, True):
        # Finer only where something thin was lost: it takes longer.
        if made is state and (not fine or run.declined):
            made = _taken(
                state,
                lambda mesh, fine=fine: remesh_defective_shells(mesh, state.bad_at, run.limits, fine),  # type: ignore[misc]
                _("new surface"),
                run,
            )
    if not made.valid and made is not state:
        made = _taken(made, _united(made), _("union"), run)
    return made


def _taken(state: RepairState, work: Callable[[Mesh], Mesh], name: str, run: _Run) -> RepairState:
    """The state after a stage where that is better and nothing is lost by it, else the one before."""
    made = work(state.mesh)
    if made is state.mesh or len(made.triangles) == 0:
        return state
    after = RepairState(made)
    if not after.valid and not state.is_worse_than(after):
        return state
    if name == "new surface" and (solids := count_solids(made)) > max(state.facts.components, 1):
        told = _("the model would fall into {solids} parts, thinner than the grid between them", solids=solids)
        run.declined.append(_("The stage '{name}' was declined: {told}.", name=name, told=told))
        return state
    if name in ("surgery", "new surface", "union", "contacts"):
        lost = loss_sentences(_measured(state.mesh, made, run), run.limits)
        if lost:
            run.declined.append(_("The stage '{name}' was declined: {lost}.", name=name, lost=lost[0]))
            return state
    return _noted(run, state, after, name)


def _noted(run: _Run, before: RepairState, after: RepairState, name: str) -> RepairState:
    effect = describe_effect(before, after)
    if effect != "nothing changed":
        run.stages.append(RepairStage(name, effect))
    return after


def _measured(source: Mesh, result: Mesh, run: _Run) -> RepairMeasures:
    # A stage is measured when it is taken, and the whole at the end: where that was the one stage, they are the same.
    if run.measured is None or run.measured[0] is not source or run.measured[1] is not result:
        thickness = run.options.thicken_sheet_mm or 0.0
        made = measure_repair(source, result, run.limits, run.options.max_loss_mm, thickness / 2.0, run.capped)
        run.measured = (source, result, made)
    return run.measured[2]


def _result(
    given: RepairState, source: RepairState, state: RepairState, shells: tuple[Shell, ...], run: _Run
) -> RepairResult:
    run.progress(0.9, _("measuring what the repair did"))
    stages, notes = tuple(run.stages), _notes(given, shells, run)
    if not state.valid:
        remaining = (*describe_faults(state), *run.declined[-1:])
        if run.late:
            remaining += (_("The repair was ended after {seconds:.0f} s of work.", seconds=run.seconds),)
        mesh = state.mesh if given.is_worse_than(state) else given.mesh
        bad = state.bad_at if mesh is state.mesh else given.bad_at
        kept = _with_arrays(mesh, given.mesh) if mesh is state.mesh else mesh
        return RepairResult(kept, False, stages, remaining, bad, None, shells, run.holes, notes)
    measures = _measured(source.mesh, state.mesh, run)
    lost = loss_sentences(measures, run.limits)
    if lost:
        remaining = tuple(
            _("{sentence}{sentence2}.", sentence=sentence[:1].upper(), sentence2=sentence[1:]) for sentence in lost
        )
        return RepairResult(
            given.mesh, False, stages, remaining, given.bad_at, measures, shells, run.holes, notes, is_refused=True
        )
    result = _with_arrays(state.mesh, given.mesh)
    told = tuple(replace(shell, done="swallowed") if _is_alike_inside(shell, shells) else shell for shell in shells)
    return RepairResult(result, True, stages, (), np.zeros(0, np.int64), measures, told, run.holes, notes)


def _is_alike_inside(shell: Shell, shells: tuple[Shell, ...]) -> bool:
    """Whether a kept shell lies inside another that faces the same way."""
    return bool(shell.inside and shell.done == "kept" and shell.volume_mm3 * shells[shell.inside - 1].volume_mm3 > 0)


def _notes(given: RepairState, shells: tuple[Shell, ...], run: _Run) -> tuple[str, ...]:
    told = []
    outer = [shell for shell in shells if shell.closed and shell.inside == 0]
    if outer and given.facts.inverted == len(given.mesh.triangles) and all(s.volume_mm3 < 0 for s in outer):
        told.append(_("The whole file is inverted, every triangle faces inward: all were turned."))
    for shell in shells:
        if _is_alike_inside(shell, shells):
            told.append(
                _(
                    "Shell {number} lies inside shell {inside} and faces the same way, so its inside counts as "
                    "solid: if it is the wall of a cavity, flip it ({--repair-shell:{number}=flip}).",
                    number=shell.number,
                    inside=shell.inside,
                )
            )
    dropped = [shell for shell in shells if shell.done == "dropped"]
    if dropped:
        told.append(
            _(
                "{dropped_count} of {shells_count} shells were dropped on request, the largest of {size_mm:.2f} mm.",
                dropped_count=len(dropped),
                shells_count=len(shells),
                size_mm=dropped[0].size_mm,
            )
        )
    if any(stage.name == "contacts" for stage in run.stages):
        told.append(
            _(
                "Surfaces that touch, or pass through each other by less than {reach_mm:.3g} mm, were taken apart by a "
                "hair so that none is lost: parts that should print as one piece must overlap more.",
                reach_mm=_contact_reach(given.mesh, run),
            )
        )
    if run.has_sheets:
        told.append(
            _(
                "Open sheets have no inside to print: give them a thickness ({--thicken-sheet:MM}), drop "
                "them ({--repair-shell:N}=drop) or cap their rims ({--repair-hole:N}=cap)."
            )
        )
    return tuple(told)


def _with_arrays(mesh: Mesh, given: Mesh) -> Mesh:
    from ..mesh.transfer import transfer_triangle_arrays

    finite = np.isfinite(given.points[given.triangles]).all(axis=(1, 2))
    source = Mesh(
        given.points, given.triangles[finite], triangle_arrays={k: v[finite] for k, v in given.triangle_arrays.items()}
    )
    return transfer_triangle_arrays(Mesh(mesh.points, mesh.triangles, given.name, given.color), source)


def _orient(mesh: Mesh) -> Mesh:
    """Neighbours alike, and shells outward but for the walls of cavities."""
    points, triangles, _unused = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, label = label_face_components(triangles, edges)
    return _turned(mesh, inverted_triangles(points, triangles, edges, label, count))


def _orient_before_capping(mesh: Mesh) -> Mesh:
    """As `_orient`, but while a shell is open, closed ones stay as a whole: what lies in the open one may be the wall of a cavity, which
    is known when it is closed."""
    points, triangles, _unused = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, label = label_face_components(triangles, edges)
    wrong = inverted_triangles(points, triangles, edges, label, count)
    closed = np.ones(count, dtype=bool)
    closed[label[edges.order[np.repeat(edges.count == 1, edges.count)] // 3]] = False
    if not closed.all():
        whole = np.bincount(label[wrong], minlength=count) == np.bincount(label, minlength=count)
        wrong = wrong[~(whole & closed)[label[wrong]]]
    return _turned(mesh, wrong)


def _turned(mesh: Mesh, wrong: np.ndarray) -> Mesh:
    points, triangles, _unused = merged_mesh(mesh)
    if len(wrong) == 0:
        return mesh
    triangles = triangles.copy()
    triangles[wrong] = triangles[wrong][:, (0, 2, 1)]
    return drop_unused_points(points, triangles, mesh)


def _united(state: RepairState) -> Callable[[Mesh], Mesh]:
    """The parts as one; what rounding to float32 left of their seams is mended at once, or the union would look worse than its parts."""

    def work(mesh: Mesh) -> Mesh:
        made = union_components(mesh, state.pairs)
        return made if made is mesh else _surgery(remove_slivers(made))

    return work


def _surgery(mesh: Mesh) -> Mesh:
    state = RepairState(mesh)
    if state.valid:
        return mesh
    if state.score > max(_SURGERY_SHARE * len(mesh.triangles), 60):
        return mesh
    return repair_locally(mesh).mesh
