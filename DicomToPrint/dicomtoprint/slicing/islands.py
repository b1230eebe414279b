"""Islands in G-code: outer loops of the model that begin with nothing of the model below them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from .profile import IslandMarks

REACH_MM = 1.0  # farther from the layer below, a loop hangs in the air
STEP_MM = 0.8  # between points along an extrusion
_WORD = re.compile(r"([XYE])(-?[0-9.]+)")


@dataclass
class _Layer:
    """Points (n, 2) of what a layer extrudes of the model, and of its outer loops one by one."""

    points: list[np.ndarray] = field(default_factory=list)
    loops: list[list[np.ndarray]] = field(default_factory=list)


def count_islands(lines: Iterable[str], marks: IslandMarks) -> int:
    """Islands of all layers but the first: outer loops whose every point lies more than a millimetre from all that the layer below
    extrudes of the model; loops that lie together count once. Supports do not carry an island away from the count."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    total, below = 0, None
    for layer in _layers(lines, marks):
        tree = cKDTree(np.concatenate(layer.points)) if layer.points else None
        if below is not None:
            hanging = [
                loop
                for loop in (np.concatenate(pieces) for pieces in layer.loops if pieces)
                if below.query(loop, distance_upper_bound=REACH_MM)[0].min() == np.inf
            ]
            if hanging:
                owner = np.repeat(np.arange(len(hanging)), [len(loop) for loop in hanging])
                pairs = cKDTree(np.concatenate(hanging)).query_pairs(REACH_MM, output_type="ndarray")
                links = coo_matrix((np.ones(len(pairs)), (owner[pairs[:, 0]], owner[pairs[:, 1]])), (len(hanging),) * 2)
                total += int(connected_components(links, directed=False)[0])
        below = tree if tree is not None else below
    return total


def _layers(lines: Iterable[str], marks: IslandMarks) -> Iterator[_Layer]:
    layer, kind, at, extruded, started = _Layer(), "", np.zeros(2), 0.0, False
    chain: list[np.ndarray] | None = None
    for line in lines:
        if line.startswith(marks.layer):
            if started:
                yield layer
            layer, chain, started = _Layer(), None, True
        elif line.startswith(marks.type):
            kind = line[len(marks.type) :].strip()
        elif line.startswith(("G1 ", "G0 ", "G92 ")):
            words = {letter: float(value) for letter, value in _WORD.findall(line.split(";")[0])}
            if line.startswith("G92"):
                extruded = words.get("E", extruded)
                continue
            to = np.array([words.get("X", at[0]), words.get("Y", at[1])])
            is_drawn = words.get("E", extruded) > extruded and ("X" in words or "Y" in words)
            extruded = words.get("E", extruded)
            if is_drawn and kind not in marks.ignored:
                points = _along(at, to)
                layer.points.append(points)
                if kind in marks.outer:
                    if chain is None:
                        chain = []
                        layer.loops.append(chain)
                    chain.append(points)
            elif "X" in words or "Y" in words:
                chain = None
            at = to
    if started:
        yield layer


def _along(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    count = int(np.linalg.norm(end - start) / STEP_MM) + 2
    return start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
