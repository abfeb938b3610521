"""The files in `examples/` train to what they promise."""
