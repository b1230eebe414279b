"""How near the model comes to the anatomy: error budget of the scan, deconvolved edges, deviation of the model."""

from .error_budget import Deviation, EdgeProfile, PrintTolerance, error_budget, estimate_noise, measure_edge_profile
from .estimate import Accuracy, estimate_accuracy
from .measured import measured_budget
from .modelled import Modelled, blur_from, modelled_of
from .types import ORIGINS, BudgetItem, CaliperMeasurement, ErrorBudget

__all__ = [
    "ORIGINS",
    "Accuracy",
    "BudgetItem",
    "CaliperMeasurement",
    "Deviation",
    "EdgeProfile",
    "ErrorBudget",
    "Modelled",
    "PrintTolerance",
    "blur_from",
    "error_budget",
    "estimate_accuracy",
    "estimate_noise",
    "measure_edge_profile",
    "measured_budget",
    "modelled_of",
]
