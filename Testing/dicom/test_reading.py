"""Headers to series: every kind of input, hostile ones included."""

import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.dicom import compute_slice_geometry, read_study, read_volume
from dicomtoprint.dicom.series import AttributeColumn
from dicomtoprint.errors import InputError
from Phantoms.files import DEFLATED, EXPLICIT, IMPLICIT, Raw, uid, write_files
from Phantoms.integrity import disc
from Phantoms.series import CRANIOFACIAL, ENHANCED, KINDS, bend, frames, put, renamed, series, shared, spread, take


def _one(folder):
    study = read_study(folder)
    assert len(study.series) == 1
    return study.series[0]


@pytest.mark.parametrize("kind", KINDS)
def test_three_objects_give_the_same_facts(kind, tmp_path):
    one = _one(write_files(series(kind, spacing=0.8), tmp_path))
    placed = compute_slice_geometry(one)
    assert len(one) == 7
    assert placed.gaps == pytest.approx(0.8)
    assert one.table("PixelSpacing", 2)[3] == pytest.approx((0.5, 0.5))
    assert one.table("RescaleIntercept", 1)[6, 0] == -1024


def test_folder_file_and_zip_give_the_same_series(tmp_path):
    folder = write_files(series(), tmp_path / "scan")
    packed = tmp_path / "scan.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.iterdir():
            archive.write(path, f"deep/er/{path.name}")
    by_folder, by_zip = _one(folder), _one(packed)
    assert by_folder.id == by_zip.id and len(by_zip) == 7
    assert np.array_equal(compute_slice_geometry(by_folder).positions, compute_slice_geometry(by_zip).positions)
    enhanced = write_files(series(ENHANCED), tmp_path / "enhanced")
    assert len(_one(enhanced / "E0000.dcm")) == 7


def test_dicomdir_stands_for_its_folder(tmp_path):
    target = disc(tmp_path)
    study = read_study(target / "DICOMDIR")
    assert len(study.series[0]) == 7
    assert study.media[0].referenced == 7 and study.media[0].missing == ()


def test_zip_names_lead_nowhere(tmp_path):
    folder = write_files(series(), tmp_path / "scan")
    packed = tmp_path / "evil.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for at, path in enumerate(sorted(folder.iterdir())):
            archive.writestr(f"../../../{at}.dcm", path.read_bytes())
    before = sorted(path for path in tmp_path.rglob("*"))
    assert len(_one(packed)) == 7
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_damaged_member_of_a_zip_is_told(tmp_path):
    packed = tmp_path / "scan.zip"
    files = series(size=(256, 256), pixels=[np.random.default_rng(0).bytes(2 * 256 * 256)] * 7)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in write_files(files, tmp_path / "scan").iterdir():
            archive.writestr(path.name, path.read_bytes())
        last = archive.infolist()[-1]
    content = bytearray(packed.read_bytes())
    at = last.header_offset + last.compress_size - 500
    content[at] ^= 0xFF
    packed.write_bytes(content)
    with pytest.raises(InputError, match="read error"):
        read_volume(_one(packed))


def test_zip_bomb_is_read_in_small_pieces(tmp_path):
    import tracemalloc

    packed = tmp_path / "bomb.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.dcm", "w", force_zip64=True) as target:
            for _ in range(80):
                target.write(bytes(2**20))
        for name, data in (
            (path.name, path.read_bytes()) for path in write_files(series(), tmp_path / "scan").iterdir()
        ):
            archive.writestr(name, data)
    tracemalloc.start()
    study = read_study(packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(study.series[0]) == 7
    assert [item.file for item in study.unreadable] == ["zeros.dcm"]
    assert peak < 20 * 2**20


def test_zip_that_claims_terabytes_is_refused(tmp_path, monkeypatch):
    packed = tmp_path / "large.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"1")
    monkeypatch.setattr("dicomtoprint.dicom.file_source.MAX_ZIP_BYTES", 0)
    with pytest.raises(InputError, match="would unpack"):
        read_study(packed)


def test_broken_and_encrypted_zips_are_told(tmp_path):
    packed = tmp_path / "scan.zip"
    packed.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(InputError, match=r"scan\.zip"):
        read_study(packed)


@pytest.mark.parametrize("make", ["empty", "jpegs", "missing"])
def test_no_series_is_one_sentence(make, tmp_path):
    folder = tmp_path / "scan"
    if make != "missing":
        folder.mkdir()
    if make == "jpegs":
        (folder / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(1000))
    with pytest.raises(InputError) as told:
        read_study(folder)
    assert str(tmp_path) not in str(told.value) and str(told.value).endswith(".")


def test_pipes_and_links_do_not_hang(tmp_path):
    folder = write_files(series(), tmp_path / "scan")
    os.mkfifo(folder / "pipe.dcm")
    os.symlink(folder, folder / "loop")
    os.symlink(folder / "nothing", folder / "dangling.dcm")
    study = read_study(folder)
    assert len(study.series[0]) == 7
    assert [item.file for item in study.unreadable] == ["dangling.dcm"]


def test_unreadable_file_is_named(tmp_path):
    folder = write_files(series(), tmp_path)
    (folder / "junk.dcm").write_bytes(b"\x00" * 900)
    study = read_study(folder)
    assert [item.file for item in study.unreadable] == ["junk.dcm"]
    assert study.series[0].unreadable_near == ()


def test_ruined_slice_belongs_to_its_series(tmp_path):
    folder = write_files(series(), tmp_path)
    (folder / "I0006.dcm").write_bytes(b"\x17garbage" * 90)
    assert read_study(folder).series[0].unreadable_near == ("I0006.dcm",)


@pytest.mark.parametrize(
    "kind, belongs",
    [
        (b"1.2.840.10008\\5.1.4.1.1.2 ", True),  # damaged
        (b"1.2.840.10008.5.1.4.1.1.99999 ", True),  # unknown to the standard
        (b"1.2.840.10008.5.1.4.1.1.11.1\0", False),  # a presentation state
        (b"1.3.12.2.1107.5.9.1 ", False),  # a maker's raw data
    ],
)
def test_slice_that_lost_its_series_belongs_to_the_one_it_is_named_like(kind, belongs, tmp_path):
    meta = {"MediaStorageSOPClassUID": kind.decode().strip(" \0")} if not belongs else {}
    files = put(series(), [3], SOPClassUID=Raw("UI", kind), SeriesInstanceUID=Raw("UI", b"1.2.\xff3 "))
    take(files, "Rows", slices=[3])
    files[3].meta.update(meta)
    study = read_study(write_files(files, tmp_path))
    assert [len(one.files) for one in study.series] == [7 if belongs else 6]
    assert study.non_image_files == (() if belongs else (files[3].name,))


def test_damaged_file_meta_is_noted(tmp_path):
    files = bend(series(), [3], bend=(lambda content: content.replace(b"DICM\x02\0\0\0UL", b"DICM\x02\0\0\0U\\"),))
    one = _one(write_files(files, tmp_path))
    assert [file.name for file in one.files if file.problem] == [files[3].name]


@pytest.mark.parametrize("cut", [133, 200, 500, 900, 1300, 1500])
def test_header_cut_anywhere_stays_with_its_series(cut, tmp_path):
    files = bend(series(), [3], bend=(lambda content: content[:cut],))
    study = read_study(write_files(files, tmp_path))
    assert len(study.series) == 1
    one = study.series[0]
    assert one.unreadable_near or any(file.problem or not file.pixel_element for file in one.files)


def test_file_without_preamble_and_wrong_syntax_are_read_and_noted(tmp_path):
    one = _one(write_files(bend(series(), without_meta=True), tmp_path / "bare"))
    assert len(one) == 7 and not any(file.has_preamble for file in one.files)
    one = _one(write_files(bend(series(), syntax=IMPLICIT, declared=EXPLICIT), tmp_path / "wrong"))
    assert all(file.wrong_syntax for file in one.files) and compute_slice_geometry(one).gaps == pytest.approx(1.0)


def test_large_header_is_read_beyond_the_first_piece(tmp_path):
    files = series()
    for file in files:
        file.header[(0x0009, 0x0010)] = ("LO", "PRIVATE")
        file.header[(0x0009, 0x1001)] = ("OB", bytes(200_000))
    assert compute_slice_geometry(_one(write_files(files, tmp_path))).gaps == pytest.approx(1.0)


def test_deflated_bomb_is_bounded(tmp_path, monkeypatch):
    import tracemalloc

    files = bend(series(count=2), syntax=DEFLATED)
    for file in files:
        file.header[(0x0009, 0x0010)] = ("LO", "PRIVATE")
        file.header[(0x0009, 0x1001)] = ("OB", bytes(8 * 2**20))
    folder = write_files(files, tmp_path)
    monkeypatch.setattr("dicomtoprint.dicom.header.MAX_HEADER_BYTES", 2**20)
    tracemalloc.start()
    study = read_study(folder)
    assert tracemalloc.get_traced_memory()[1] < 6 * 2**20
    tracemalloc.stop()
    assert all(not file.pixel_element for one in study.series for file in one.files)


def test_localizer_is_dropped_unless_alone(tmp_path):
    files = series()
    scout = put(
        series(name="one", count=1), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SOPInstanceUID=uid("scout")
    )
    scout[0].name = "scout.dcm"
    one = _one(write_files(files + scout, tmp_path / "mixed"))
    assert len(one) == 7 and one.localizers == ("scout.dcm",)
    assert len(_one(write_files(scout, tmp_path / "alone"))) == 1


def test_copy_counts_once_but_equal_uids_alone_do_not(tmp_path):
    folder = write_files(series(), tmp_path / "copied")
    (folder / "again.dcm").write_bytes((folder / "I0002.dcm").read_bytes())
    one = _one(folder)
    assert len(one) == 7 and len(one.copies) == 1
    same = put(series(), SOPInstanceUID="1.2.3")
    assert len(_one(write_files(same, tmp_path / "same"))) == 7


def test_objects_of_many_frames_are_volumes_of_their_own(tmp_path):
    second = put(series(ENHANCED), SOPInstanceUID=uid("second"))
    study = read_study(write_files(series(ENHANCED) + renamed(second, "b"), tmp_path))
    assert [len(one) for one in study.series] == [7, 7]
    assert len({one.id for one in study.series}) == 2


def test_per_frame_value_wins(tmp_path):
    files = series(ENHANCED)
    frames(files)[2]["PixelMeasuresSequence"] = [{"SliceThickness": "3", "PixelSpacing": ["0.4", "0.4"]}]
    one = _one(write_files(files, tmp_path))
    assert one.table("SliceThickness", 1)[:, 0].tolist() == [1, 1, 3, 1, 1, 1, 1]
    assert one.files[0].group_problems == ("both",)


def test_frames_in_every_frame_and_shared_are_equal(tmp_path):
    files = series(CRANIOFACIAL)
    spread(files, "PlaneOrientationSequence")
    assert "PlaneOrientationSequence" not in shared(files)
    assert compute_slice_geometry(_one(write_files(files, tmp_path))).same_orientation


def test_shuffled_slices_are_put_in_order(tmp_path):
    files = series()
    for at, file in enumerate(files):
        file.name = f"{(at * 5) % 7}.dcm"
    placed = compute_slice_geometry(_one(write_files(files, tmp_path)))
    assert np.all(np.diff(placed.depths) > 0)


def test_segmentations_beside_a_scan_are_stray(tmp_path):
    made = put(series(name="seg"), SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4", Modality="SEG")
    study = read_study(write_files(series() + renamed(made, "seg"), tmp_path))
    assert len(study.series) == 1 and len(study.non_image_files) == 7


@pytest.mark.parametrize("text", [b"nan\\1\\2 ", b"1e999\\0\\0", b"a\\b\\c ", b"1\\2 ", b"\\\\"])
def test_positions_that_are_no_numbers_are_missing(text, tmp_path):
    one = _one(write_files(put(series(), [3], ImagePositionPatient=Raw("DS", text)), tmp_path))
    assert np.isnan(one.table("ImagePositionPatient", 3)).any(axis=1).tolist() == [False] * 3 + [True] + [False] * 3


def test_column_keeps_equal_values_once():
    column = AttributeColumn.of(["a", None, "a", "b"])
    assert column.values == ("a", "b") and column.index.tolist() == [0, -1, 0, 1]
    assert [column[row] for row in range(4)] == ["a", None, "a", "b"]


def test_names_of_slices_tell_no_file_name(tmp_path):
    one = _one(write_files(series(), tmp_path))
    assert one.names_of([0, 1, 2, 3]) == "image 1, image 2, image 3 and 1 more"
    assert replace(one, columns={}).names_of([0]) == "file 1"


def test_a_long_header_before_many_pixels_is_read(tmp_path, monkeypatch):
    """An Enhanced CT of hundreds of frames is larger than the longest header that is looked through."""
    from dicomtoprint.dicom import header

    write_files(series(ENHANCED, count=500), tmp_path)
    (path,) = tmp_path.iterdir()
    monkeypatch.setattr(header, "MAX_HEADER_BYTES", path.stat().st_size - 1000)
    (one,) = read_study(tmp_path).series
    assert len(one) == 500 and not one.files[0].problem and one.files[0].pixel_offset > header.HEAD_BYTES
