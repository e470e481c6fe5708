"""By what our image is known: the names of its partitions (GPT)."""

BUNDLE_PARTITION = "autoboot"
PARTITIONS = (BUNDLE_PARTITION, "boot_a", "boot_b", "system_a", "system_b", "data")
