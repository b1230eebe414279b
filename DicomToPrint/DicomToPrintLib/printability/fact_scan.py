"""Facts of the file against the scan it came from: place, sides, lost and added parts, the text on it."""

from ..findings import Fact
from ..mesh import Mesh
from ..progress import Progress
from .reference import ScanReference


def scan_facts(mesh: Mesh, reference: ScanReference, progress: Progress) -> dict[str, Fact]:
    return {}
