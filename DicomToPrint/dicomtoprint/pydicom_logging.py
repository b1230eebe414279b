"""Silence for pydicom and highdicom: their warnings and log lines quote what stands in a file, which may name a patient."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def suppress_pydicom_output() -> Iterator[None]:
    """No warning, no log line and no validation of values by pydicom inside; what matters is reported by findings.

    As a decorator it holds for every call.
    """
    import pydicom

    logger = logging.getLogger("pydicom")
    before = logger.disabled
    with warnings.catch_warnings(), pydicom.config.disable_value_validation():
        warnings.simplefilter("ignore")
        logger.disabled = True
        try:
            yield
        finally:
            logger.disabled = before
