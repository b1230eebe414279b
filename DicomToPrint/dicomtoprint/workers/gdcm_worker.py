"""Decodes compressed frames with GDCM, as a process of its own: hostile frames may end it, and then nothing else.

Called as ``python gdcm_worker.py FOLDER MEGABYTES``. Says 8 zero bytes when ready; then reads 8 bytes of length
(little endian) and a DICOM file, and answers with a length and a NumPy array file, or with length 0 where it cannot be
decoded. It ends with its input, whatever it is doing then: the parent may have no other hold on it.
"""

import io
import os
import queue
import sys
import threading
from typing import NoReturn

if __name__ == "__main__":  # run as a file: its folder's modules are no top-level ones, the engine's package is
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy as np
import SimpleITK as sitk

from dicomtoprint.workers.process import limit_memory, read_message, write_message


def main(folder: str, megabytes: int) -> NoReturn:
    """Answers until the input ends."""
    limit_memory(megabytes)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=read_requests, args=(asked,), daemon=True).start()
    write_message(sys.stdout.buffer, b"")
    while True:
        write_message(sys.stdout.buffer, decode_file(asked.get(), os.path.join(folder, "pixels.dcm")))


def read_requests(asked: "queue.SimpleQueue[bytes]") -> None:
    """Takes the questions as they come, and ends the process with the last one."""
    try:
        while True:
            asked.put(read_message(sys.stdin.buffer))
    finally:
        os._exit(0)


def decode_file(content: bytes, path: str) -> bytes:
    """NumPy file of the frames; empty where GDCM refuses them."""
    with open(path, "wb") as file:
        file.write(content)
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(path)
    stream = io.BytesIO()
    try:
        image = reader.Execute()  # the view below lives no longer than this
        np.save(stream, sitk.GetArrayViewFromImage(image), allow_pickle=False)
    except (RuntimeError, MemoryError):
        return b""
    return stream.getvalue()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
