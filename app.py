"""The router: page list and page configuration. Pages are files in experiments/pages."""

import streamlit as st

st.set_page_config(page_title="Proving Ground", page_icon="🧭", layout="wide")
