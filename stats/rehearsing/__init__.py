"""What a plan would decide if this or that were true, on simulated pilots."""
