"""The solids of the preparation benchmarks: analytic ones, awkward ones, phantoms, and bones of the shared scans."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.preparation.csg import import_manifold3d
from dicomtoprint.repair import repair_mesh

Maker = Callable[[], Mesh]


def mesh_of(solid, name: str) -> Mesh:  # type: ignore[no-untyped-def]
    """Mesh of a manifold3d.Manifold, in float32, all measured. Edges that float32 could not tell apart are taken out."""
    raw = solid.simplify(0.005).to_mesh64()
    triangles = np.asarray(raw.tri_verts).astype(np.int64)
    points = np.asarray(raw.vert_properties)[:, :3].astype(np.float32)
    return Mesh(points, triangles, name, triangle_arrays={"Provenance": np.zeros(len(triangles), np.uint8)})


def solids() -> dict[str, Maker]:
    """All solids by name, made when asked for."""
    return {**analytic(), **awkward(), **scanned()}


def _turned(solid):  # type: ignore[no-untyped-def]
    return solid.rotate((23.0, 41.0, 7.0))


def _ring(size: float, tube: float):  # type: ignore[no-untyped-def]
    module = import_manifold3d()
    return module.Manifold.revolve(module.CrossSection.circle(tube, 24).translate((size, 0.0)), 64)


def _sieve(count: int):  # type: ignore[no-untyped-def]
    module = import_manifold3d()
    holes = [
        module.Manifold.cylinder(20.0, 2.0, 2.0, 16, True).translate((8.0 * (n % 10), 8.0 * (n // 10), 0.0))
        for n in range(count)
    ]
    plate = module.Manifold.cube((84.0, 8.0 * max(count // 10, 1) + 4.0, 6.0)).translate((-6.0, -6.0, -3.0))
    return plate - module.Manifold.batch_boolean(holes, module.OpType.Add)


def _loose(seed: int):  # type: ignore[no-untyped-def]
    module = import_manifold3d()
    rng = np.random.default_rng(seed)
    balls = [
        module.Manifold.sphere(r, 32).translate(tuple(p))
        for r, p in zip(rng.uniform(4, 9, 6), 22.0 * rng.integers(-2, 3, (6, 3)))
    ]
    return module.Manifold.batch_boolean(balls, module.OpType.Add)


def _rough(seed: int):  # type: ignore[no-untyped-def]
    module = import_manifold3d()
    rng = np.random.default_rng(seed)
    w, p = rng.uniform(0.15, 0.5, (6, 3)), rng.uniform(0, 6, 6)
    return module.Manifold.level_set(
        lambda x, y, z: (
            20.0
            - (x * x + y * y + z * z) ** 0.5
            + sum(float(np.sin(a * x + b * y + c * z + d)) for (a, b, c), d in zip(w, p))
        ),
        [-29.4] * 3 + [29.4] * 3,
        2.0,
    )


def analytic() -> dict[str, Maker]:
    """36 closed solids: 12 kinds, 3 sizes or seeds each."""
    module = import_manifold3d()
    m = module.Manifold
    made: dict[str, Maker] = {}
    for n in range(3):
        k = 1.5 * n + 1.0
        kinds = {
            "ball": lambda n=n, k=k: m.sphere(8.0 * k, 24 * (n + 1)),
            "box": lambda k=k: m.cube((15.0 * k, 10.0 * k, 6.0 * k), True),
            "turned box": lambda k=k: _turned(m.cube((20.0 + 5 * k, 30.0, 8.0 + 2 * k), True)).refine(4),
            "ring": lambda k=k: _turned(_ring(20.0, 1.0 + 1.5 * k)),
            "plate": lambda k=k: _turned(m.cube((40.0, 30.0, 0.3 * k), True)).refine_to_length(3.0),
            "shell": lambda k=k: m.sphere(20.0, 64) - m.sphere(20.0 - 0.5 * k, 64),
            "cone": lambda k=k: _turned(m.cylinder(40.0, 5.0 * k, 0.4, 48)),
            "sieve": lambda n=n: _sieve(10 * (n + 1)),
            "loose balls": lambda n=n: _loose(n),
            "rough ball": lambda n=n: _rough(n),
            "tube": lambda k=k: (
                m.cylinder(60.0, 12.0, 12.0, 48)
                - m.cylinder(80.0, 12.0 - 0.8 * k, 12.0 - 0.8 * k, 48, True).translate((0, 0, 20.0))
            ),
            "needles": lambda k=k: m.batch_boolean(
                [
                    m.cube((30.0, 20.0, 5.0)),
                    *(m.cylinder(20.0, 0.25 * k, 0.25 * k, 12).translate((5.0 * i, 10.0, 4.0)) for i in range(1, 6)),
                ],
                module.OpType.Add,
            ),
        }
        for kind, make in kinds.items():
            made[f"{kind} {n + 1}"] = lambda make=make, kind=kind, n=n: mesh_of(make(), f"{kind} {n + 1}")
    return made


def awkward() -> dict[str, Maker]:
    """Genus 50 twice, thin open and closed shells, a lamella stack, a gyroid, and a million triangles."""
    module = import_manifold3d()
    m = module.Manifold

    def lattice():  # type: ignore[no-untyped-def]
        bars = [m.cube((2.0, 2.0, 32.0)).translate((10.0 * i, 10.0 * j, 0.0)) for i in range(4) for j in range(4)]
        bars += [m.cube((32.0, 2.0, 2.0)).translate((0.0, 10.0 * i, 10.0 * j)) for i in range(4) for j in range(4)]
        bars += [m.cube((2.0, 32.0, 2.0)).translate((10.0 * i, 0.0, 10.0 * j)) for i in range(4) for j in range(4)]
        return m.batch_boolean(bars, module.OpType.Add).rotate((11.0, 7.0, 3.0))

    def fifty():  # type: ignore[no-untyped-def]
        holes = [
            m.cylinder(20.0, 1.5, 1.5, 20, True).translate((6.0 * (n % 10), 6.0 * (n // 10), 0.0)) for n in range(50)
        ]
        return m.cube((64.0, 34.0, 6.0)).translate((-5.0, -5.0, -3.0)) - m.batch_boolean(holes, module.OpType.Add)

    def lamellae():  # type: ignore[no-untyped-def]
        sheets = [m.cube((20.0, 20.0, 0.5)).translate((0.0, 0.0, 1.4 * n)) for n in range(8)]
        return m.batch_boolean(
            [*sheets, m.cube((2.0, 21.0, 10.5)).translate((-0.5, -0.5, -0.1))], module.OpType.Add
        ).refine_to_length(2.0)

    def gyroid():  # type: ignore[no-untyped-def]
        s, c = np.sin, np.cos
        return m.level_set(
            lambda x, y, z: float(
                min(
                    0.5 - abs(s(x / 3) * c(y / 3) + s(y / 3) * c(z / 3) + s(z / 3) * c(x / 3)),
                    15.0 - (x * x + y * y + z * z) ** 0.5,
                )
            ),
            [-16.0] * 3 + [16.0] * 3,
            0.9,
        )

    def bowl():  # type: ignore[no-untyped-def]
        return (m.sphere(25.0, 96) - m.sphere(24.5, 96)).trim_by_plane((0.0, 0.0, -1.0), 0.0)

    kinds = {"genus 50": fifty, "lattice": lattice, "lamellae": lamellae, "gyroid": gyroid, "thin bowl": bowl}
    made: dict[str, Maker] = {kind: lambda make=make, kind=kind: mesh_of(make(), kind) for kind, make in kinds.items()}
    made["gyroid"] = lambda: repair_mesh(mesh_of(gyroid(), "gyroid")).mesh  # its sheets touch in places
    made["lumpy shell, 1 M triangles"] = lambda: lumpy(252)
    made["lumpy shell, 0.15 M triangles"] = lambda: lumpy(96)
    return made


def lumpy(grid: int) -> Mesh:
    """A bone-like surface: lumpy ball with a thin shell, a gap, a core and a strut."""
    from printability_speed import bone_like

    mesh = bone_like(grid)
    return mesh.with_arrays(triangle_arrays={"Provenance": np.zeros(len(mesh.triangles), np.uint8)})


def scanned() -> dict[str, Maker]:
    """Phantoms, and with DICOM_TO_PRINT_DATA the bones of its scans and label maps, each through the product's own surface."""
    made: dict[str, Maker] = {"phantom bone": phantom}
    folder = os.environ.get("DICOM_TO_PRINT_DATA")
    if not folder:
        return made
    data = Path(folder)
    made["head of 64 pixels"] = lambda: bone(data / "slicer_ctheadaxial", 100_000)
    made["head phantom"] = lambda: bone(data / "philips_headphantom_1mm_UB", 100_000)
    for number in (21, 22, 23):
        made[f"vertebra {number}"] = lambda number=number: labelled(
            data / "labels_vertebra" / "sub-ct_seg-vert_label-22_msk.nii.gz", f"Label {number}"
        )
    for number in (1, 3, 4, 5):
        made[f"dental {number}"] = lambda number=number: labelled(
            data / "labels_dental" / "PostDentalSurgery_Segmentation.nii.gz", f"Label {number}"
        )
    for number in (3, 5, 6, 11, 14, 20, 31, 32, 86, 87, 117):
        made[f"organ or bone {number}"] = lambda number=number: labelled(
            data / "labels_totalsegmentator" / "example_seg.nii.gz", f"Label {number}"
        )
    return made


def phantom() -> Mesh:
    """The bone of the product's own CT phantom, 100 x 128 x 128 voxels."""
    from dicomtoprint.phantom import make_phantom_volume

    return surface(make_phantom_volume(shape=(100, 128, 128), spacing=(1.8, 1.8, 2.4), scale=1.65)[0], 100_000)


def bone(folder: Path, triangles: int) -> Mesh:
    """Bone of the longest series in a folder."""
    from dicomtoprint.dicom import read_study, read_volume

    return surface(read_volume(max(read_study(folder).series, key=lambda s: len(s.files))), triangles)


def surface(volume, triangles: int) -> Mesh:  # type: ignore[no-untyped-def]
    """The largest surface that a run would make."""
    from dicomtoprint.config.run_settings import RunSettings
    from dicomtoprint.pipeline import segment, stages

    settings = RunSettings(triangles=triangles)
    model = stages.repair(stages.make_surface(segment(volume, settings), settings), settings)
    return max(model.meshes, key=lambda mesh: mesh.volume)


_labelled: dict[Path, dict[str, Mesh]] = {}


def labelled(file: Path, name: str) -> Mesh:
    """The surface of one label of a label map."""
    from dicomtoprint.config.run_settings import RunSettings
    from dicomtoprint.pipeline import stages
    from dicomtoprint.segmentation import load_anatomy, read_labelmap, refine_labelmap

    if file not in _labelled:
        settings = RunSettings()
        found = refine_labelmap(read_labelmap(file), None, load_anatomy("from-segmentation"))
        _labelled[file] = {
            mesh.name: mesh for mesh in stages.repair(stages.make_surface(found, settings), settings).meshes
        }
    return _labelled[file][name]
