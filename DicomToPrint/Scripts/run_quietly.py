"""Runs a Python program with variables of its environment set, in a process group of its own, whose number it leaves in a file.

run_quietly.py VARIABLES_AS_JSON FILE PROGRAM [ARGUMENT]...
"""


def main():
    import contextlib
    import json
    import os
    import runpy
    import sys

    variables, mark, program = sys.argv[1:4]
    os.environ.update(json.loads(variables))
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):  # it leads a group already
            os.setsid()
    with open(mark, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    sys.argv = sys.argv[3:]
    runpy.run_path(program, run_name="__main__")


main()
