"""Erasure: what is known of one person is removed wherever it lies, and is not landed again.

``person`` finds who is meant and what names them, ``suppression`` keeps them out of the landing from then on,
``landed`` removes their records from it, ``traces`` finds and removes what stands in other files, ``erase`` does it all
in an order that can be resumed.
"""


class ErasureError(Exception):
    """Nothing was erased, or not all; the message says why and what to do, and names nobody."""
