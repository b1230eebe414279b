"""What hangs together in a graph of triangles, points or edges."""

from typing import Any

import numpy as np

from .arrays import Triangles


def label_connected_nodes(first: np.ndarray, second: np.ndarray, size: int) -> tuple[int, np.ndarray]:
    """Connected components of an undirected graph.

    Parameters
    ----------
    first, second
        (e,) the two nodes of every link, 0 to `size` - 1; a link may be given more than once.
    size
        Number of nodes; a node without a link is a component of its own.

    Returns
    -------
    count
        Number of components.
    label
        (size,) int32 component of every node, numbered in the order of their first nodes.
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    links: Any = (np.ones(len(first), np.int8), (first, second))
    count, label = csgraph.connected_components(sparse.coo_matrix(links, shape=(size, size)), directed=False)
    return int(count), label


def label_vertex_components(triangles: Triangles, size: int) -> tuple[int, np.ndarray]:
    """Parts of a mesh that hang together over points.

    Parameters
    ----------
    triangles
        (m, 3) point indices.
    size
        Number of points; a point without a triangle is a part of its own.

    Returns
    -------
    count
        Number of parts.
    label
        (size,) int32 part of every point.
    """
    return label_connected_nodes(triangles[:, (0, 1)].ravel(), triangles[:, (1, 2)].ravel(), size)
