"""Voxels: their values in every encoding, and their true place."""

import numpy as np
import pytest

from dicomtoprint.dicom import read_image_volume, read_study, read_volume, window_presets
from dicomtoprint.errors import InputError, RefusedError
from Phantoms.files import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, write_files
from Phantoms.series import CLASSIC, ENHANCED, KINDS, MULTI, bend, frames, put, series, take, turned

SIZE = (9, 12)


def _stored(count=7, dtype="<u2", high=4000):
    rng = np.random.default_rng(3)
    return rng.integers(0, high, size=(count, *SIZE)).astype(dtype)


def _read(files, tmp_path):
    return read_volume(read_study(write_files(files, tmp_path)).series[0])


def _made(kind=CLASSIC, values=None, **geometry):
    values = _stored() if values is None else values
    return values, series(kind, pixels=[plane.tobytes() for plane in values], size=SIZE, **geometry)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])
def test_values_in_every_uncompressed_syntax(kind, syntax, tmp_path):
    values, files = _made(kind)
    volume = _read(bend(files, syntax=syntax), tmp_path)
    assert volume.array.dtype == np.int16
    assert np.array_equal(volume.array, values.astype(int) - 1024)
    assert volume.notes == ()


def test_place_of_a_voxel(tmp_path):
    values, files = _made(pixel=(0.7, 0.4), spacing=1.5, origin=(-10.0, 5.0, 100.0))
    volume = _read(files, tmp_path)
    i, j, k = 5, 2, 3
    assert volume.array[k, j, i] == int(values[k, j, i]) - 1024
    assert volume.to_lps([[i, j, k]])[0] == pytest.approx((-10 + 5 * 0.4, 5 + 2 * 0.7, 100 + 3 * 1.5))


def test_slices_that_run_downwards_and_shuffled_frames_keep_their_place(tmp_path):
    values, files = _made(ENHANCED)
    order = (4, 0, 6, 2, 5, 1, 3)
    frames(files)[:] = [frames(files)[at] for at in order]
    files[0].pixels = b"".join(values[at].tobytes() for at in order)
    assert np.array_equal(_read(files, tmp_path / "shuffled").array, values.astype(int) - 1024)
    _, files = _made(plane=((1.0, 0.0, 0.0), (0.0, -1.0, 0.0)))
    volume = _read(files, tmp_path / "down")
    # Wherever the slices are counted from, the place of each stays its own.
    for at in (0, 3, 6):
        place = [float(part) for part in files[at].header["ImagePositionPatient"]]
        k = int(np.rint(volume.to_ijk([place])[0, 2]))
        assert np.array_equal(volume.array[k], values[at].astype(int) - 1024)


def test_shear_of_a_tilted_gantry_is_kept(tmp_path):
    degrees = 16.5
    step = np.cos(np.radians(degrees))
    _, files = _made(plane=turned(degrees), spacing=step, shear=-np.sin(np.radians(degrees)))
    volume = _read(files, tmp_path)
    assert volume.shear_degrees == pytest.approx(degrees, abs=1e-4)
    assert volume.affine[:3, 2] == pytest.approx((0, 0, 1), abs=1e-6)


def test_uneven_slices_are_resampled_on_their_places_and_said(tmp_path):
    ramp = np.zeros((7, *SIZE), "<u2")
    offsets = np.array([0, 1, 2, 4, 5, 6, 7])
    ramp += (offsets * 100)[:, None, None].astype("<u2")
    _, files = _made(values=ramp, gaps=(1, 1, 2, 1, 1, 1))
    volume = _read(files, tmp_path)
    assert volume.array.shape[0] == 8
    assert volume.array[:, 0, 0].tolist() == [at * 100 - 1024 for at in range(8)]
    assert volume.interpolated.tolist() == [False, False, False, True, False, False, False, False]
    assert "resampled" in volume.notes[0]


def test_overlay_bits_are_masked(tmp_path):
    values = _stored()
    _, files = _made(values=(values | 0xB000).astype("<u2"))
    assert np.array_equal(_read(files, tmp_path).array, values.astype(int) - 1024)


def test_sign_stands_at_high_bit(tmp_path):
    values = np.random.default_rng(1).integers(-2048, 2048, size=(7, *SIZE))
    _, files = _made(values=(values & 0x0FFF).astype("<u2"))
    assert np.array_equal(_read(put(files, PixelRepresentation=1), tmp_path).array, values - 1024)


def test_sixteen_signed_bits(tmp_path):
    values = np.random.default_rng(1).integers(-30000, 30000, size=(7, *SIZE)).astype("<i2")
    _, files = _made(values=values)
    volume = _read(put(files, PixelRepresentation=1, BitsStored=16, HighBit=15, RescaleIntercept="0"), tmp_path)
    assert volume.array.dtype == np.int16 and np.array_equal(volume.array, values)


@pytest.mark.parametrize(
    "slope, intercept, dtype",
    [("0.5", "-1024", np.float32), ("1", "-1024.5", np.float32), ("2", "-1024", np.int16), ("1", "30000", np.float32)],
)
def test_rescale_is_exact_or_floating(slope, intercept, dtype, tmp_path):
    values, files = _made()
    volume = _read(put(files, RescaleSlope=slope, RescaleIntercept=intercept), tmp_path)
    assert volume.array.dtype == dtype
    assert np.allclose(volume.array, values * float(slope) + float(intercept))


def test_rescale_of_each_slice_is_its_own(tmp_path):
    values, files = _made()
    volume = _read(put(files, [3], RescaleIntercept="-1000"), tmp_path)
    assert np.array_equal(volume.array[3], values[3].astype(int) - 1000)
    assert np.array_equal(volume.array[2], values[2].astype(int) - 1024)


def test_missing_rescale_is_said(tmp_path):
    values, files = _made()
    volume = _read(take(files, "RescaleSlope", "RescaleIntercept"), tmp_path)
    assert np.array_equal(volume.array, values) and "Rescale" in volume.notes[0]


def test_odd_matrix_and_trailing_padding(tmp_path):
    values = np.random.default_rng(2).integers(0, 255, size=(7, 3, 5)).astype("u1")
    files = series(pixels=[plane.tobytes() + b"\0" for plane in values], size=(3, 5))
    volume = _read(put(files, BitsAllocated=8, BitsStored=8, HighBit=7), tmp_path)
    assert np.array_equal(volume.array, values.astype(int) - 1024)


@pytest.mark.parametrize("change", ["position", "orientation", "twice", "matrix", "pixel", "single"])
def test_undefined_volume_is_refused(change, tmp_path):
    _, files = _made()
    if change == "position":
        take(files, "ImagePositionPatient", slices=[2])
    elif change == "orientation":
        put(files, [2], ImageOrientationPatient=["0", "1", "0", "-1", "0", "0"])
    elif change == "twice":
        put(files, [2], ImagePositionPatient=files[3].header["ImagePositionPatient"])
    elif change == "matrix":
        put(files, [2], Rows=8)
    elif change == "pixel":
        put(files, [2], PixelSpacing=["0.6", "0.6"])
    else:
        del files[1:]
    with pytest.raises(RefusedError) as told:
        _read(files, tmp_path)
    assert str(told.value).endswith(".")


def test_cut_off_pixels_are_told_with_the_file(tmp_path):
    _, files = _made()
    with pytest.raises(InputError, match=r"I0004\.dcm"):
        _read(bend(files, [4], bend=(lambda content: content[:-50],)), tmp_path)


def test_compressed_rubbish_is_told(tmp_path):
    _, files = _made()
    with pytest.raises(InputError, match="uncompressed"):
        _read(bend(files, syntax="1.2.840.10008.1.2.4.70", encapsulated=(b"\xff\xd8 no picture",)), tmp_path)


def test_run_length_frames_are_decoded_and_logged(tmp_path):
    from pydicom.pixels.encoders import RLELosslessEncoder

    values = _stored()
    options = {
        "rows": SIZE[0],
        "columns": SIZE[1],
        "samples_per_pixel": 1,
        "bits_allocated": 16,
        "bits_stored": 12,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
        "number_of_frames": 1,
    }
    coded = [RLELosslessEncoder.encode(plane.tobytes(), **options) for plane in values]
    for kind in (CLASSIC, *MULTI):
        _, files = _made(kind)
        for file, own in zip(files, [[piece] for piece in coded] if kind == CLASSIC else [coded]):
            file.syntax, file.encapsulated = "1.2.840.10008.1.2.5", tuple(own)
        volume = _read(files, tmp_path / kind)
        assert np.array_equal(volume.array, values.astype(int) - 1024)
        assert "RLE Lossless" in volume.notes[0]


def test_window_presets(tmp_path):
    _, files = _made()
    found = window_presets(read_study(write_files(files, tmp_path)).series[0])
    assert [(one.name, one.center, one.width) for one in found] == [("BRAIN", 40, 80), ("BONE", 400, 2000)]


def test_lossless_syntaxes_of_one_slice_agree(data_dir):
    from dicomtoprint.dicom.stored_pixels import iter_stored_pixels

    reference = None
    for folder in sorted((data_dir / "transfer_syntaxes").iterdir()):
        if any(
            word in folder.name for word in ("Lossy", "Process1T", "Process10", "Process2", "Process6", "JPEG2000T")
        ):
            continue
        one = read_study(folder).series[0]
        values = next(iter_stored_pixels(one, np.array([0])))[1].astype(int)
        reference = values if reference is None else reference
        assert np.array_equal(values, reference), folder.name


def test_frames_in_many_fragments_agree_with_the_plain_ones(data_dir):
    from dicomtoprint.dicom.stored_pixels import iter_stored_pixels

    folder = data_dir / "enhanced_ct_2frames"

    def frames_of(path):
        one = read_study(path).series[0]
        return np.stack([values.astype(int) for _, values, _ in iter_stored_pixels(one, np.arange(len(one)))])

    reference = frames_of(folder / "CT0012.explicit_little_endian.dcm")
    coded = [
        path for path in folder.glob("CT0012*fragmented*") if not any(lossy in path.name for lossy in (".51", ".81"))
    ]
    assert len(coded) == 7
    for path in coded:
        assert np.array_equal(frames_of(path), reference), path.name


def test_nifti_and_nrrd_keep_their_place(tmp_path):
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    image.SetSpacing((0.5, 0.6, 2.0))
    image.SetOrigin((10, -20, 30))
    image.SetDirection((0, 1, 0, -1, 0, 0, 0, 0, 1))
    for name in ("a.nrrd", "a.nii.gz"):
        sitk.WriteImage(image, str(tmp_path / name))
        volume = read_image_volume(tmp_path / name)
        assert np.array_equal(volume.array, sitk.GetArrayFromImage(image))
        assert volume.to_lps([[3, 2, 1]])[0] == pytest.approx(image.TransformIndexToPhysicalPoint((3, 2, 1)), abs=1e-5)
    (tmp_path / "bad.nrrd").write_bytes(b"NRRD0004\nrubbish")
    with pytest.raises(InputError, match=r"bad\.nrrd"):
        read_image_volume(tmp_path / "bad.nrrd")
