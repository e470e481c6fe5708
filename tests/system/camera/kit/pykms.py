"""Stands for the bindings of KMS++, which picamera2 imports for a preview on a screen that a box has not.

On a box it comes with Debian's python3-kms++. What is called `kms` on PyPI is something else.
"""


class _Names:
    def __getattr__(self, name: str) -> str:
        return name


PixelFormat = _Names()
