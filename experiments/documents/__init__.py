"""The one page that executives decide on: a view made from stored things only, and its three renderings."""
