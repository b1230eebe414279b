"""What needs Slicer: `mrml` between nodes and the engine's types, `gui` the panel's parts. The engine is `dicomtoprint`."""
