"""The public estimators, and their shared contract, validation, persistence and progress."""
