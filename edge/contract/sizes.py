"""How large a message of the contract may be. A ward's broker takes no more, and a box makes no more."""

PACKET_MAX_BYTES = 256 * 1024       # of MQTT, with header and topic: a broker hangs up on more
PICTURE_MAX_BYTES = 240 * 1024      # of one JPEG, which a box's config cannot exceed: 96 KB by default
