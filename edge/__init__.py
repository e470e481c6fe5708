"""edgebox: the firmware of a neighbourhood security box.

The name of the distribution is `edgebox`; its version is the firmware's.
"""

__version__ = "0.1.0"
