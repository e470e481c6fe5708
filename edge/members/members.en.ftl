### What `edgebox members` says.

members = Members
nobody = Nobody yet. Invite the leader first: edgebox members invite --role leader --name NAME
invites = Open invites
revoked = removed
locked = code locked
anyone = (fills in the name)
no-label = (phone)
never-seen = never seen
seen = last seen { $when }
left = { $left } left
by = invited by { $by }
for-phone = another phone of { $name }
invite-for = Invite for { $name }, role: { $role }
invite-phone = Another phone for { $name }
invite-how = Scan the code with the phone, or open:
invite-limits = Works once, for { $left } (until { $until }). It lets in whoever has it: give it to that person alone.
invite-back = To take it back: edgebox members revoke { $id }
done-revoke-member = Removed the member { $id } with every phone and invite.
done-revoke-phone = Removed the phone { $id }.
done-revoke-invite = Withdrew the invite { $id }.
done-unlock = Unlocked the code of { $id }.
log-sound = The log is whole. Last row: { $seq }, SHA-256 { $sha256 }
log-broken = THE LOG WAS CHANGED, at row { $seq }: { $detail }
