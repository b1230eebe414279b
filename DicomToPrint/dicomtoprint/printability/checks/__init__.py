"""printability.checks."""
