"""The commands of skdigits: one module per command, and the modules that they share."""
