"""A mesh on its way through a repair, and how bad it is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..mesh.components import nested_shell_triangles
from ..mesh.core import Mesh
from ..mesh.self_intersection import intersecting_pairs
from ..mesh.topology import TopologyReport, analyse_topology
from ..messages import _, join

_WORDS = {
    "boundary_edges": _("open edges"),
    "nonmanifold_edges": _("edges of more than two triangles"),
    "nonmanifold_vertices": _("pinched points"),
    "degenerate": _("degenerate triangles"),
    "duplicate": _("duplicate triangles"),
    "inverted": _("triangles facing inward"),
    "triangles": _("triangles"),
    "components": _("parts"),
}


@dataclass(frozen=True)
class RepairState:
    """A mesh and what is wrong with it; intersections are looked for only when they are asked for."""

    mesh: Mesh

    @cached_property
    def facts(self) -> TopologyReport:
        """What keeps it from being a closed, oriented two-manifold."""
        return analyse_topology(self.mesh)

    @cached_property
    def pairs(self) -> np.ndarray:
        """(n, 2) triangles that pass through one another."""
        return intersecting_pairs(self.mesh)

    @cached_property
    def crossing(self) -> np.ndarray:
        """(n,) triangles that pass through others."""
        return np.unique(self.pairs)

    @cached_property
    def nested(self) -> np.ndarray:
        """(n,) triangles of shells inside the solid of others that face as these do."""
        if self.facts.components < 2 or self.facts.degenerate:
            return np.zeros(0, dtype=np.int64)
        return nested_shell_triangles(self.mesh)

    @cached_property
    def faults(self) -> int:
        """Number of faults of topology."""
        f = self.facts
        return f.boundary_edges + f.nonmanifold_edges + f.nonmanifold_vertices + f.degenerate + f.duplicate + f.inverted

    @property
    def score(self) -> int:
        """Number of all faults."""
        return self.faults + len(self.crossing) + len(self.nested)

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return self.facts.closed and len(self.crossing) == 0 and len(self.nested) == 0

    @property
    def bad_at(self) -> np.ndarray:
        """(n,) triangles where something is wrong."""
        f = self.facts
        return np.unique(np.concatenate([f.degenerate_at, f.duplicate_at, f.inverted_at, self.crossing, self.nested]))

    def is_worse_than(self, other: "RepairState") -> bool:
        """Whether there are more faults of topology, or as many and more intersections."""
        if self.faults != other.faults:
            return self.faults > other.faults
        return self.score > other.score


def describe_effect(before: RepairState, after: RepairState) -> str:
    """What a stage changed, in words; intersections only where both states know them."""
    changes = [
        _("{text} {attr} to {attr2}", text=text, attr=getattr(before.facts, key), attr2=getattr(after.facts, key))
        for key, text in _WORDS.items()
        if getattr(before.facts, key) != getattr(after.facts, key)
    ]
    for key, text in (
        ("crossing", _("self-intersecting triangles")),
        ("nested", _("triangles of shells inside the solid")),
    ):
        if key in vars(before) and key in vars(after) and len(getattr(before, key)) != len(getattr(after, key)):
            changes.append(
                _(
                    "{text} {attr_count} to {attr_count2}",
                    text=text,
                    attr_count=len(getattr(before, key)),
                    attr_count2=len(getattr(after, key)),
                )
            )
    return join("; ", changes) or _("nothing changed")


def describe_faults(state: RepairState) -> tuple[str, ...]:
    """What is wrong, one sentence a kind."""
    facts = state.facts
    if facts.triangles == 0:
        return (_("The mesh has no triangles."),)
    counts = (
        (facts.boundary_edges, _("edges are open")),
        (facts.nonmanifold_edges, _("edges have more than two triangles")),
        (facts.nonmanifold_vertices, _("points are pinched")),
        (facts.degenerate, _("triangles have no area")),
        (facts.duplicate, _("triangles lie on others")),
        (facts.inverted, _("triangles face inward")),
        (len(state.crossing), _("triangles intersect others")),
        (len(state.nested), _("triangles are shells inside the solid")),
    )
    return tuple(_("{count} {text}.", count=count, text=text) for count, text in counts if count)
