"""A pilot before it begins: its plan, what it could decide, what it is worth, what its owner expects."""
