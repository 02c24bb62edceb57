"""Raw records, such as calls or tickets: a panel of the catalogue's metrics, or the file that a plan asks for."""
