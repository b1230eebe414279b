"""Formats of what joins the study of a scan: a PACS files them by its patient and study."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..progress import ProgressCallback
from ..volume import reordered
from .scan_loading import LoadedScan
from .steps import needs_preparation

if TYPE_CHECKING:
    from ..io import WrittenFile
    from ..reconstruction import SurfaceModel
    from ..segmentation import Segmentation


@dataclass(frozen=True)
class StudyOutput:
    """What is written into a study: the model and its segmentation, of a scan in DICOM files, as `stem` in `folder`."""

    model: "SurfaceModel"
    segmentation: "Segmentation | None"
    scan: LoadedScan
    settings: RunSettings
    folder: Path
    stem: str


class StudyFormat:
    """One format of a study: `ending` of its files, `package` that it needs and Slicer lacks (empty: none)."""

    name = ""
    ending = ""
    package = ""

    def write(self, output: StudyOutput, progress: ProgressCallback) -> "WrittenFile | None":
        """The file, read back; None where there is nothing to write. Raises `OutputError`."""
        raise NotImplementedError


class EncapsulatedStl(StudyFormat):
    """The model as DICOM Encapsulated STL."""

    name = "dicom"
    ending = ".dcm"

    def write(self, output: StudyOutput, progress: ProgressCallback) -> "WrittenFile | None":
        from ..dicom_export import source_headers, write_encapsulated_stl

        assert output.scan.series is not None
        return write_encapsulated_stl(
            output.model.meshes,
            output.folder,
            output.stem,
            source_headers(output.scan.series.series),
            use=output.settings.use,
            modified=needs_preparation(output.settings) or _holds_more(output.model),
            progress=progress,
        )


class DicomSeg(StudyFormat):
    """The anatomy as DICOM segmentation on the planes of the scan."""

    name = "seg"
    ending = ".seg.dcm"
    package = "highdicom"

    def write(self, output: StudyOutput, progress: ProgressCallback) -> "WrittenFile | None":
        """Labels of a finer or cropped grid are taken at the scan's voxels."""
        import numpy as np
        from scipy import ndimage

        from ..dicom_export import source_headers, write_dicom_seg

        segmentation, scan = output.segmentation, output.scan
        if segmentation is None:
            return None
        assert scan.series is not None
        labels, volume = segmentation.labels, scan.volume
        same = reordered(labels, segmentation.affine, volume.affine, volume.array.shape)
        if same is not None:
            labels = same
        else:
            to_labels = np.linalg.inv(segmentation.affine) @ volume.affine
            turned = to_labels[:3, :3][::-1, ::-1]
            labels = ndimage.affine_transform(labels, turned, to_labels[2::-1, 3], volume.array.shape, order=0)
        headers = source_headers(scan.series.series)
        return write_dicom_seg(
            labels, volume.affine, segmentation.segments, output.folder, output.stem, headers, progress=progress
        )


def _holds_more(model: "SurfaceModel") -> bool:
    """True where a part of the surface was not scanned but bridged or added."""
    import numpy as np

    from ..mesh.core import Provenance

    origins = [mesh.triangle_arrays["Provenance"] for mesh in model.meshes if "Provenance" in mesh.triangle_arrays]
    return any(np.isin(origin, (Provenance.BRIDGED, Provenance.ADDED)).any() for origin in origins)
