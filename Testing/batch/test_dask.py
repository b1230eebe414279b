"""Cases on a Dask cluster of this machine: as in the default pool, and told in a sentence where there is none."""

import pytest

from dicomtoprint.batch import folder
from dicomtoprint.batch.limits import load_limits
from dicomtoprint.batch.pools import dask_pool
from dicomtoprint.batch.schedule import run_cases
from dicomtoprint.errors import InputError, OutputError

from .conftest import starts

distributed = pytest.importorskip("distributed", reason="needs the package distributed (the extra dask)")


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two workers in this process, which start children as any worker does."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, resources={"MEMORY": 4e9}
    ) as made:
        yield made


def test_cases_run_on_the_workers_once_each(cluster, root, make_case, make_child, attempt_of):
    cases = [make_case(f"c{number}") for number in range(4)]
    key = folder.read_key(root)
    with dask_pool(cluster.scheduler_address, attempt_of(make_child()), load_limits(), key) as pool:
        assert "2 Dask workers" in pool.where
        run_cases(cases, root, pool, load_limits())
        run_cases(
            [make_case("large", voxels=10**10)], root, pool, load_limits()
        )  # more than any worker has: the most it has
    assert sorted(starts(root)) == [*(case.name for case in cases), "large"]
    assert all(folder.is_finished(case, folder.read_outcome(folder.case_folder(root, case.name))) for case in cases)


def test_workers_that_see_another_folder_are_refused(cluster, root, make_child, attempt_of):
    with (
        pytest.raises(OutputError, match="do not see"),
        dask_pool(cluster.scheduler_address, attempt_of(make_child()), load_limits(), b"another"),
    ):
        pass


def test_no_scheduler_is_one_sentence(root, make_child, attempt_of, monkeypatch):
    with (
        pytest.raises(InputError, match="No Dask scheduler"),
        dask_pool("tcp://127.0.0.1:9", attempt_of(make_child()), load_limits(), b""),
    ):
        pass
