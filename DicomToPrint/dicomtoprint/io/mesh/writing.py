"""What the writers of several formats share."""

import numpy as np

from ...messages import _, join

UNKNOWN_SPACE = _("written by DicomToPrint, space unknown")
CHUNK = 65536  # rows at a time


def space_words(space: str | None) -> str:
    """How a header names the space, as Slicer reads it: ``SPACE=LPS``; for None words that no reader takes for a space."""
    return f"SPACE={space}" if space else UNKNOWN_SPACE


def unit_normals(corners: np.ndarray) -> np.ndarray:
    """(m, 3, 3) corners to (m, 3) unit normals; zero for a triangle without area."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)


def color_bytes(color: tuple[float, float, float]) -> np.ndarray:
    """RGB in 0..1 as three bytes."""
    return np.clip(np.rint(np.asarray(color, dtype=float) * 255), 0, 255).astype(np.uint8)


def one_line(text: str) -> str:
    """A name as one line, never empty."""
    return join(" ", str(text).split()) or "Model"
