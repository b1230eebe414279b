"""Names for the arrays that meshes and grids are made of, for signatures; shapes and units stand in the docstrings."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.floating[Any]]  # (n, 3) positions in mm; also directions and normals
Triangles: TypeAlias = NDArray[np.integer[Any]]  # (m, 3) indices of points, counter-clockwise seen from outside
Mask: TypeAlias = NDArray[np.bool_]  # which samples, triangles or voxels (k, j, i)
