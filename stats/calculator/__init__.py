"""The analyst's pocket calculator: single calculations, dictionaries in and out."""
