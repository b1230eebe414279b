"""A part of a series as a series: the slices of one phase, or those without a damaged file."""

from dataclasses import replace

import numpy as np

from .series import AttributeColumn, Series


def subset(series: Series, rows: np.ndarray, suffix: str = "") -> Series:
    """The series with the given rows alone, in their order; values that none of them has are gone.

    Parameters
    ----------
    series : Series
        The whole series.
    rows : numpy.ndarray
        Rows that stay, integers.
    suffix : str
        What is added to the id, where the part is a series of its own to the user.
    """
    rows = np.asarray(rows, dtype=np.int64)
    kept, file_of = np.unique(series.file_of[rows], return_inverse=True)
    columns = {keyword: _part(column, rows) for keyword, column in series.columns.items()}
    return replace(
        series,
        id=f"{series.id}/{suffix}" if suffix else series.id,
        files=tuple(series.files[at] for at in kept),
        columns=columns,
        file_of=file_of.astype(np.int32),
        frame_of=series.frame_of[rows],
        cache={},
    )


def _part(column: AttributeColumn, rows: np.ndarray) -> AttributeColumn:
    index = column.index[rows]
    used = np.unique(index[index >= 0])
    renamed = np.full(len(column.values) + 1, -1, dtype=np.int32)
    renamed[used] = np.arange(len(used), dtype=np.int32)
    return AttributeColumn(tuple(column.values[at] for at in used), renamed[index])
