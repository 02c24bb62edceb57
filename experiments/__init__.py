"""The life of a pilot, one module a stage, in the order in which it happens."""
