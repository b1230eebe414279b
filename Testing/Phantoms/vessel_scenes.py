"""Trees of vessels with known truth, alone and beside a spine, at any voxel size: blurred occupancy from signed distances."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from dicomtoprint.volume import Volume

SOFT_HU = 40.0


def occupancy(inside_mm, steps, blur_mm):
    """Share of each voxel that lies inside a surface `inside_mm` away, seen through a Gaussian blur: a thin tube loses its contrast."""
    step = float(np.mean(steps))
    share = np.clip(0.5 + inside_mm / step, 0.0, 1.0)
    rest = np.sqrt(max(blur_mm**2 - step**2 / 12.0, 0.0))  # the ramp over a voxel blurs too
    return ndimage.gaussian_filter(share, [rest / step for step in steps])


@dataclass
class VesselScene:
    """Signed distances (k, j, i) in mm, positive inside, of the vessels and of each bone; points are (k, j, i) mm."""

    size_mm: tuple
    steps: tuple
    vessel: np.ndarray = field(init=False)
    bones: list = field(default_factory=list)

    def __post_init__(self):
        self.axes = [np.arange(int(np.ceil(size / step))) * step for size, step in zip(self.size_mm, self.steps)]
        self.vessel = self.nothing()

    def nothing(self):
        return np.full([len(axis) for axis in self.axes], -9.0, dtype=np.float32)

    def tube(self, start, end, radius, end_radius, into=None):
        """Adds a cone with round ends."""
        target = self.vessel if into is None else into
        start, end = np.asarray(start, float), np.asarray(end, float)
        margin = max(radius, end_radius) + 4.0
        low, high = np.minimum(start, end) - margin, np.maximum(start, end) + margin
        box = tuple(slice(*np.searchsorted(axis, (a, b), side="left")) for axis, a, b in zip(self.axes, low, high))
        places = np.stack(np.meshgrid(*(axis[s] for axis, s in zip(self.axes, box)), indexing="ij"), axis=-1)
        way = end - start
        along = np.clip((places - start) @ way / (way @ way), 0.0, 1.0)
        away = np.linalg.norm(places - start - along[..., None] * way, axis=-1)
        target[box] = np.maximum(target[box], radius + along * (end_radius - radius) - away)

    def tree(self, start, way, radius, length, depth, random, least=0.8):
        """Adds a branch that forks until it is thin."""
        if depth == 0 or radius < least:
            return
        way = np.asarray(way, float) / np.linalg.norm(way)
        end = np.asarray(start, float) + way * length
        self.tube(start, end, radius, 0.85 * radius)
        for side in (-1.0, 1.0):
            aside = np.cross(way, random.normal(size=3))
            turned = way + side * random.uniform(0.3, 0.65) * aside
            self.tree(end, turned, 0.75 * radius, 0.8 * length, depth - 1, random, least)

    def vertebra(self, middle, half):
        """Adds a body with three processes."""
        places = np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1)
        beyond = np.abs(places - np.asarray(middle)) - (np.asarray(half) - 2.0)
        bone = 2.0 - np.linalg.norm(np.maximum(beyond, 0.0), axis=-1) - np.minimum(beyond.max(axis=-1), 0.0)
        bone = bone.astype(np.float32)
        k, j, i = middle
        back = j + half[1] - 2.0
        self.tube((k, back, i), (k - 6.0, back + 16.0, i), 5.0, 3.0, bone)
        for side in (-1.0, 1.0):
            self.tube((k, back, i), (k, back + 6.0, i + side * (half[2] + 8.0)), 5.0, 4.0, bone)
        self.bones.append(bone)

    def truth(self):
        """(k, j, i) bool: vessels, and bones without what vessels take of them."""
        vessel = self.vessel > 0
        bones = np.any([bone > 0 for bone in self.bones], axis=0) if self.bones else np.zeros_like(vessel)
        return vessel, bones & ~vessel

    def scan(self, blood, noise, *, around=SOFT_HU, blur=0.6, cortex_mm=1.2, cortex=1100.0, marrow=200.0, modality=""):
        """The scene as a Volume of int16."""
        random = np.random.default_rng(1)
        array = np.full(self.vessel.shape, around)
        for bone in self.bones:
            texture = ndimage.gaussian_filter(random.normal(size=bone.shape), [1.2 / step for step in self.steps])
            texture *= 60.0 / texture.std()
            outer, inner = (occupancy(bone - depth, self.steps, blur) for depth in (0.0, cortex_mm))
            array = array * (1.0 - outer) + (outer - inner) * cortex + inner * (marrow + texture)
        share = occupancy(self.vessel, self.steps, blur)
        array = array * (1.0 - share) + share * blood + random.normal(0.0, noise, array.shape)
        affine = np.diag([*self.steps[::-1], 1.0])
        return Volume(np.rint(array).astype(np.int16), affine, modality=modality)


def aorta_beside_spine(steps, narrow_mm=0.0):
    """An aorta that tapers and touches a spine, with a visceral tree of 3.5 to 0.8 mm radius, and its seed in LPS mm.

    `narrow_mm` is the diameter of a stenosis below the tree (0: none).
    """
    scene = VesselScene((84.0, 84.0, 84.0), steps)
    scene.tube((0, 32, 38), (50, 33, 39), 9.0, 7.5)
    if narrow_mm:
        scene.tube((50, 33, 39), (57, 33, 39), 7.5, narrow_mm / 2)
        scene.tube((57, 33, 39), (61, 33, 39), narrow_mm / 2, narrow_mm / 2)
        scene.tube((61, 33, 39), (68, 33, 39), narrow_mm / 2, 6.0)
        scene.tube((68, 33, 39), (84, 33, 39), 6.0, 5.5)
    else:
        scene.tube((50, 33, 39), (84, 33, 39), 7.5, 6.0)
    scene.tree((34, 28, 38), (0.2, -1.0, 0.3), 3.5, 14.0, 6, np.random.default_rng(3))
    for k in (14.0, 42.0, 70.0):
        scene.vertebra((k, 32 + 9 + 13 - 0.5, 42), (11.0, 13.0, 17.0))
    return scene, (38.0, 32.0, 4.0)


def cerebral_tree(steps):
    """Arteries of 5 to 1.4 mm as MR angiography shows them, bright on dark, and the seed in LPS mm."""
    scene, random = VesselScene((64.0, 72.0, 72.0), steps), np.random.default_rng(5)
    scene.tube((0, 36, 36), (24, 36, 36), 2.6, 2.3)
    for way in ((1.0, 0.6, 0.2), (1.0, -0.6, -0.2)):
        scene.tree((24, 36, 36), way, 2.0, 12.0, 6, random, 0.7)
    scene.tree((12, 36, 36), (0.4, 0.2, 1.0), 1.7, 11.0, 5, random, 0.7)
    return scene, (36.0, 36.0, 3.0)


def on_scan(found, shape):
    """The mask on the scan's own slices, where segmentation made finer ones."""
    mask = found.labels > 0
    return mask[np.rint(np.linspace(0, len(mask) - 1, shape[0])).astype(int)]
