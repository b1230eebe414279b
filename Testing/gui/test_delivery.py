"""Files of a run go to the chosen folder and into the DICOM database, and no others."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.panel


@pytest.fixture
def made(driver, tmp_path):
    """A folder of a job with three files, and the chosen folder beside it."""
    made = tmp_path / "made"
    (made / "pictures").mkdir(parents=True)
    for name in ("bone.stl", "bone.dcm", "pictures/place-1.svg"):
        (made / name).write_bytes(b"new")
    driver.panel.steps["files"].folder.currentPath = str(tmp_path / "out")
    return made


def test_what_was_written_before_goes_and_a_draft_never_stays(driver, made, tmp_path, monkeypatch):
    deliver, out = driver.panel.results.deliver, tmp_path / "out"
    (made / "bone-1-upper.stl").write_bytes(b"before")
    deliver(made, ["bone-1-upper.stl", "bone.dcm"])
    (out / "pictures").mkdir()
    (out / "pictures" / "place-9.svg").write_text("of a run before", encoding="utf-8")
    (out / "notes.txt").write_text("the user's", encoding="utf-8")
    deliver(made, ["bone.stl", "pictures/place-1.svg"])
    left = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert left == {"bone.stl", "notes.txt", str(Path("pictures/place-1.svg"))}

    def held(source, target):
        raise PermissionError(13, "Access is denied", str(source), None, str(target))

    monkeypatch.setattr("DicomToPrintLib.gui.scene_presenter.os.replace", held)
    driver.panel.guarded_slot(deliver)(made, ["bone.stl"])
    assert (
        driver.message
        == "'bone.stl' cannot be replaced: close it in other programs, or choose another folder in step 5."
    )
    assert not list(out.glob(".*"))


def test_only_what_was_written_goes_into_the_database(driver, made, tmp_path, store_of):
    import slicer

    panel, out = driver.panel, tmp_path / "out"
    slicer.dicomDatabase = store_of(made)
    slicer.dicomDatabase.insert = lambda path, store, thumbnail: inserted.append((Path(path).name, store))
    inserted = []
    out.mkdir()
    (out / "slice.dcm").write_bytes(b"a slice of the scan")
    panel.guarded_slot(panel.store_dicom)()
    assert "no DICOM file to save" in driver.message
    panel.results.deliver(made, ["bone.stl", "bone.dcm"])
    panel.guarded_slot(panel.store_dicom)()
    assert inserted == [("bone.dcm", True)]
    assert driver.message == "Saved to the DICOM database."
