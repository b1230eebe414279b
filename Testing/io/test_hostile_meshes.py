"""Broken and hostile files: one sentence, exit code 3, memory bounded."""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.errors import DicomToPrintError, InputError
from dicomtoprint.io import read_mesh_file
from Phantoms.solids import ball, box, write_stl

LIBRARY = str(Path(__file__).resolve().parents[2] / "DicomToPrint")
FACET = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex {x} 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
PLY = (
    "ply\nformat {form} 1.0\nelement vertex {points}\nproperty float x\nproperty float y\nproperty float z\nelement face {faces}\n"
    "property list {counter} int vertex_indices\nend_header\n"
)
CORNERS = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
MODEL = (
    '<?xml version="1.0" encoding="UTF-8"?>\n{before}<model unit="millimeter" xml:lang="en-US" '
    'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>{objects}</resources><build>'
    '<item objectid="{build}"/></build></model>'
)
TETRAHEDRON = (
    '<object id="1" type="model"><mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/>'
    '<vertex x="0" y="1" z="0"/><vertex x="0" y="0" z="1"/></vertices><triangles><triangle v1="0" v2="2" v3="1"/>'
    '<triangle v1="0" v2="1" v3="3"/><triangle v1="1" v2="2" v3="3"/><triangle v1="0" v2="3" v3="2"/></triangles></mesh></object>'
)


ONE_FACE = CORNERS + struct.pack("<Biii", 3, 0, 1, 2)


def ply(form="binary_little_endian", points=3, faces=1, counter="uchar", rest=ONE_FACE):
    return PLY.format(form=form, points=points, faces=faces, counter=counter).encode() + rest


def binary_stl(count: int, held: int) -> bytes:
    return b"binary".ljust(80, b"\0") + struct.pack("<I", count) + b"\0" * (50 * held)


def package(before="", objects=TETRAHEDRON, build=1, more=()):
    """Bytes of a 3MF."""
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Target="/3D/3dmodel.model" Id="r0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>'
            "</Relationships>",
        )
        file.writestr("3D/3dmodel.model", MODEL.format(before=before, objects=objects, build=build))
        for name, content in more:
            file.writestr(name, content)
    return buffer.getvalue()


def laughing_components(levels=12, each=8) -> str:
    """Objects that each place the one before eight times: 8^12 tetrahedra."""
    text = TETRAHEDRON
    for level in range(2, levels + 2):
        text += (
            f'<object id="{level}" type="model"><components>'
            + f'<component objectid="{level - 1}"/>' * each
            + "</components></object>"
        )
    return text


HOSTILE = {
    "empty.stl": b"",
    "short.stl": b"abc",
    "zeros.stl": b"\0" * 84,
    "no triangles.stl": binary_stl(0, 0),
    "truncated.stl": binary_stl(12, 7) + b"\0" * 20,
    "count too small.stl": binary_stl(3, 12),
    "hundred million in a kilobyte.stl": binary_stl(100_000_000, 20),
    "largest count.stl": binary_stl(0xFFFFFFFF, 20),
    "nan.stl": struct.pack("<80sI12fH", b"x", 1, *([float("nan")] * 12), 0),
    "infinite.stl": struct.pack("<80sI12fH", b"x", 1, *([float("inf")] * 12), 0),
    "beyond size.stl": struct.pack("<80sI12fH", b"x", 1, *([1e30] * 12), 0),
    "ascii nan.stl": ("solid a\n" + FACET.format(x="nan") + "endsolid\n").encode(),
    "ascii inf.stl": ("solid a\n" + FACET.format(x="-inf") + "endsolid\n").encode(),
    "ascii commas.stl": ("solid a\n" + FACET.format(x="1,5") + "endsolid\n").encode(),
    "ascii word.stl": ("solid a\n" + FACET.format(x="wide") + "endsolid\n").encode(),
    "ascii cut.stl": ("solid a\n" + FACET.format(x="1") + FACET.format(x="1")[:60]).encode(),
    "ascii no facets.stl": b"solid a\nendsolid a\n",
    "picture.stl": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "face out of range.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n",
    "face zero.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n",
    "face before.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf -1 -2 -9\n",
    "face huge.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 99999999999999999999999\n",
    "face of two.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2\n",
    "face of words.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf a b c\n",
    "vertex of commas.obj": b"v 0,5 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "vertex nan.obj": b"v 0 nan 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "no faces.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\n",
    "many vertices.ply": ply(points=100_000_000),
    "many faces.ply": ply(faces=100_000_000),
    "negative count.ply": ply(points=-3),
    "long list.ply": ply(counter="int", rest=CORNERS + struct.pack("<iiii", 2_000_000_000, 0, 1, 2)),
    "negative list.ply": ply(counter="int", rest=CORNERS + struct.pack("<iiii", -3, 0, 1, 2)),
    "index out of range.ply": ply(rest=CORNERS + struct.pack("<Biii", 3, 0, 1, 2_000_000)),
    "cut.ply": ply()[:-3],
    "ascii cut.ply": ply("ascii", rest=b"0 0 0\n1 0 0\n"),
    "ascii words.ply": ply("ascii", rest=b"0 0 0\n1 0 here\n0 1 0\n3 0 1 2\n"),
    "no end.ply": b"ply\nformat ascii 1.0\nelement vertex 3\n",
    "other format.ply": b"ply\nformat morse 1.0\nend_header\n",
    "no zip.3mf": b"PK\x03\x04 is not all there is to it",
    "cut.3mf": package()[:-60],
    "no model.3mf": package(objects="", build=7),
    "entities.3mf": package(
        before='<!DOCTYPE model [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
    ),
    "outside file.3mf": package(before='<!DOCTYPE model [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'),
    "traversal.3mf": package(more=[("../../outside.txt", "x")]),
    "absolute.3mf": package(more=[("/outside.txt", "x")]),
    "windows traversal.3mf": package(more=[("..\\outside.txt", "x")]),
    "zip bomb.3mf": package(more=[("3D/other.model", b"\0" * 60_000_000)]),
    "spaces bomb.3mf": package(before=" " * 60_000_000),
    "laughing components.3mf": package(objects=laughing_components(), build=13),
    "index out of range.3mf": package(objects=TETRAHEDRON.replace('v3="2"', 'v3="77"')),
    "wrong type.3mf": json.dumps({"a": [[[[]]]]}).encode(),
}


def written(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(HOSTILE[name])
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, name):
    if name.endswith(".3mf"):
        pytest.importorskip("lib3mf")
    path = written(tmp_path, name)
    with pytest.raises(InputError) as caught:
        read_mesh_file(path)
    sentence = str(caught.value)
    assert caught.value.exit_code == 3
    assert name in sentence
    assert str(tmp_path) not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory of a process is read as Linux tells it")
def test_all_broken_files_are_refused_in_little_memory(tmp_path):
    """In one process of its own: peak memory stays within 300 MB of what the imports take."""
    pytest.importorskip("lib3mf")
    for name in HOSTILE:
        written(tmp_path, name)
    program = (
        "import re, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "import lib3mf, numpy, vtk\n"
        "from dicomtoprint.errors import InputError\n"
        "from dicomtoprint.io.mesh import read_mesh_file\n"
        # The ru_maxrss of a child starts with its parent's peak; VmHWM is its own.
        "def peak(): return int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text()).group(1))\n"
        "before = peak()\n"
        "for path in sorted(Path(sys.argv[2]).iterdir()):\n"
        "    try: read_mesh_file(path); print('accepted', path.name)\n"
        "    except InputError: pass\n"
        "print((peak() - before) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, LIBRARY, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    *accepted, grown = done.stdout.split("\n")[:-1]
    assert accepted == []
    assert int(grown) < 300


def test_nothing_is_unpacked_outside(tmp_path):
    pytest.importorskip("lib3mf")
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    path = written(inside, "traversal.3mf")
    with pytest.raises(InputError):
        read_mesh_file(path)
    assert sorted(item.name for item in tmp_path.rglob("*") if item.is_file()) == ["traversal.3mf"]


@pytest.mark.parametrize("form", ["stl", "ascii.stl", "obj", "ply"])
def test_random_damage_is_refused_or_read_but_never_crashes(tmp_path, form):
    """Cut, flipped and repeated bytes, seeded; the process must survive, and say nothing but CannotRead."""
    random = np.random.default_rng(6)
    source = ball(5.0, 6)
    path = tmp_path / f"a.{form}"
    if form == "stl":
        write_stl(path, source)
    elif form == "ascii.stl":
        text = "".join(FACET.format(x=x) for x in source.points[:40, 0])
        path.write_text(f"solid a\n{text}endsolid a\n", encoding="utf-8")
    elif form == "obj":
        path.write_text(
            "".join("v {} {} {}\n".format(*p) for p in source.points)
            + "".join("f {} {} {}\n".format(*(t + 1)) for t in source.triangles),
            encoding="utf-8",
        )
    else:
        path.write_bytes(
            ply(
                points=len(source.points),
                faces=len(source.triangles),
                rest=source.points.astype("<f4").tobytes()
                + b"".join(b"\x03" + t.astype("<i4").tobytes() for t in source.triangles),
            )
        )
    whole = path.read_bytes()
    read_mesh_file(path)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(random.integers(1, 6)):
            at = int(random.integers(len(data)))
            kind = random.integers(3)
            if kind == 0:
                data[at] = int(random.integers(256))
            elif kind == 1:
                del data[at : at + int(random.integers(1, 40))]
            else:
                data[at:at] = data[at : at + int(random.integers(1, 40))]
        path.write_bytes(bytes(data))
        try:
            read_mesh_file(path)
        except DicomToPrintError as error:
            assert isinstance(error, InputError)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    (tmp_path / "folder.stl").mkdir()
    for name in ("nothing.stl", "folder.stl"):
        with pytest.raises(InputError, match=name):
            read_mesh_file(tmp_path / name)


def test_stray_bytes_at_the_end_do_no_harm(tmp_path):
    write_stl(tmp_path / "a.stl", box(1, 1, 1))
    (tmp_path / "a.stl").write_bytes((tmp_path / "a.stl").read_bytes() + b"\0\0")
    assert read_mesh_file(tmp_path / "a.stl").triangles == 12
