"""Fingerprints of a salt: they tell whether two have the same one, and not which.

There are two, since each is stored where it is compared: one beside the hashes themselves, one in
a bucket. Neither can be made of the other.
"""

from hashlib import blake2b


def fingerprint(salt: bytes) -> str:
    """Of the salt that hashes were made with: in a warehouse, a body of the queue, a request."""
    return blake2b(b"fingerprint", digest_size=8, key=salt).hexdigest()


def install_fingerprint(salt: bytes) -> str:
    """Of the install whose salt it is: in its bucket, and in what mirrors that."""
    return blake2b(salt, digest_size=16, person=b"dld install").hexdigest()
