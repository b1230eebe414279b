"""The parts turned for printing and laid beside one another."""

from dataclasses import replace

import numpy as np

from ...config.run_settings import RunSettings
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from .step import Phase, PreparationState, PreparationStep


class Orient(PreparationStep):
    """Each mesh turned for itself and laid beside the others."""

    name = "orient"
    phase = Phase.PLACE

    def is_requested(self, settings: RunSettings) -> bool:
        return settings.orient

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        from ...preparation import FirstLayer, arrange_on_plate, orient

        process = state.process
        names = ("first_layer_mm", "first_line_mm", "footing_mm")
        sizes = [size for name in names if (size := process.limit(name)) is not None]
        layer = FirstLayer(*sizes) if len(sizes) == len(names) else None
        done = [orient(mesh, process.limit("overhang_deg") or 45.0, layer) for mesh in state.meshes]
        shifts = arrange_on_plate([one.mesh for one in done])
        turned: list[Mesh] = []
        moved: list[np.ndarray | None] = []
        for one, shift in zip(done, shifts):
            transform = one.transform.copy()
            transform[:3, 3] += shift
            turned.append(
                replace(one.mesh, points=(one.mesh.points + shift).astype(np.float32)) if shift.any() else one.mesh
            )
            moved.append(transform if state.matrix is None else transform @ state.matrix)
            numbers = " ".join(f"{value:.6f}" for value in transform[:3].ravel())
            state.add_done(
                self.name,
                _(
                    "{mesh}: overhang {overhang_before_mm2:.0f} to {overhang_mm2:.0f} mm2; transform (3x4, LPS "
                    "mm) {numbers}",
                    mesh=one.mesh.name,
                    overhang_before_mm2=one.overhang_before_mm2,
                    overhang_mm2=one.overhang_mm2,
                    numbers=numbers,
                ),
            )
        state.meshes, state.moved = turned, moved
