"""Facts of the model in the printer: does it fit, turned how; what it needs to stand and to be carried."""

import numpy as np

from ..findings import Fact
from ..measure.fit import fitting_rotation
from ..mesh import Mesh
from ..progress import Progress
from .process import Printer


def fit_facts(mesh: Mesh, printer: Printer, progress: Progress) -> dict[str, Fact]:
    """Whether the model fits as it stands, turned, or not at all; the rotation that fits stands in the parameters."""
    room = np.array(printer.usable_mm)
    extents = mesh.points.max(axis=0) - mesh.points.min(axis=0)
    found = fitting_rotation(mesh.points, room, progress)
    value = "too large" if found is None else ("as it stands" if found.angle_deg == 0.0 else "turned")
    parameters = {
        "size": " x ".join(f"{value:.1f}" for value in extents),
        "room": " x ".join(f"{value:g}" for value in room),
        "rotation": found.words if found else "", "matrix": found.matrix.tolist() if found else None,
    }
    return {"fit": Fact("fit", value, parameters=parameters)}
