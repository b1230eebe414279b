"""Real scans against themselves, where they are present: thinned twofold, within what both state."""

from Benchmarks.real_scans import agreement, read_scan


def test_a_vertebra_agrees_with_itself_thinned(data_dir):
    volume = read_scan(data_dir / "labels_vertebra" / "sub-ct_label-22_ct.nii.gz")
    found = agreement(volume, (2, 2, 2))
    assert 0.0 < found.distance_mm <= found.allowed_mm
