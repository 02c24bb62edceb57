"""Who gets the change: drawn by a stated rule and seed, and drawn again by anyone."""
