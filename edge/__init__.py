"""edgebox: the firmware of a neighbourhood security box.

The name of the distribution is `edgebox`; its version is the firmware's.
"""

__version__ = "0.1.0"
MODEL = "edgebox"               # the model's designation, on the label as well
SUPPORT_UNTIL = "2030-06-30"    # security fixes until then: SECURITY.md says why that day
