"""Charts and the points that they show, without a screen."""
