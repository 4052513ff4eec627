"""Restoring from a bucket, as `restore --bucket` does it."""

from pipeline.config import salt_path
from pipeline.privacy.hashing import load_salt
from warehouse.bucket.install import check_install, shards_of
from warehouse.bucket.objects import open_bucket
from warehouse.bucket.restore_all import restore_all
from warehouse.bucket.trained import take_trained
from warehouse.config import BucketSettings, DataFolder
from warehouse.errors import BadInput
from warehouse.shards import shard_of


def restore_from_bucket(folder: DataFolder) -> str:
    """What all shards have, of the channels of this one; what was restored, in words.

    Raises BadInput, and what the bucket raises.
    """
    settings = BucketSettings()
    if not settings.bucket_url:
        raise BadInput("DLD_BUCKET_URL names the bucket to restore from; it is not set")
    path = salt_path(folder.root)
    if not path.is_file():
        raise BadInput(f"{path} is missing; DLD_SALT_FILE names the salt of the shards' install")
    bucket = open_bucket(settings)
    shards = shards_of(bucket)
    check_install(bucket, shards, load_salt(path))
    own, all_ = settings.shard, settings.shards
    take_trained(bucket, folder)  # first: a warehouse is in force when all is there
    try:
        windows = restore_all(bucket, shards, folder, lambda key: shard_of(key, all_) == own)
    except FileNotFoundError as exc:
        raise BadInput(f"{exc} is missing: its shard has pushed nothing yet, or lost it") from exc
    return f"shards={shards} windows={windows}, from {bucket.address}"
