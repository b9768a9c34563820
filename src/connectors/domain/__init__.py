"""The business language: pure functions and frozen values. No HTTP, no vendor, no clock."""
