"""Methods: small pure functions from arrays to estimates; the designs choose among them."""
