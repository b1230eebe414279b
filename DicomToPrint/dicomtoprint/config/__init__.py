"""Settings of a run, and the loading of data files (protocols, processes, printers, uses, anatomy presets)."""
