"""The contract between a box and the ward, version 1: topics, messages, order of delivery.

`docs/contract.md` says it in words. Both sides use these types: the box builds them, the ward
validates what arrives with them.
"""
