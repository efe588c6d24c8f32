"""The commands of skdigits: one module per command, and what they share."""
