"""Between Slicer's scene and the library: nodes to library types and back. Needs Slicer or the `slicer-core` wheel,
no Qt.

Every function takes the scene explicitly and works in both hosts; nothing here writes to the ``slicer`` package.
"""
