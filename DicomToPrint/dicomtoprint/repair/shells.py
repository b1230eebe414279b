"""The shells of a source by number, and what the user chose for each."""

from dataclasses import replace

import numpy as np

from ..errors import UsageError
from ..mesh.components import component_volumes, contained_parts, winding_number_x_ray
from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table, label_face_components
from ..mesh.merge_points import merged_mesh
from ..messages import _
from .choices import SHELL_CHOICES, require_choices
from .types import RepairOptions, Shell
from .welding import drop_unused_points

_MOST_NESTED = 2000  # shells: beyond, which lies in which is not told
_PROBES = 12  # corners of a shell that are looked at


def list_shells(mesh: Mesh) -> tuple[tuple[Shell, ...], np.ndarray]:
    """The shells of a welded mesh, the largest area first, and the place in that list of every triangle (m,)."""
    points, triangles, _unused = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, part = label_face_components(triangles, edges)
    if count == 0:
        return (), np.zeros(0, np.int64)
    area = np.bincount(part, np.linalg.norm(Mesh(points, triangles).triangle_normals(), axis=1) / 2.0, minlength=count)
    order = np.argsort(-area, kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    part = rank[part]
    volumes = component_volumes(points, triangles, part, count)
    closed = np.ones(count, dtype=bool)
    closed[part[edges.order[np.repeat(edges.count == 1, edges.count)] // 3]] = False
    around = np.zeros(count, dtype=np.int64)
    if 1 < count <= _MOST_NESTED:
        inside = contained_parts(points, triangles, part, count)
        inside = inside[closed[inside].all(axis=1)]
        inside = inside[[_wholly_inside(points, triangles, part, *pair) for pair in inside.tolist()]]
        # Of several around it, the smallest: the last in the order of area.
        np.maximum.at(around, inside[:, 0], inside[:, 1] + 1)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    for corner in range(3):
        np.minimum.at(low, part, points[triangles[:, corner]])
        np.maximum.at(high, part, points[triangles[:, corner]])
    sizes = np.bincount(part, minlength=count)
    middle = (low + high) / 2.0
    shells = tuple(
        Shell(
            n + 1,
            int(sizes[n]),
            float(area[order[n]]),
            float(volumes[n]),
            float((high[n] - low[n]).max()),
            (float(middle[n][0]), float(middle[n][1]), float(middle[n][2])),
            bool(closed[n]),
            int(around[n]),
            "kept",
        )
        for n in range(count)
    )
    return shells, part


def _wholly_inside(points: np.ndarray, triangles: np.ndarray, part: np.ndarray, inner: int, outer: int) -> bool:
    """Whether corners all over the inner shell lie inside the outer one, so that it does not only reach into it."""
    corners = np.unique(triangles[part == inner])
    some = corners[np.linspace(0, len(corners) - 1, min(len(corners), _PROBES)).astype(int)]
    shell = triangles[part == outer]
    size = float(np.ptp(points[shell.ravel()], axis=0).max())
    hair = 1e-6 * size * np.array([1.234, 2.345, 3.456])
    return bool((winding_number_x_ray(points, shell, points[some].astype(np.float64) + hair) != 0).all())


def choose_shells(mesh: Mesh, options: RepairOptions) -> tuple[Mesh, tuple[Shell, ...]]:
    """The mesh without the shells that the user dropped, with those turned that the user flipped, and the list of all shells with what was
    done. Raises `UsageError` for a number or a choice that does not exist, and where nothing would be left."""
    shells, part = list_shells(mesh)
    chosen = require_choices(options.shells, "shell", SHELL_CHOICES, len(shells), mesh.name)
    done = []
    for shell in shells:
        wanted = chosen.get(shell.number)
        beyond = options.largest_shells is not None and shell.number > options.largest_shells
        if wanted is None and (beyond or shell.size_mm < options.min_shell_mm):
            wanted = "drop"
        done.append({"drop": "dropped", "flip": "flipped"}.get(wanted or "keep", "kept"))
    if shells and all(word == "dropped" for word in done):
        raise UsageError(_("No shell of '{mesh}' would be left: drop fewer.", mesh=mesh.name))
    told = tuple(replace(shell, done=word) for shell, word in zip(shells, done))
    words = np.array(done)
    if not len(part) or (words == "kept").all():
        return mesh, told
    points, triangles, _unused = merged_mesh(mesh)
    turned = words[part] == "flipped"
    triangles = np.where(turned[:, None], triangles[:, (0, 2, 1)], triangles)
    return drop_unused_points(points, triangles[words[part] != "dropped"], mesh), told
