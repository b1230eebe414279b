"""Pictures.

The contour where the surface is, left on the left, colours by value, and a run that goes on without OpenGL.
"""

import io
import re
import sys
import time
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dicomtoprint.accuracy import CaliperMeasurement
from dicomtoprint.errors import CancelledError
from dicomtoprint.mesh.core import Provenance
from dicomtoprint.rendering import (
    deviation_map,
    offscreen,
    print_map,
    provenance_map,
    render_model_views,
    render_slice_contours,
    wall_map,
)
from dicomtoprint.report import select_caliper_measurements
from dicomtoprint.volume import Volume
from dicomtoprint.workers import process

SVG = "{http://www.w3.org/2000/svg}"


def pixels_of(png):
    image = pytest.importorskip("PIL.Image")
    return np.asarray(image.open(io.BytesIO(png)).convert("RGB"))


def png_in(picture):
    root = ElementTree.fromstring(picture.data)
    return b64decode(next(root.iter(f"{SVG}image")).get("href").split(",")[1])


def ball_volume(centre, radius, affine, shape):
    """Grey values of a bright ball with its half value at the radius."""
    k, j, i = np.indices(shape)
    points = np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    distance = np.linalg.norm(points - centre, axis=-1) - radius
    return Volume(np.clip(500 - 500 * distance, 0, 1000).astype(np.int16), affine)


@pytest.mark.parametrize("shear", [0.0, 0.3])
def test_contour_runs_along_the_edge_of_the_grey_values(ball, shear):
    """Straight and sheared grids: the yellow line lies where the grey values pass the half, within a pixel."""
    affine = np.array([[0.8, 0, 0, -50.0], [0, 0.8, 1.5 * shear, 20.0], [0, 0, 1.5, -100.0], [0, 0, 0, 1]])
    centre = affine[:3, :3] @ (30, 34, 20) + affine[:3, 3]
    volume = ball_volume(centre, 12.0, affine, (40, 64, 64))
    pictures = render_slice_contours(volume, [ball(centre, 12.0, rings=48)], window=(0.0, 1000.0))
    assert len(pictures) == 9
    for picture in pictures:
        root = ElementTree.fromstring(picture.data)
        grey = pixels_of(png_in(picture))[..., 0].astype(float)
        path = next(root.iter(f"{SVG}path")).get("d")
        places = np.array([[float(v) for v in pair.split()] for pair in re.findall(r"[-\d.]+ [-\d.]+", path)])
        rows, columns = places[:, 1].astype(int), places[:, 0].astype(int)
        assert len(places) > 50
        edge = np.abs(np.gradient(grey)[0]) + np.abs(np.gradient(grey)[1])
        assert np.median(edge[rows, columns]) > 8
        middle = grey[int(places[:, 1].mean()), int(places[:, 0].mean())]
        assert middle > 250
        assert abs(float(np.median(grey[rows, columns])) - 127) < 40


def test_left_of_the_patient_is_on_the_right_of_the_picture(ball):
    """A ball at the patient's left (+x) and front (-y), head up."""
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = (-32, -32, -32)
    small, large = np.array([15.0, -12.0, 10.0]), np.array([-6.0, 5.0, -4.0])
    volume = ball_volume(small, 9.0, affine, (64, 64, 64))
    meshes = [ball(small, 9.0), ball(large, 20.0)]
    axial, coronal, sagittal = render_slice_contours(volume, meshes, window=(0, 1000))[2::3]
    for picture, letters in ((axial, "RLAP"), (coronal, "RLSI"), (sagittal, "APSI")):
        text = [element.text for element in ElementTree.fromstring(picture.data).iter(f"{SVG}text")]
        assert text[:4] == list(letters)
    rows, columns = np.nonzero(pixels_of(png_in(axial))[..., 0] > 127)
    height, width = pixels_of(png_in(axial)).shape[:2]
    assert columns.mean() > width / 2
    assert rows.mean() < height / 2


def test_maps_color_by_value(ball):
    mesh = ball()
    walls = np.linspace(0.2, 6.0, len(mesh.points)).astype(np.float32)
    walls[0] = np.nan
    shown = wall_map(mesh.with_arrays({"Wall": walls}), 0.8)
    below = np.nan_to_num(walls, nan=9) < 0.8
    assert {tuple(color) for color in shown.colors[below]} == {(213, 60, 0)}
    assert (213, 60, 0) not in {tuple(color) for color in shown.colors[~below]}
    assert "below 0.8 mm" in shown.classes
    origins = np.full(len(mesh.triangles), Provenance.MEASURED, np.uint8)
    origins[:7] = Provenance.BRIDGED
    shown = provenance_map(mesh.with_arrays(triangle_arrays={"Provenance": origins}))
    assert set(shown.classes) == {"measured", "bridged"}
    assert len(np.unique(shown.colors, axis=0)) == 2
    signed = deviation_map(mesh.with_arrays({"Deviation": np.linspace(-0.5, 0.5, len(mesh.points))}))
    assert signed.low == -signed.high
    assert "from the model" in print_map(mesh.with_arrays({"Deviation": np.zeros(len(mesh.points))})).title
    with pytest.raises(KeyError):
        deviation_map(mesh)


def test_colors_of_origins_differ_for_color_blind_eyes():
    """Deuteranopia and protanopia after Vienot, Brettel and Mollon (1999): still far apart."""
    from dicomtoprint.rendering.scalar_maps import _ORIGINS

    colors = (np.array(list(_ORIGINS.values())) / 255.0) ** 2.2
    to_lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    for matrix in ([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]):
        seen = np.clip(colors @ to_lms.T @ np.array(matrix).T @ np.linalg.inv(to_lms).T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)[np.triu_indices(len(seen), 1)]
        assert apart.min() > 0.15


@pytest.fixture(scope="module")
def drawn():
    import vtk

    from dicomtoprint.mesh.core import Mesh, from_polydata

    source = vtk.vtkSphereSource()
    source.SetRadius(20.0)
    source.SetThetaResolution(32)
    source.SetPhiResolution(32)
    source.Update()
    sphere = from_polydata(source.GetOutput())
    large = Mesh(sphere.points, sphere.triangles, "Large", (0.9, 0.2, 0.2))
    small = Mesh(sphere.points * 0.3 + np.array([24, -20, 14], np.float32), sphere.triangles, "Small", (0.2, 0.2, 0.9))
    mapped = large.with_arrays({"Wall": np.where(large.points[:, 2] > 0, 0.5, 5.0)})
    pictures = render_model_views(
        [large, small], [(mapped, wall_map(mapped, 1.0))], select_caliper_measurements([large])
    )
    if pictures.note:
        pytest.skip("no OpenGL here")
    return pictures


def test_views_show_the_model_from_its_sides(drawn):
    names = [picture.name for picture in drawn.views]
    assert names == [f"view-{side}" for side in ("anterior", "posterior", "left", "right", "superior", "inferior")]
    for picture, (across, down) in zip(drawn.views, ((1, -1), (-1, -1), (-1, -1), (1, -1), (-1, -1), (1, -1))):
        image = pixels_of(png_in(picture)).astype(int)
        blue = np.argwhere(image[..., 2] > image[..., 0] + 30)
        red = np.argwhere(image[..., 0] > image[..., 2] + 30)
        assert len(red) > 2000
        if picture.name in ("view-anterior", "view-left", "view-superior"):
            offset = blue.mean(axis=0) - red.mean(axis=0)
            assert np.sign(offset[1]) == across or picture.name == "view-superior"
            assert np.sign(offset[0]) == down
    assert all(picture.alt and picture.caption for picture in drawn.views + drawn.maps)


def test_scale_bar_has_the_length_it_says(drawn):
    """The large ball of 40 mm against the bar, in pixels."""
    picture = next(picture for picture in drawn.views if picture.name == "view-inferior")
    image = pixels_of(png_in(picture)).astype(int)
    red = np.argwhere(image[..., 0] > image[..., 2] + 30)
    ball_pixels = red[:, 1].max() - red[:, 1].min() + 1
    root = ElementTree.fromstring(picture.data)
    label = next(element.text for element in root.iter(f"{SVG}text") if element.text.endswith(" mm"))
    bar = float(list(root.iter(f"{SVG}rect"))[-1].get("width"))
    assert bar / float(label.split()[0]) == pytest.approx(ball_pixels / 40.0, rel=0.02)


def test_map_shows_its_colors_and_legend(drawn):
    front = drawn.maps[0]
    image = pixels_of(png_in(front)).astype(int)
    orange = np.argwhere((image[..., 0] > image[..., 2] + 90) & (image[..., 1] < 110))
    yellow = np.argwhere(image[..., 1] > image[..., 2] + 60)
    assert len(orange) > 1000
    assert len(yellow) > 1000
    assert orange[:, 0].mean() < yellow[:, 0].mean()
    words = [element.text for element in ElementTree.fromstring(front.data).iter(f"{SVG}text")]
    assert "Wall thickness (mm)" in words
    assert "below 1 mm" in words


def test_without_opengl_the_run_goes_on(ball, monkeypatch):
    monkeypatch.setattr(offscreen, "SCRIPT", Path(__file__).with_name("no_such_script.py"))
    pictures = render_model_views([ball()])
    assert pictures.views == ()
    assert "OpenGL" in pictures.note


def test_a_hanging_process_is_ended(ball, monkeypatch, tmp_path):
    script = tmp_path / "hang.py"
    script.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    monkeypatch.setattr(offscreen, "SCRIPT", script)
    monkeypatch.setattr(offscreen, "_environments", lambda: [{}])
    scene = offscreen.RenderScene(
        (offscreen.ColoredMesh(ball().points, ball().triangles, np.array([1, 2, 3])),),
        (offscreen.CameraView("a", (0, 0, 1), (0, 1, 0)),),
    )
    start = time.monotonic()
    assert offscreen.render_offscreen([scene], 64, (0, 0, 0), 1.0, timeout_s=0.5) == {}
    assert time.monotonic() - start < 10

    def stop(fraction, phrase=""):
        raise CancelledError

    with pytest.raises(CancelledError):
        offscreen.render_offscreen([scene], 64, (0, 0, 0), 1.0, progress=stop)
    assert time.monotonic() - start < 20


def test_a_renderer_behind_a_launcher_is_ended(ball, monkeypatch, tmp_path, launcher):
    hanging = offscreen.SCRIPT.read_text(encoding="utf-8").replace(
        "    import vtk\n", "    import time\n    time.sleep(60)\n", 1
    )
    hanging = hanging.replace("__file__", repr(str(offscreen.SCRIPT)))
    (tmp_path / "draw.py").write_text(hanging, encoding="utf-8")
    monkeypatch.setattr(offscreen, "SCRIPT", tmp_path / "draw.py")
    monkeypatch.setattr(process, "python_executable", launcher)
    scene = offscreen.RenderScene((offscreen.ColoredMesh(ball().points, ball().triangles, np.array([1, 2, 3])),), ())

    def stop(fraction, phrase=""):
        if launcher.started():
            assert launcher.left(0.3), "it hangs"
            raise CancelledError

    with pytest.raises(CancelledError):
        offscreen.render_offscreen([scene], 64, (0, 0, 0), 1.0, progress=stop)
    assert not launcher.left()


def test_interpreter_of_the_child(monkeypatch, tmp_path):
    assert process.python_executable() == sys.executable
    real = tmp_path / "bin" / "SlicerApp-real"
    real.parent.mkdir()
    (real.parent / "PythonSlicer").write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "executable", str(real))
    assert process.python_executable() == str(real.parent / "PythonSlicer")


def test_calipers_of_a_box_are_its_edges(ball):
    """A box of 30 x 20 x 10 mm: flat faces give straight distances."""
    import vtk

    from dicomtoprint.mesh.core import from_polydata

    source = vtk.vtkCubeSource()
    source.SetXLength(30)
    source.SetYLength(20)
    source.SetZLength(10)
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(source.GetOutputPort())
    triangles.Update()
    found = select_caliper_measurements([from_polydata(triangles.GetOutput())], absolute_mm=0.1, share=0.01)
    assert len(found) == 5
    assert [round(caliper.expected_mm, 3) for caliper in found[:3]] == [30.0, 20.0, 10.0]
    assert found[3].expected_mm == pytest.approx(np.sqrt(30**2 + 20**2 + 10**2))
    assert found[0].tolerance_mm == pytest.approx(0.3)
    assert found[2].tolerance_mm == pytest.approx(0.1)


def test_calipers_stay_on_one_piece(ball):
    large, small = ball(radius=20.0), ball((200.0, 0, 0), 5.0)
    for caliper in select_caliper_measurements([large, small]):
        assert caliper.expected_mm == pytest.approx(40.0, abs=0.6)
        assert max(caliper.start[0], caliper.end[0]) < 21
    assert select_caliper_measurements([replace(large, triangles=large.triangles[:0])]) == ()
    assert isinstance(select_caliper_measurements([large])[0], CaliperMeasurement)


def test_calipers_stay_on_one_part_of_a_cut_model_and_name_it():
    """Two halves of a rod of 60 mm, with the corners of the cut in common: no calipers measure across a cut."""
    from Phantoms.solids import box

    halves = [replace(box(40, 10, 10, (-40, 0, 0)), name="Rod part 1"), replace(box(20, 10, 10), name="Rod part 2")]
    found = select_caliper_measurements(halves)
    assert found[0].expected_mm == pytest.approx(40.0)
    assert found[0].description == "most right point to most left point, of Rod part 1"
