"""Which thin walls end free: held on fewer than two sides."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.holes import find_holes
from dicomtoprint.mesh.ray_casting import RayCaster
from dicomtoprint.mesh.surface_patches import connected_patches
from dicomtoprint.mesh.surface_sampling import sample_surface
from dicomtoprint.mesh.thickness import thickness_field
from dicomtoprint.mesh.thin_wall_support import find_unsupported_walls
from Phantoms.solids import ball, box, moved, shell, tube

THIN = 0.7
TURN = Rotation.from_euler("xyz", (20, 35, 50), degrees=True).as_matrix()


def joined(*meshes):
    """One solid of several boxes that overlap."""
    manifold3d = pytest.importorskip("manifold3d")
    whole = manifold3d.Manifold()
    for mesh in meshes:
        whole += manifold3d.Manifold(
            manifold3d.Mesh(np.array(mesh.points, np.float32), np.array(mesh.triangles, np.uint32))
        )
    raw = whole.to_mesh()
    return Mesh(np.ascontiguousarray(raw.vert_properties[:, :3]), np.asarray(raw.tri_verts).astype(np.int64))


def fin(height=10.0):
    return joined(box(30, 20, 4), box(20, THIN, height, at=(5, 10, 3.9)))


def between_posts():
    return joined(box(20, THIN, 10, at=(5, 10, 0)), box(4, 4, 10, at=(2, 8.5, 0)), box(4, 4, 10, at=(24, 8.5, 0)))


FREE = {
    "plate": lambda: box(30, 20, THIN),
    "fin on a slab": fin,
    "turned": lambda: moved(fin(), (3, 4, 5), TURN),
    "fin on a slab little thicker": lambda: joined(box(30, 20, 1.5), box(20, THIN, 10, at=(5, 10, 1.4))),
}
HELD = {
    "between two posts": between_posts,
    "in a corner": lambda: joined(fin(), box(4, 6, 12, at=(2, 8, 3.9))),
    "bent by 90 degrees": lambda: joined(box(20, 20, THIN), box(THIN, 20, 15)),
    "hollow ball": lambda: shell(3.0, 3.0 - THIN, 14),
    "tube": lambda: tube(8.0, 8.0 - THIN, 20.0),
}


def free_ends(mesh, limit=1.0):
    samples, rays = sample_surface(mesh), RayCaster(mesh, 5.0)
    field = thickness_field(mesh, samples=samples, rays=rays)
    found = connected_patches(mesh, samples, field.distance < limit - 0.02)
    assert found
    return find_unsupported_walls(field, rays, found, limit)


@pytest.mark.parametrize("name", FREE)
def test_a_wall_that_ends_free(name):
    assert free_ends(FREE[name]()).all()


@pytest.mark.parametrize("name", HELD)
def test_a_wall_that_is_held(name):
    assert not free_ends(HELD[name]()).any()


def test_openings_have_their_area():
    cube, sphere = box(20, 20, 20), ball(5.0, 20, at=(40, 0, 0))
    mesh = concatenate((Mesh(cube.points, cube.triangles[2:]), sphere))  # the whole bottom is open
    (found,) = find_holes(mesh)
    assert (found.area, found.edges) == (pytest.approx(400.0), 4)
    assert found.place[2] == 0.0
    both = find_holes(concatenate((mesh, moved(Mesh(cube.points, np.delete(cube.triangles, 3, axis=0)), (0, 60, 0)))))
    assert [item.area for item in both] == pytest.approx([400.0, 200.0])
    assert find_holes(sphere) == ()
