"""The vendors' services as a small, strict, offline world. Imports nothing of this library."""

from .kernel import CallLog, CallRecord, Clock, Fault, FaultPlan
from .world import Sandbox

__all__ = ["CallLog", "CallRecord", "Clock", "Fault", "FaultPlan", "Sandbox"]
