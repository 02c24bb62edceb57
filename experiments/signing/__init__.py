"""Agreement: partners sign their own numbers, the plan is locked, and changed only on record."""
