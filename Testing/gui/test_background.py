"""Long work on arrays leaves the application drawing, and what it raises is raised where it was asked for."""

import threading
import time

import pytest

pytestmark = pytest.mark.panel


def test_the_application_goes_on_while_an_array_is_written(driver):
    import qt

    from DicomToPrintLib.gui.background import in_background

    beats = []
    timer = qt.QTimer()
    timer.setInterval(10)
    timer.connect("timeout()", lambda: beats.append(threading.current_thread() is threading.main_thread()))
    timer.start()
    assert in_background(lambda: time.sleep(0.3) or threading.current_thread()) is not threading.main_thread()
    timer.stop()
    assert len(beats) > 3 and all(beats)


def test_what_goes_wrong_in_it_is_raised(driver):
    from DicomToPrintLib.gui.background import in_background

    def work():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        in_background(work)


def test_what_the_application_does_itself_is_done_in_turns(driver):
    from PySide6 import QtCore

    from DicomToPrintLib.gui.background import in_turns

    done = []
    in_turns(lambda: done.append("first"), lambda: done.append("second"))
    QtCore.QTimer.singleShot(0, lambda: done.append("the user"))
    assert not done
    for _turn in range(5):
        QtCore.QCoreApplication.processEvents()
    assert done == ["first", "the user", "second"]
