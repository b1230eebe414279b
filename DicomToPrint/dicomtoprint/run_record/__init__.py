"""The record of a run: everything needed to repeat it, and the comparison of a repeated run with it."""

from .compare import FileComparison, RunComparison, compare_runs
from .record import RunRecord, hash_inputs, hash_series, library_versions, new_run_record, read_record, write_record
from .rsna_acr_registry import registry_entry, write_registry
from .sign_off import append_sign_off, check_sign_off
from .sign_off_state import LogCheck, SignOff
from .signature import SignatureState, SigningKey, TrustedKeys, load_signing_key, read_trusted

__all__ = [
    "FileComparison",
    "LogCheck",
    "RunComparison",
    "RunRecord",
    "SignOff",
    "SignatureState",
    "SigningKey",
    "TrustedKeys",
    "append_sign_off",
    "check_sign_off",
    "compare_runs",
    "hash_inputs",
    "hash_series",
    "library_versions",
    "load_signing_key",
    "new_run_record",
    "read_record",
    "read_trusted",
    "registry_entry",
    "write_record",
    "write_registry",
]
