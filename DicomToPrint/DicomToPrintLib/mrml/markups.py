"""What the user has placed in the scene, as numbers: points, regions and planes in RAS mm, as Slicer shows them."""

from typing import Any

from .scene import node_or_none


def control_points_ras(node: Any) -> tuple[tuple[float, float, float], ...]:
    """Placed points (R, A, S) mm of a markups node, transforms applied; empty for None.

    A point that still hangs on the mouse is a preview and counts for nothing.
    """
    import slicer

    if node_or_none(node) is None or not node.IsA("vtkMRMLMarkupsNode"):
        return ()
    points: list[tuple[float, float, float]] = []
    for index in range(node.GetNumberOfControlPoints()):
        if node.GetNthControlPointPositionStatus(index) == slicer.vtkMRMLMarkupsNode.PositionDefined:
            position = [0.0, 0.0, 0.0]
            node.GetNthControlPointPositionWorld(index, position)
            r, a, s = (round(value, 3) for value in position)
            points.append((r, a, s))
    return tuple(points)


def roi_bounds_ras(node: Any) -> tuple[float, float, float, float, float, float] | None:
    """The box (R, R, A, A, S, S) around a region of interest; None for None."""
    if node_or_none(node) is None:
        return None
    bounds = [0.0] * 6
    node.GetRASBounds(bounds)
    r0, r1, a0, a1, s0, s1 = (round(value, 3) for value in bounds)
    return r0, r1, a0, a1, s0, s1


def plane_ras(node: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Origin and normal of a markups plane."""
    normal, origin = [0.0] * 3, [0.0] * 3
    node.GetNormalWorld(normal)
    node.GetOriginWorld(origin)
    return tuple(origin), tuple(normal)
