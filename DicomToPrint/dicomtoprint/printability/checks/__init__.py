"""Facts of a written file, one kind a module: mesh, walls, build volume, comparison with the scan, text."""
