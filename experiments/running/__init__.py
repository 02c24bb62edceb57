"""A pilot at work: who gets the change, what sites say, what is changed along the way, the data that come in."""
