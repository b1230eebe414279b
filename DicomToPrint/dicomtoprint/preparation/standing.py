"""Which bodies of a model stand by themselves, and which are carried by others."""

from collections.abc import Sequence

import numpy as np

from ..mesh.core import Mesh
from ..mesh.graph import label_connected_nodes
from .csg import to_manifold

REACH_MM = 0.05  # nearer than a printer can keep apart: one carries the other


def standing_apart(meshes: Sequence[Mesh], carried: int) -> tuple[int, ...]:
    """Of the bodies that neither touch the one of number `carried` nor anything that does, the largest of each group that hangs together.

    Two bodies hang together where they overlap or come nearer than `REACH_MM`. The largest group comes first. Points in mm; raises
    `RefusedError` where a mesh encloses no solid.
    """
    solids = [to_manifold(mesh).manifold for mesh in meshes]
    near = [
        (one, other)
        for one in range(len(meshes))
        for other in range(one + 1, len(meshes))
        if _boxes_meet(meshes[one], meshes[other]) and solids[one].min_gap(solids[other], 2.0 * REACH_MM) < REACH_MM
    ]
    first, second = (np.array([pair[end] for pair in near], dtype=np.int64) for end in range(2))
    count, group = label_connected_nodes(first, second, len(meshes))
    heads = [
        max(np.flatnonzero(group == number).tolist(), key=lambda index: meshes[index].volume)
        for number in range(count)
        if number != group[carried]
    ]
    return tuple(sorted(heads, key=lambda index: -meshes[index].volume))


def meets_others(mesh: Mesh, without: Mesh, others: Sequence[Mesh]) -> bool:
    """Whether what `mesh` has more than it had `without` it passes through one of the others."""
    added = to_manifold(mesh).manifold - to_manifold(without).manifold
    return any((added ^ to_manifold(other).manifold).volume() > REACH_MM**3 for other in others)


def loose_pieces(mesh: Mesh) -> int:
    """How many solids of the mesh do not hang on its largest one."""
    return sum(piece.volume() > 0.0 for piece in to_manifold(mesh).manifold.decompose()) - 1


def _boxes_meet(one: Mesh, other: Mesh) -> bool:
    a, b = one.bounds, other.bounds
    return all(a[axis] <= b[axis + 1] + REACH_MM and b[axis] <= a[axis + 1] + REACH_MM for axis in (0, 2, 4))
