ask-ward = Name of the ward, a-z 0-9 - (such as phuong-5):{" "}
ask-broker = Broker, name or IP address:{" "}
ask-est = Enrolment server (EST), name or IP address:{" "}
ask-root-passphrase = Passphrase of the root key (lies in a safe, used once in years):{" "}
ask-issuing-passphrase = Passphrase of the keys for daily use:{" "}
ask-again = The same again:{" "}
passphrases-differ = The two are not the same: type both again.

made = The keys of { $ward } are in { $folder }.
made-offline = 1. Copy all of { $folder } to two USB sticks, lock them away in two places, then delete { $folder }/offline here.
made-sheet = 2. Print { $sheet }, fill in its blanks, and lock it away with the stick. Write no passphrase on it.
made-broker = 3. Set up the broker as docs/ward-keys.md says: make the folder { $broker }, run `edgebox-provision ward broker-files { $folder }`, and have mosquitto use the mosquitto.conf in it.
made-serve = 4. Switch on the units of systemd/ward as docs/ward-keys.md says (they take the keys from /var/lib/edgebox-keys): boxes enrol, and the revocation list is renewed.
made-backup = 5. Back up all of { $folder } whenever a box is added or revoked.

client-made = Certificate of { $name }: { $cert } and { $private }.
written-copied = The broker's files are in { $folder }, and the broker has been told to read them.
written-only = The broker's files are in { $folder }. There is no { $broker } on this machine: copy them to the broker's, and have mosquitto read them again (SIGHUP).

revoked = { $name } is revoked: the broker lets it in no more.
revoked-cut = The connection that { $name } had is cut.
revoked-deaf = { $name } has no right any more. A connection that it has now is deaf and dumb until the broker is restarted.
revoked-not-cut = NOT CUT: a connection that it has now stays, since the broker has not read the new list. Copy { $folder } to the broker's machine, have mosquitto read it again, then repeat this command with --reloaded.

crl-good = The revocation list holds { $days } more days, until { $until }.
crl-due = WARNING: the revocation list holds only { $days } more days, until { $until }. Once it is over NO BOX gets to the broker. Run now: edgebox-provision ward crl { $folder }
crl-over = OUTAGE: the revocation list HAS NOT HELD since { $until }. No box gets to the broker. Run now: edgebox-provision ward crl { $folder }
crl-missing = OUTAGE: there is no revocation list. No box gets to the broker. Run now: edgebox-provision ward crl { $folder }
life-good = { $name }: { $days } more days, until { $until }
life-due = WARNING: { $name }: only { $days } more days, until { $until }
life-over = OUTAGE: { $name }: has not held since { $until }
life-waiting = { $name }: not enrolled yet
life-revoked = { $name }: revoked { $until } ({ $why })
root-here = WARNING: the root key still lies in { $path }; copy it to a stick, lock that away, and delete it here
reload-due = WARNING: the broker has not read the newest files; run: edgebox-provision ward broker-files { $folder }

sheet-title = Key recovery sheet: { $ward }
sheet-about = Made on { $date }. Keep it in the safe with the USB stick. No passphrase is on it; write none on it. Keep the passphrases in a sealed envelope, in another safe or with another person.
sheet-where = What is where
sheet-where-root = offline/root.key: the root key. Only on two sticks in safes. For a new issuing key or a new bundle key.
sheet-where-issuing = issuing.key: issues certificates to boxes and servers. On the ward's machine, with a passphrase; a copy on the stick.
sheet-where-bundle = bundle.key: signs bundles for boxes. On the ward's machine, with a passphrase; a copy on the stick.
sheet-where-command = command.key: signs commands to boxes (siren, lights). On the ward's machine, with a passphrase; a copy on the stick.
sheet-where-book = enrolment.db: the book of boxes, certificates, revocations. Back it up after each change; without it no old box can be revoked.
sheet-fingerprints = Fingerprints (SHA-256) to compare
sheet-lost = When the ward's laptop or stick is lost
sheet-lost-1 = Laptop lost, passphrase safe: take the stick and the copy of folder { $ward }, put them on another machine, run: edgebox-provision ward status FOLDER
sheet-lost-2 = The same day: revoke the certificates of the lost machine (edgebox-provision ward revoke FOLDER NAME), issue new ones (ward client).
sheet-lost-3 = Passphrase perhaps known: take issuing, bundle and command key for lost. Make the ward anew (ward init) and write a new card for each box.
sheet-lost-4 = Stick with the root key lost: the key still has its passphrase. Move the other stick, and plan a new root for the next time cards are written.
sheet-lost-5 = Write down what happened and report it as the rules on personal data demand.
sheet-notes = By hand
sheet-notes-keeper = Keeper, telephone:
sheet-notes-stick = First stick is at:
sheet-notes-copy = Second stick is at:
sheet-notes-paper = Envelope with passphrases is at:
sheet-notes-changed = Date of check, by whom:
