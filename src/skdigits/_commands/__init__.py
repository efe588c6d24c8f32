"""The commands of skdigits, with one module per command, and their shared modules."""
