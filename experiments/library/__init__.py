"""What closed pilots leave to the next team: takeaways, cards, learnings across pilots, and earlier pilots alike."""
