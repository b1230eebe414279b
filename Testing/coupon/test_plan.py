"""The plate of every process: ladders on both sides of each limit, nothing on top of anything else, one solid."""

import itertools

import numpy as np
import pytest

from dicomtoprint.config import resources
from dicomtoprint.coupon import build_solid, lay_out, load_plan
from dicomtoprint.errors import UsageError
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh import analyse_topology
from dicomtoprint.printability import load_printer, load_process
from Phantoms.prusa_slicer import SLICER, sizes_read, sliced

# A minute for all of them: Testing/Benchmarks/coupon_sliced.py.
SLICED = ("dmls",)
PROCESSES = resources.builtin_names("processes")


def plate(name):
    process = load_process(name)
    return lay_out(process, load_printer(process.printer))


@pytest.mark.parametrize("name", PROCESSES)
def test_each_ladder_goes_from_below_a_limit_to_above_it(name):
    layout = plate(name)
    process, kinds = layout.process, {}
    for feature in layout.features:
        kinds.setdefault(feature.kind, []).append(feature)
    for ladder in load_plan()["ladders"]:
        limit, found = process.limit(ladder["limit"]), kinds.get(ladder["kind"], [])
        if limit is None:
            assert bool(found) == ("otherwise" in ladder)
            continue
        sizes = [feature.nominal for feature in found]
        assert min(sizes) < limit < max(sizes) and limit in [pytest.approx(size) for size in sizes]
        harder = [s > limit for s in sizes] if ladder["kind"] in ("overhang", "bridge") else [s < limit for s in sizes]
        assert all(feature.is_declared for feature, is_harder in zip(found, harder) if is_harder)
    assert [feature.name for feature in kinds["block"]] == ["X1", "X2", "Y1", "Y2", "Z1", "Z2"]
    assert len({feature.name for feature in layout.features}) == len(layout.features)


@pytest.mark.parametrize("name", PROCESSES)
def test_features_and_names_stand_apart_on_a_plate_that_fits_the_printer(name):
    layout = plate(name)
    room = load_printer(layout.process.printer).usable_mm
    assert all(side <= most + 1e-9 for side, most in zip(layout.size, room))
    boxes = [np.array(feature.box) for feature in layout.features]
    for box in boxes:
        assert (box[:2] > 0.0).all() and (box[3:5] < np.array(layout.size[:2])).all()
    for first, second in itertools.combinations(boxes, 2):
        apart = np.maximum(second[:2] - first[3:5], first[:2] - second[3:5]).max()
        assert apart > 1.0
    for entry, box in itertools.product(layout.names, boxes):
        assert entry.y + entry.height < box[1] or entry.y >= box[4] or entry.x > box[3] or box[0] > entry.x


@pytest.mark.parametrize("name", PROCESSES)
def test_the_plate_is_one_closed_solid_with_every_feature_and_is_sliced(name, tmp_path):
    pytest.importorskip("manifold3d")
    layout = plate(name)
    solid = build_solid(layout)
    assert analyse_topology(solid.mesh).closed
    points = solid.mesh.points.astype(float)
    assert np.ptp(points, axis=0)[:2] == pytest.approx(layout.size[:2], abs=1e-3)
    for feature in layout.features:
        low, high = np.array(feature.box[:3]), np.array(feature.box[3:])
        own = points[((points > low - 0.01) & (points < high + 0.01)).all(axis=1)]
        extent = np.ptp(own, axis=0)
        axis = "xyz".index(feature.axis) if feature.axis else 0
        expected = (
            (high - low)[axis] if feature.kind in ("overhang", "bridge", "engraved", "raised") else feature.nominal
        )
        least = expected - (layout.size[2] if feature.axis == "z" else 0.0) - 0.01  # a tower has no corner at its foot
        assert least <= extent[axis] <= expected + 0.01, feature.name
    if SLICER is None or name not in SLICED:
        return
    (file,) = export_meshes([solid.mesh], tmp_path, "coupon", ("stl",), space=None)
    size = np.ptp(solid.mesh.points, axis=0)
    assert sizes_read(file.path)[0] == pytest.approx(size, abs=0.02)
    used, height = sliced(file.path, tmp_path / "coupon.gcode", (250.0, 250.0, 200.0))
    assert used > 1000.0 and height == pytest.approx(size[2], abs=0.45)


def test_a_printer_that_is_too_small_is_refused():
    with pytest.raises(UsageError, match="does not fit on"):
        lay_out(load_process("fdm"), load_printer("60x60x60"))
