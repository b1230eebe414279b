"""The drawing of the gaps between slices."""

import xml.etree.ElementTree as ET

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.acceptance.slice_spacing import measure_slice_spacing
from dicomtoprint.dicom import read_study
from dicomtoprint.report.scan_images import scan_images
from dicomtoprint.report.slice_spacing_plot import MAX_BARS, slice_spacing_plot
from Phantoms.case import SURGERY
from Phantoms.files import write_files
from Phantoms.series import series


def _plot(folder, gaps):
    spacing = measure_slice_spacing(read_study(write_files(series(gaps=gaps), folder)).series[0])
    assert spacing is not None
    return slice_spacing_plot(spacing)


def _bars(picture):
    return [bar.get("fill") for bar in ET.fromstring(picture.data).iter("{http://www.w3.org/2000/svg}rect")]


def test_a_hole_is_red_and_named(tmp_path):
    picture = _plot(tmp_path, (1, 1, 1, 2, 1, 1))
    assert [color == "#c62f26" for color in _bars(picture)] == [False, False, False, True, False, False]
    assert "1 of 6 gaps differ" in picture.caption and "2.000 mm between image 4 and image 5" in picture.caption


def test_one_hole_among_very_many_slices_is_drawn(tmp_path):
    picture = _plot(tmp_path, (0.5,) * MAX_BARS + (1.0,))
    assert len(_bars(picture)) == 2


def test_only_a_series_with_a_hole_shows_its_gaps(tmp_path):
    for name, gaps, shown in (("even", (1, 1, 1, 1), False), ("hole", (1, 1, 2, 1), True)):
        study = read_study(write_files(series(gaps=gaps), tmp_path / name))
        (one,) = evaluate_study(study, [load_protocol("3dsystems-ortho")], surgery_date=SURGERY, pixels=False).series
        assert ("gaps" in [picture.name for picture in scan_images(one)]) == shown
