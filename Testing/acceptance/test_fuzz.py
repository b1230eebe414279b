"""A short seeded part of the mutation fuzz; the long one is `Testing/Benchmarks/acceptance_fuzz.py`."""

import time
import tracemalloc

import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.dicom import read_study
from dicomtoprint.errors import DicomToPrintError
from Phantoms.case import PROTOCOLS, SURGERY
from Phantoms.mutation import facts_gone, mutated, write_mutated

SEEDS = 200
SLICES_OF_SEEDS = 8


def _verdicts(folder, protocols, pixels):
    try:
        accepted = evaluate_study(read_study(folder), protocols, surgery_date=SURGERY, pixels=pixels)
    except DicomToPrintError as told:
        assert str(told)
        return []
    found = accepted.as_json(identified=False)
    return [one["protocols"] for one in found["series"]]


@pytest.fixture
def allocated():
    """What the test itself allocates; the process also holds what the tests before it needed."""
    tracemalloc.start()
    yield tracemalloc.get_traced_memory
    tracemalloc.stop()


@pytest.mark.parametrize("part", range(SLICES_OF_SEEDS))
def test_mutated_files_neither_crash_nor_hang_nor_pass_without_their_facts(part, tmp_path, allocated):
    protocols = [load_protocol(name) for name in PROTOCOLS]
    for seed in range(part, SEEDS, SLICES_OF_SEEDS):
        made = mutated(seed)
        folder = write_mutated(made, tmp_path / str(seed))
        start = time.process_time()  # the clock on the wall counts what others do on the machine
        verdicts = _verdicts(folder, protocols, pixels=seed % 4 == 0)
        assert time.process_time() - start < 5, f"seed {seed} hangs"
        for protocol in PROTOCOLS:
            if len(verdicts) == 1 and verdicts[0][protocol]["verdict"] == "accept":
                gone = facts_gone(made)[protocol]
                assert not gone, f"seed {seed}: accepted under {protocol} without {gone} after {made.deeds}"
    _, peak = allocated()
    assert peak < 2**30, "more than 1 GB was used"


def test_same_seed_makes_the_same_files():
    assert mutated(11) == mutated(11)
    assert mutated(11).files != mutated(12).files


def test_oracle_sees_a_dropped_element():
    """The judge of the fuzz itself: it finds what is gone, and nothing in a whole series."""
    gone = [bool(facts_gone(mutated(seed))["exoplan-import"]) for seed in range(40)]
    assert 5 < sum(gone) < 35
