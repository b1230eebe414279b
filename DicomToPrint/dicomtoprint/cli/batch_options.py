"""The options that `batch` has beside those of `run`."""

import argparse

from ..messages import _


def add_batch_options(batch: argparse.ArgumentParser) -> None:
    """Inputs, how many cases run and where, and what is tried again."""
    batch.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help=_(
            "folder of a study, archive folder (a case a study), file, or .csv with a row a case; none: "
            "write the pages anew"
        ),
    )
    batch.add_argument(
        "--jobs", type=_jobs, metavar="N", help=_("cases at a time (default: one a core, while memory is free)")
    )
    batch.add_argument(
        "--memory-per-case",
        type=_gigabytes,
        metavar="GB",
        help=_("what a case may take (default: by the size of its series)"),
    )
    batch.add_argument(
        "--scheduler", metavar="ADDRESS|FILE", help=_("run on a Dask cluster: its address, or its scheduler file")
    )
    batch.add_argument("--retry-failed", action="store_true", help=_("try again what failed or was unreadable"))
    batch.add_argument(
        "--list", action="store_true", help=_("show the name, the verdict and the input of each case; run nothing")
    )


def _jobs(text: str) -> int:
    value = int(text)
    if not 0 < value < 1000:
        raise argparse.ArgumentTypeError(_("'{text}' is no number of cases above 0", text=text))
    return value


def _gigabytes(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1e4:
        raise argparse.ArgumentTypeError(_("'{text}' is no size above 0 GB", text=text))
    return value
