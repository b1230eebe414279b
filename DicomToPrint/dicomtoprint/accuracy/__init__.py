"""How near the model comes to the anatomy: error budget of the scan, deconvolved edges, deviation of the model."""

from .error_budget import EdgeProfile, error_budget, estimate_noise, measure_edge_profile
from .estimate import Accuracy, estimate_accuracy

__all__ = ["Accuracy", "EdgeProfile", "error_budget", "estimate_accuracy", "estimate_noise", "measure_edge_profile"]
