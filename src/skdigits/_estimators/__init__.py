"""The public estimators and what they share: contract, validation, persistence, progress."""
