"""The only Streamlit code beside app.py: one file per task of a person. Pages read inputs, make one call, show."""
