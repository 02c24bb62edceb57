"""Objectives and key results: kept on record, read as a tree, and what pilots bring to them."""
