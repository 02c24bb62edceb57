"""Evidence from a locked plan and a snapshot, one file a part."""
