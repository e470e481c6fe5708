### What a technician reads of each fault, in report.json and in the guide.

fault-no-bundle = There is no bundle on the card. Make one with `edgebox-provision box new` and write it there.
fault-damaged-bundle = The bundle is damaged, or lacks a file. Write it to the card again.
fault-bad-signature = The bundle was changed after it was signed. Make it again; edit no file on the card.
fault-other-ward = The bundle is of another ward. Use image and bundle of one ward.
fault-bad-config = The config in the bundle has a fault. The report names key and line; mend it and make the bundle again.
fault-no-network = There is no network. Check the cable, the Wi-Fi's name and password, or the SIM. The box tries again by itself.
fault-no-server = The network is there, and the ward's enrolment server does not answer. Ask the ward. The box tries again by itself.
fault-wrong-server = What answers is not the ward's server. Check which network this is, and tell the ward.
fault-no-time = The box's clock is not right yet. Check the ward's time server (NTP). The box tries again by itself.
fault-code-expired = The enrolment code has expired. Make a new bundle.
fault-code-used = The enrolment code was used by another box. Make a new bundle, and tell the ward.
fault-est-refused = The ward's server refuses this box. The report says why; ask the ward.
fault-disk-full = The card is full. Delete files from it, or write the image to a larger one.
fault-disk-failed = The card cannot be written or read. Take another card.
fault-no-key = The box's private key cannot be made, encrypted or opened. Restart; if that does not help, write the card again.
fault-no-anchor = The image on the card holds no root certificate of a ward. Write the ward's own image.
fault-bad-camera = The box is ready, but a camera gives no picture. The report names it; check cable and password.
fault-no-siren-answer = The box is ready, but the siren does not answer. Check its cable and its power.
fault-self-test = The box is ready, but the self-test found a fault. Run `edgebox doctor` to see it.
