"""Cases through a pool: as many as memory allows, each once, those of another batch when it lets go of them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from dicomtoprint.batch import folder
from dicomtoprint.batch.attempt import FINISHED, HELD
from dicomtoprint.batch.limits import load_limits
from dicomtoprint.batch.pools import Pool, thread_pool
from dicomtoprint.batch.schedule import run_cases

from .conftest import starts

LIMITS = replace(load_limits(), held_seconds=0.05, memory_base_mb=100.0, memory_bytes_per_voxel=1.0)


def test_every_case_is_made_once_by_children(root, make_case, make_child, attempt_of):
    cases = [make_case(f"c{number}") for number in range(5)]
    seen = []
    with thread_pool(2, attempt_of(make_child()), LIMITS) as pool:
        run_cases(cases, root, pool, LIMITS, 10**9, on_change=lambda case, running: seen.append((case, running)))
    assert sorted(starts(root)) == [case.name for case in cases]
    assert {case.name for case, _running in seen if case} == {case.name for case in cases}
    assert max(running for _case, running in seen) <= 2
    assert all(folder.is_finished(case, folder.read_outcome(folder.case_folder(root, case.name))) for case in cases)


def test_memory_bounds_how_many_run(root, make_case):
    """Room for two of 100 MB; one that takes more than all of it runs alone."""
    running, most, lock = [], [], threading.Lock()
    cases = [make_case(f"c{number}", voxels=voxels) for number, voxels in enumerate((0, 0, 0, 500_000_000, 0))]

    def work(case, memory):
        with lock:
            running.append(memory)
            most.append((len(running), sum(running)))
        time.sleep(0.1)
        with lock:
            running.remove(memory)
        return FINISHED

    with ThreadPoolExecutor(8) as executor:
        pool = Pool(lambda case, memory: executor.submit(work, case, memory), 8, 250_000_000, "here")
        run_cases(cases, root, pool, LIMITS)
    assert max(count for count, _sum in most) == 2
    assert all(total <= 250_000_000 or count == 1 for count, total in most)
    assert len(most) == 5


def test_a_mesh_may_take_its_own_share_of_memory(make_case):
    """A model as large as a femur takes 2.1 GB however few triangles it has."""
    limits = load_limits()
    assert limits.memory_bytes(make_case(command="prepare")) > 2_500_000_000
    assert limits.memory_bytes(make_case(voxels=512 * 512 * 400)) > 3_000_000_000


def test_what_another_batch_holds_is_made_when_it_is_let_go(root, make_case):
    case, answers = make_case(), iter((HELD, HELD, FINISHED))
    asked, changed = [], []

    def work(one):
        asked.append(one)
        return next(answers)

    with ThreadPoolExecutor(1) as executor:
        pool = Pool(lambda one, memory: executor.submit(work, one), 1, None, "here")
        run_cases([case], root, pool, LIMITS, on_change=lambda one, running: changed.append(one))
    assert len(asked) == 3
    assert [one for one in changed if one] == [case]


def test_a_held_case_that_the_other_finishes_is_not_made_again(root, make_case):
    from dicomtoprint.batch.child import write_failure

    case, asked = make_case(), []

    def work(one):
        asked.append(one)
        write_failure(one, root, "The other batch's reason.", 3, 1, 0.0)
        return HELD

    with ThreadPoolExecutor(1) as executor:
        run_cases([case], root, Pool(lambda one, memory: executor.submit(work, one), 1, None, ""), LIMITS)
    assert len(asked) == 1
