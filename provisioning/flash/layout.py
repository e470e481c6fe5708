"""The names of our image's partitions (GPT), by which it is known."""

BUNDLE_PARTITION = "autoboot"
PARTITIONS = (BUNDLE_PARTITION, "boot_a", "boot_b", "system_a", "system_b", "data")
