"""The record itself: its history, whether it is whole, what is forgotten, its copies."""
