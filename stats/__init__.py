"""Tables and numbers in, frozen results out: no database, no screens, no unseeded randomness."""

ENGINE_VERSION = "0.2.0"
