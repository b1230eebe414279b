"""How many threads VTK's filters use."""

from collections.abc import Iterator
from contextlib import contextmanager


def enable_vtk_smp() -> None:
    """VTK's wheel runs sequentially unless set otherwise; Slicer's own build (TBB) is left as it is."""
    from vtkmodules.vtkCommonCore import vtkSMPTools

    if vtkSMPTools.GetBackend() == "Sequential":
        vtkSMPTools.SetBackend("STDThread")


@contextmanager
def sequential_vtk_smp() -> Iterator[None]:
    """One thread for what is called within: vtkImplicitFunction hands an array's points to several, and not every function that inherits
    from it can stand that (vtkImplicitPolyDataDistance ends the process).
    """
    from vtkmodules.vtkCommonCore import vtkSMPTools

    before = vtkSMPTools.GetBackend()
    vtkSMPTools.SetBackend("Sequential")
    try:
        yield
    finally:
        vtkSMPTools.SetBackend(before)
