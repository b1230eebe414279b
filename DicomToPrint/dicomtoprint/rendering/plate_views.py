"""Pictures of a test plate as it lies on the printer: no patient, so no sides of one."""

import numpy as np

from ..images.image import ReportImage
from ..images.svg import add_image, new_svg, scale_bar, to_report_image
from ..mesh.core import Mesh
from ..messages import _
from ..progress import ProgressCallback, no_progress
from .offscreen import CameraView, ColoredMesh, RenderScene, render_offscreen

_SIZE = 900


def render_plate(mesh: Mesh, progress: ProgressCallback = no_progress) -> tuple[tuple[ReportImage, ...], str]:
    """The plate from two sides of its front, with a bar of a round length, and an empty note; no pictures and a sentence where
    this computer cannot draw. `mesh` in mm, x and y along the plate."""
    # Flat faces with edges: no corner shares its normal with another face.
    flat = ColoredMesh(
        mesh.points[mesh.triangles].reshape(-1, 3),
        np.arange(3 * len(mesh.triangles)).reshape(-1, 3),
        np.rint(255 * np.asarray(mesh.color)),
    )
    titles = {"steep": _("from the front and above"), "slanted": _("from the front, slanted")}
    shots = (
        CameraView("steep", (0.0, -0.5, 1.0), (0.0, 0.0, 1.0)),
        CameraView("slanted", (0.35, -1.0, 0.9), (0.0, 0.0, 1.0)),
    )
    bounds = np.array(mesh.bounds).reshape(3, 2)
    half = 0.56 * float(np.linalg.norm(np.ptp(bounds, axis=1)))
    drawn = render_offscreen([RenderScene((flat,), shots)], _SIZE, tuple(bounds.mean(axis=1)), half, progress=progress)
    if not drawn:
        return (), _("The plate could not be drawn: this computer has no working OpenGL. The files are not affected.")
    pictures = []
    for name, title in titles.items():
        root = new_svg(_SIZE, _SIZE)
        add_image(root, drawn[name], 0, 0, _SIZE, _SIZE)
        scale_bar(root, 20, _SIZE - 20, _SIZE / (2.0 * half), _SIZE / 5)
        caption = _("The plate {side}").format(side=title)
        pictures.append(to_report_image(f"plate-{name}", caption, caption, root))
    return tuple(pictures), ""
