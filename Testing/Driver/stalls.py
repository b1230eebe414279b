"""How long the panel holds the application up, with a scan of full size loaded: a timer beats, and the longest gap is told.

In the application:

    Slicer --python-script Testing/Driver/stalls.py -- --size 512x512x400 --steps scan anatomy model

It prints the time in which the module opens (the first time, with its set-up, and again) and for every step the longest
gap between two beats, in seconds. `DICOM_TO_PRINT_STALLS` names a file for the same lines.
"""

import os
import sys
import time

DRAWN_S = 2.0


class Heart:
    """A timer that beats every 10 ms; `longest` is the longest gap since `start`."""

    def __init__(self):
        import qt

        self._last, self.longest = time.perf_counter(), 0.0
        self._timer = qt.QTimer()
        self._timer.setInterval(10)
        self._timer.connect("timeout()", self._beat)
        self._timer.start()

    def _beat(self):
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now

    def start(self):
        """Count from now."""
        self._last, self.longest = time.perf_counter(), 0.0

    def stop(self):
        """The longest gap, with the one that lasts until now."""
        self._beat()
        return self.longest


def add_scan(shape):
    """A volume of the scene with a shell of bone in soft tissue; shape (k, j, i)."""
    import numpy as np
    import slicer
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    k, j, i = (np.linspace(-1.0, 1.0, count, dtype=np.float32) for count in shape)
    radius = np.sqrt(k[:, None, None] ** 2 + j[None, :, None] ** 2 + i[None, None, :] ** 2)
    grey = np.full(shape, -1000, np.int16)
    grey[radius < 0.9] = 40
    grey[(radius > 0.6) & (radius < 0.7)] = 1200
    image = vtk.vtkImageData()
    image.SetDimensions(*shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(grey.ravel(), deep=True))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Scan of full size")
    node.SetSpacing(0.5, 0.5, 0.6)
    node.SetAndObserveImageData(image)
    node.CreateDefaultDisplayNodes()
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    return node


class Quiet:
    """The panel's dialogs, answered at once: nothing is installed."""

    def __getattr__(self, name):
        return lambda *arguments: "" if name != "confirm" else True


def measure(shape, steps, tell):
    """Tell the figures."""
    import slicer

    heart = Heart()
    node = add_scan(shape)
    slicer.app.processEvents()
    for name in ("first", "again"):
        slicer.util.selectModule("Data")
        slicer.app.processEvents()
        start = time.perf_counter()
        slicer.util.selectModule("DicomToPrint")
        slicer.app.processEvents()
        tell(f"open the module, {name}: {time.perf_counter() - start:.2f} s")
    panel = slicer.modules.DicomToPrintWidget.panel
    panel.dialogs = Quiet()
    heart.start()
    panel.steps["scan"].volume.setCurrentNode(node)
    slicer.app.processEvents()
    tell(f"choose the scan: longest gap {heart.stop():.2f} s")
    for step in steps:
        heart.start()
        start, parts = time.perf_counter(), []
        panel.steps[step].primary.click()
        parts.append(("press", heart.stop()))
        heart.start()
        while panel.runner.running:
            before = time.perf_counter()
            slicer.app.processEvents()
            parts.append(("events", time.perf_counter() - before))
            time.sleep(0.005)
        took, end = time.perf_counter() - start, time.perf_counter() + DRAWN_S
        while time.perf_counter() < end:  # what is shown is drawn in turns that come after
            slicer.app.processEvents()
            time.sleep(0.005)
        worst = max(parts, key=lambda part: part[1])
        gap = max(heart.stop(), worst[1])
        state = panel.state.state(step)
        tell(f"{step}: {state} in {took:.1f} s, longest gap {gap:.2f} s ({worst[0]} {worst[1]:.2f} s)")
        if panel.footer.message.text:
            tell(f"  {panel.footer.message.text}")


def main(arguments):
    """In the application."""
    import argparse

    reader = argparse.ArgumentParser(prog="stalls")
    reader.add_argument("--size", default="512x512x400")
    reader.add_argument("--steps", nargs="*", default=["scan", "anatomy", "model"])
    chosen = reader.parse_args(arguments)
    lines = []

    def tell(line):
        print(line, flush=True)
        lines.append(line)

    measure(tuple(int(count) for count in chosen.size.split("x"))[::-1], chosen.steps, tell)
    if os.environ.get("DICOM_TO_PRINT_STALLS"):
        with open(os.environ["DICOM_TO_PRINT_STALLS"], "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    import traceback

    code = 70
    try:
        code = main(sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:])
    except Exception:
        traceback.print_exc()
    import slicer

    sys.stdout.flush()
    slicer.util.exit(code)
