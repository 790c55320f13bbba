"""The web page where a sealed message is opened and answered. Not part of this version: the package
holds its place in the layers, and what it will open is described in ``docs/sealed-format.md``."""
