"""Preparation over a corpus of solids: is every result closed, manifold, free of self-intersections, positive and of the volume expected?

    python Testing/Benchmarks/preparation_corpus.py [--quick] [--output Testing/Benchmarks/results]

Solids x operations. An operation may refuse with a reason; then the input must be as it was. Expected volumes: the parts of a cut
or split sum to the whole; hollow, thicken, base, struts and label change it by what they report; orient keeps it. Parts put back
together: their symmetric difference with the whole, by exact CSG. --quick takes every fifth solid.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from DicomToPrintLib import preparation as room
from DicomToPrintLib.errors import DicomToPrintError, Refused
from DicomToPrintLib.measure import self_intersections, topology
from DicomToPrintLib.mesh import Mesh
from DicomToPrintLib.preparation.solid import manifold3d, to_solid


def mesh_of(solid, name: str) -> Mesh:
    raw = solid.to_mesh64()
    triangles = np.asarray(raw.tri_verts).astype(np.int64)
    points = np.asarray(raw.vert_properties)[:, :3].astype(np.float32)
    return Mesh(points, triangles, name, triangle_arrays={"Provenance": np.zeros(len(triangles), np.uint8)})


def solids() -> dict[str, Callable[[], Mesh]]:
    """72 closed solids by name, made when asked for: 12 kinds, 6 sizes or seeds each."""
    module = manifold3d()
    m = module.Manifold
    turned = lambda solid: solid.rotate((23.0, 41.0, 7.0))  # noqa: E731

    def ring(size: float, tube: float):
        circle = module.CrossSection.circle(tube, 24).translate((size, 0.0))
        return m.revolve(circle, 64)

    def level(function, size: float):
        reach = 1.05 * size
        return m.level_set(function, [-reach, -reach, -reach, reach, reach, reach], size / 14.0)

    def sieve(count: int):
        holes = [m.cylinder(20.0, 2.0, 2.0, 16, True).translate((8.0 * (n % 10), 8.0 * (n // 10), 0.0)) for n in range(count)]
        plate = m.cube((84.0, 8.0 * max(count // 10, 1) + 4.0, 6.0)).translate((-6.0, -6.0, -3.0))
        return plate - m.batch_boolean(holes, module.OpType.Add)

    def loose(seed: int):
        rng = np.random.default_rng(seed)
        balls = [m.sphere(r, 32).translate(tuple(p)) for r, p in zip(rng.uniform(4, 9, 6), 22.0 * rng.integers(-2, 3, (6, 3)))]
        return m.batch_boolean(balls, module.OpType.Add)

    def rough(seed: int):
        rng = np.random.default_rng(seed)
        w, p = rng.uniform(0.15, 0.5, (6, 3)), rng.uniform(0, 6, 6)
        return level(lambda x, y, z: 20.0 - (x * x + y * y + z * z) ** 0.5 + sum(
            float(np.sin(a * x + b * y + c * z + d)) for (a, b, c), d in zip(w, p)), 28.0)

    made: dict[str, Callable[[], Mesh]] = {}
    for n in range(6):
        k = n + 1.0
        kinds = {
            "ball": lambda n=n, k=k: m.sphere(8.0 * k, 24 * (n + 1)),
            "box": lambda k=k: m.cube((15.0 * k, 10.0 * k, 6.0 * k), True),
            "turned box": lambda k=k: turned(m.cube((20.0 + 5 * k, 30.0, 8.0 + 2 * k), True)).refine(4),
            "ring": lambda k=k: turned(ring(20.0, 1.0 + 1.5 * k)),
            "plate": lambda k=k: turned(m.cube((40.0, 30.0, 0.3 * k), True)).refine_to_length(3.0),
            "shell": lambda k=k: m.sphere(20.0, 64) - m.sphere(20.0 - 0.5 * k, 64),
            "cone": lambda k=k: turned(m.cylinder(40.0, 5.0 * k, 0.4, 48)),
            "sieve": lambda n=n: sieve(10 * (n + 1)),
            "loose balls": lambda n=n: loose(n),
            "rough ball": lambda n=n: rough(n),
            "tube": lambda k=k: m.cylinder(60.0, 12.0, 12.0, 48)
            - m.cylinder(80.0, 12.0 - 0.8 * k, 12.0 - 0.8 * k, 48, True).translate((0, 0, 20.0)),
            "needles": lambda k=k: m.batch_boolean([m.cube((30.0, 20.0, 5.0)), *(
                m.cylinder(20.0, 0.25 * k, 0.25 * k, 12).translate((5.0 * i, 10.0, 4.0)) for i in range(1, 6))], module.OpType.Add),
        }
        for kind, make in kinds.items():
            made[f"{kind} {n + 1}"] = lambda make=make, kind=kind, n=n: mesh_of(make(), f"{kind} {n + 1}")
    return made


def operations() -> dict[str, Callable[[Mesh], tuple[list[Mesh], float]]]:
    """Each returns its results and the volume in mm3 that they are expected to have together."""

    def cut(mesh: Mesh) -> tuple[list[Mesh], float]:
        return list(room.cut(mesh, room.plane_at("S", (mesh.bounds[4] + mesh.bounds[5]) / 2.0 + 0.1234))), mesh.volume

    def split(mesh: Mesh) -> tuple[list[Mesh], float]:
        size = np.diff(np.asarray(mesh.bounds).reshape(3, 2), axis=1).ravel()
        return list(room.split_to_fit(mesh, np.maximum(0.7 * size, 7.0)).parts), mesh.volume

    def thicken(mesh: Mesh) -> tuple[list[Mesh], float]:
        done = room.thicken(mesh, 1.0)
        return [done.mesh], mesh.volume + done.added_mm3

    def hollow(mesh: Mesh) -> tuple[list[Mesh], float]:
        done = room.hollow(mesh, 2.0, 3.0)
        return [done.mesh], mesh.volume - done.removed_mm3

    def base(mesh: Mesh) -> tuple[list[Mesh], float]:
        done = room.add_base(mesh)
        return [done.mesh], mesh.volume + done.added_mm3

    def struts(mesh: Mesh) -> tuple[list[Mesh], float]:
        done = room.add_struts(mesh, 2.0)
        return [done.mesh], mesh.volume + done.added_mm3

    def label(mesh: Mesh) -> tuple[list[Mesh], float]:
        done = room.add_label(mesh, "R 12", 5.0, 0.6)
        return [done.mesh], mesh.volume

    def orient(mesh: Mesh) -> tuple[list[Mesh], float]:
        return [room.orient(mesh).mesh], mesh.volume

    return {"cut": cut, "split": split, "thicken": thicken, "hollow": hollow, "base": base, "struts": struts, "label": label,
            "orient": orient}


def judged(parts: list[Mesh], expected: float) -> str:
    """'' where all promises hold, or the first that does not."""
    for mesh in parts:
        found = topology(mesh)
        if found.boundary_edges or found.nonmanifold_edges or found.nonmanifold_vertices or found.inverted:
            return "not a closed manifold"
        if len(self_intersections(mesh)):
            return "self-intersection"
        if mesh.volume <= 0:
            return "not positive"
    off = abs(sum(mesh.volume for mesh in parts) / expected - 1.0)
    return f"volume off by {100 * off:.1f} %" if off > 0.01 else ""


def apart(whole: Mesh, parts: list[Mesh]) -> float:
    """Symmetric difference of the whole and the parts together, in per cent of the whole."""
    solid = to_solid(whole).manifold
    module = manifold3d()
    together = module.Manifold.batch_boolean([to_solid(part).manifold for part in parts], module.OpType.Add)
    return 100.0 * ((solid - together).volume() + (together - solid).volume()) / solid.volume()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    asked = parser.parse_args()
    corpus = solids()
    names = list(corpus)[:: 5 if asked.quick else 1]
    count: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    seconds: dict[str, list[float]] = defaultdict(list)
    worst_apart, faults = 0.0, []
    for name in names:
        mesh = corpus[name]()
        before = mesh.points.copy(), mesh.triangles.copy()
        for operation, apply in operations().items():
            start = time.perf_counter()
            try:
                parts, expected = apply(mesh)
                fault = judged(parts, expected)
                if operation in ("cut", "split"):
                    worst_apart = max(worst_apart, apart(mesh, parts))
            except Refused:
                count[operation]["refused"] += 1
                continue
            except (DicomToPrintError, ArithmeticError, ValueError, IndexError, RuntimeError) as error:
                fault = f"{type(error).__name__}: {error}"
            finally:
                seconds[operation].append(time.perf_counter() - start)
                assert np.array_equal(before[0], mesh.points) and np.array_equal(before[1], mesh.triangles), "the input changed"
            count[operation]["fault" if fault else "valid"] += 1
            if fault:
                faults.append(f"{name}, {operation}: {fault}")
                print(faults[-1], flush=True)
        done = names[: names.index(name) + 1]
        text = table(done, asked.quick, count, seconds, worst_apart, faults)
        asked.output.mkdir(parents=True, exist_ok=True)
        file = "preparation_corpus_quick.md" if asked.quick else "preparation_corpus.md"
        (asked.output / file).write_text(text, encoding="utf-8")
    print(text)


def table(names, quick: bool, count, seconds, worst_apart: float, faults: list[str]) -> str:  # type: ignore[no-untyped-def]
    lines = [f"# Preparation over {len(names)} solids", "", "`python Testing/Benchmarks/preparation_corpus.py"
             + (" --quick" if quick else "") + "`: valid means closed, manifold, no self-intersection, positive, and of the volume "
             "expected within 1 %; times include the judging.", "",
             "| operation | valid | refused | fault | median s |", "|---|---|---|---|---|"]
    lines += [f"| {name} | {row['valid']} | {row['refused']} | {row['fault']} | {np.median(seconds[name]):.2f} |"
              for name, row in count.items()]
    lines += ["", f"Parts of cuts and splits put back together differ from the whole by at most {worst_apart:.4f} % of its volume.", ""]
    lines += ["Faults:", "", *(f"- {fault}" for fault in faults)] if faults else ["No fault."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
