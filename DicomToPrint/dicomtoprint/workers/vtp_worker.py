"""Reads a VTP file with VTK, as a process of its own: a file that lies about its counts ends VTK's process, and then nothing else.

Called as ``python vtp_worker.py FILE MEGABYTES``. Answers with the length (8 bytes, little endian) and the bytes of a NumPy
archive: ``points`` (n, 3), ``triangles`` (m, 3) and ``space``, what the file says of its coordinate system; with length 0 where it
is no whole file.
"""

import io
import os
import sys

if __name__ == "__main__":  # run as a file: its folder's modules are no top-level ones, the engine's package is
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy as np

from dicomtoprint.workers.process import exit_when_stdin_closes, limit_memory, write_message


def main(path: str, megabytes: int) -> None:
    """Answers once."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    limit_memory(megabytes)
    vtk.vtkObject.GlobalWarningDisplayOff()
    reader = vtk.vtkXMLPolyDataReader()
    reader.SetFileName(path)
    reader.Update()
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.PassVertsOff()
    triangles.PassLinesOff()
    triangles.Update()
    surface = triangles.GetOutput()
    if reader.GetErrorCode() or surface.GetPoints() is None:
        write_message(sys.stdout.buffer, b"")
        return
    said = reader.GetOutput().GetFieldData().GetAbstractArray("SPACE")
    space = said.GetValue(0) if isinstance(said, vtk.vtkStringArray) and said.GetNumberOfValues() else ""
    stream = io.BytesIO()
    np.savez(
        stream,
        points=vtk_to_numpy(surface.GetPoints().GetData()),
        triangles=vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3),
        space=np.array(space[:80]),
    )
    write_message(sys.stdout.buffer, stream.getvalue())


if __name__ == "__main__":
    exit_when_stdin_closes()
    main(sys.argv[1], int(sys.argv[2]))
