### The page's texts in English. The same keys as vi.ftl, which comes first; a test holds both to that.

app = Neighbourhood alarm
app-short = Alarm
other-language-short = VI
to-other-language = VI – Chuyển sang tiếng Việt
skip = Skip to content
nav = Pages
nav-home = Alarm
nav-members = Members
nav-log = Log
nav-check = Check
nav-me = My phone
sun-on = Bright sunlight mode
sun-off = Leave bright sunlight mode
back = Back

## The button

raise = Hold to sound alarm
raise-again = Hold to call again
raise-hint = Hold 1 second: siren sounds, police are told
silent = Silent call
silent-hint = Hold 1 second. Only the police know.
two-steps = Cannot hold? Use two taps
calls = Phone calls
call-113 = Police
call-114 = Fire
call-115 = Ambulance

confirm-siren = Sound the alarm?
confirm-siren-detail = The siren sounds, the lights come on, the ward police are told. Your name is recorded.
confirm-siren-yes = Sound the alarm now
confirm-silent = Make a silent call?
confirm-silent-detail = Only the ward police are told. Nothing here sounds or lights up.
confirm-silent-yes = Make the silent call
confirm-no = No, go back

## What goes on

scene-calm = All is well
scene-over = The alarm is over
scene-calm-detail = Need help? Hold the red button.
scene-siren = The siren is sounding
scene-light = The alarm lights are on
scene-alarm = The alarm is on
scene-silent = Received, being passed on
scene-silent-waits = Received, not passed on yet
scene-silent-told = Received, passed on
more = Details
scene-entry = Someone came in, about to call
scene-entry-detail = One of you? Switch the camera alarm off now, or the alarm will go off.
scene-confirming = Someone is pressing the alarm button
scene-test = Siren and lights are being tested
scene-test-detail = Not a real alarm. The alarm button still works.
scene-fault = Siren and lights are not working
scene-fault-detail = The siren cannot sound. Shout, call 113. The call is still recorded for the ward police.
scene-away = The box is restarting
scene-away-detail = It answers again in a moment. The alarm button is sent again until it does. In an emergency shout and call 113.
left-end = Ends by itself in
left-siren = The siren follows in
left-arming = Camera alarm in
at = at { $time }

by-member = Raised by { $name }
by-button = Button { $name } pressed
by-ward = Raised by the ward police ({ $name })
by-rule = Raised by a camera ({ $name })
by-tamper = Someone tampers with the box ({ $name })
by-time = Time is over

ward-being-told = Connected to the ward police.
ward-has-it = The ward police have it.
ward-not-told = No connection to the ward police. Call 113.
ward-not-told-quiet = No connection to the ward police. If you can, call 113.
stage-box = Received
stage-way = Being passed on
stage-ward = The ward police have it

steps = While you wait
step-safe = Get to a safe place, lock the door.
step-call = Call 113, say the exact address.
step-shout = Shout, switch lights on.
step-watch = Do not pursue. Remember faces, clothes, plates.
step-still = Keep calm, keep the phone silent.
step-dim = Turn the screen down if someone is looking.
step-text = Once you can speak, call 113.

## Ending an alarm, the camera alarm

cancel = End the alarm
cancel-quiet = Finish
code = Your code
code-hint = { $min } to { $max } digits
cancel-yes = End
arm-title = Camera alarm
arm-on = on
arm-off = off
arm-none = none
arm-unknown = not known
arm-on-detail = When a camera sees someone, the alarm goes off by itself.
arm-off-detail = Cameras raise no alarm. The alarm button still works.
arm-none-detail = Cameras tell the ward alone and raise no alarm here. The alarm button still works.
arm-unknown-detail = The box has not answered yet.
arm = Switch camera alarm on
disarm = Switch camera alarm off

## State

state-title = State
named = { $what } { $name }
row-ward = Ward police
ward-on = connected
ward-off = connection lost
row-camera = Camera { $name }
output-on = on
output-on-siren = sounding
output-off = off
output-well = shows: well
output-unwell = shows: a fault
output-unknown = not working
row-fault = Fault
fault-for = needs a technician
last-alarm = Last alarm
last-alarm-none = none since the box started

## Answers

done-raised = Received.
done-cancelled = The alarm is off.
done-armed = The camera alarm is on.
done-disarmed = The camera alarm is off.
done-code = Code changed.
done-revoked = Removed.
done-unlocked = Unlocked.
done-role = Role changed.
done-withdrawn = Invite withdrawn.
refused-pause = It has just sounded and must rest a moment.
refused-per-hour = Too many alarms within an hour.
refused-disarmed = The camera alarm is off.
refused-stale = It came too late, hold the button again.
refused-busy = The box is busy with an alarm.
refused-nothing = There is no alarm to end.
refused-stopping = The box does not answer. Shout and call 113.
code-wrong = Wrong code. { $left ->
    [0] The next wrong one locks for longer.
    [one] One more try before it locks.
   *[other] { $left } more tries before it locks.
  }
code-locked = Too many wrong codes.
code-locked-for-good = Too many wrong codes. Ask a leader to unlock you.
code-too-short = The code is too short, at least { $min } digits.
code-too-long = The code is too long, at most { $max } digits.
code-too-simple = The code is too easy to guess. No rows and no repeated digits.
code-differs = The two codes differ.
code-not-digits = A code has digits only.
name-empty = Enter your name.
name-too-long = The name is too long.
name-unprintable = The name has characters that cannot be used.
name-taken = Someone has this name. Add your house number.
invite-unknown = This is no invite. Ask a leader for a new one.
invite-used = This invite was used already. Ask a leader for a new one.
invite-expired = This invite has expired. Ask a leader for a new one.
invite-withdrawn = This invite was withdrawn. Ask a leader for a new one.
invite-revoked = This person was removed from the group. Ask a leader.
denied-unknown = It is no longer there. Reload the page.
denied-not-allowed = You may not do this.
denied-last-leader = The group needs at least one leader.
denied-too-many = Too many invites are open. Withdraw some first.
too-many = Too fast. Wait a minute and try again.
bad-request = The request is not valid. Reload the page and try again.
box-busy = The box is busy and could not store this. Try again in a few seconds.
not-found = There is no such page
box-away = The box is restarting. Try again in a few seconds; in an emergency shout and call 113.
broken = The page has failed. Reload it; in an emergency shout and call 113.

## Coming in

sign-in-title = This page is for members of the group
sign-in-detail = This phone was not invited yet, or was removed.
sign-in-how = How to get in
sign-in-step-1 = Meet a leader or a technician of your group.
sign-in-step-2 = They show you a QR code. Each works once and soon expires.
sign-in-step-3 = Open your camera, scan it, then choose your name and code.
sign-in-emergency = An emergency now? Shout and call 113.
sign-in-again = I was invited, try again
join-title = Join the group
join-detail = Once on this phone.
join-token = Invite code
join-token-hint = Scanning the QR code fills this in.
join-token-yes = Go on
join-browser = Use Chrome or Safari, a normal tab: inside Zalo, Facebook or a private tab this phone may lose its right to call.
join-in-app = You have opened this page inside another app. There the phone may lose its right to call at any time. Tap ⋮ or ⋯, choose “Open in browser”, then join.
join-private = This seems to be a private tab: once it is closed the phone cannot call any more. Open the link in a normal tab.
join-hello = Welcome, { $name }!
join-phone-detail = Add this phone for { $name }. Enter the code that you have.
join-code-own = Your code
join-phone-yes = Add this phone
join-name = Your name
join-name-hint = So that all know who calls, such as “Lan, no. 14”
join-label = Name of this phone
join-label-hint = Optional, such as “mother's phone”
join-code = Choose a code
join-code-hint = { $min } to { $max } digits, to end an alarm
join-code-again = The code again
join-yes = Join
join-stored = What is stored, and why
join-stored-name = Your name and this phone: to know who calls, and to remove a lost phone.
join-stored-code = Your code: kept so that nobody can read it.
join-stored-acts = Each alarm, its end, and the camera alarm going on or off: in the box's log; an alarm goes to the ward police with your name.
join-stored-law = By Law 91/2025/QH15 on personal data protection you may see, correct, withdraw and have erased what is stored: ask a leader. “Join” means that you agree.

## My phone

me-title = My phone
me-role = Role
me-code = Change code
me-code-old = Code until now
me-code-new = New code
me-code-again = New code again
me-code-yes = Change code
me-phones = My phones
phone-this = this one
phone-unnamed = Phone
phone-seen = last used { $time }
phone-new = joined { $time }
phone-add = Add a phone
me-out = Leave this phone
me-out-detail = This phone can raise no alarm any more, until it is invited again.
me-out-yes = Leave this phone
me-ca = Install the certificate
me-ca-detail = Once installed, the browser stops warning and this page can be installed as an app.
me-ca-yes = Download certificate
me-install = Install as an app
me-install-detail = Open the browser's menu, choose “Add to home screen”.

## Members

members-title = Members
members-count = { $n ->
    [one] { $n } person
   *[other] { $n } people
  }
invite-title = Invite someone
invite-role = Role
invite-name = Name of the invited
invite-name-hint = Optional
invite-yes = Make an invite
invite-made = Invite
invite-once = Let the invited scan this. It works once and expires in { $time }.
invite-for = For { $name }, role { $role }
invite-for-anyone = Role: { $role }
invite-warning = The browser warns once, since the box made its certificate itself: choose “Advanced”, then “Proceed”.
invite-alt = QR code of the invite
invite-link = Cannot scan? Send this link in private:
invites-open = Open invites
invite-anyone = anyone
invite-by = by { $name }, { $time } left
invite-withdraw = Withdraw
member-phones = { $n ->
    [0] no phone
    [one] { $n } phone
   *[other] { $n } phones
  }
member-locked = Locked by wrong codes
member-you = you
member-unlock = Unlock
member-role-yes = Change role
member-revoke = Remove from group
member-revoke-sure = Remove { $name } from the group? All phones of this person lose access at once.
member-revoke-yes = Remove now
phone-revoke-yes = Remove

## Log

log-title = Log
log-detail = All that was done, newest first. Nobody can change or erase it.
log-empty = Nothing yet.
log-left-out = { $count } more before it
log-older = Older
log-newest = Newest
log-unsure = ≈ The time may be wrong: the box did not know it then.
by-tool = tool on the box
by-bundle = the ward's handover sheet

## Check the box

check-title = Check the box
check-tested = Self-test
check-now = Now
check-asked = Received.
check-too-soon = Done a moment ago, wait a little.
tested-never = Never tested yet.
tested-at = Tested at { $time }
test-run = Run the self-test now
test-hint = Tries cameras, detection, the way to the ward, card, power. No siren. Takes half a minute or so.
test-asked = Starting the self-test…
test-running = Testing…
test-about = Looking at: { $what }
test-done = The self-test is over.
test-unserved = Nothing here runs the self-test (a machine on trial). On this machine use the command: edgebox doctor
test-broken = The self-test was broken off. Try again; if it stays so, send the support bundle to the administrator.
try-title = Try siren and lights
try-hint = One goes on after the other. Look and listen: the box cannot know whether a lamp shines or a siren sounds.
try-lights = Try lights and buzzer
try-siren = Siren too
try-siren-detail = After the lights the siren sounds for half a second. Warn the neighbours first.
try-warned = I have warned the neighbours
try-warn-first = Warn the neighbours first, then tick the box.
try-begun = It has begun. Watch the lines above.
try-busy = It cannot be tried now. Wait some minutes and try again.
try-away = The box does not answer. Try again.
driven-never = not seen on yet
driven-at = was on,
press-title = Try buttons, lid, key, mains
press-hint = Press each button, open the lid, turn the key, unplug the UPS. What the box notices gets a ✓.
press-panic = A panic button raises a real alarm: the siren sounds, the ward police are told. Warn neighbours and ward first.
press-silent = A silent button really calls the ward police, and nothing here sounds or shines. Phone the ward first.
changed-never = not seen to change yet
changed-at = has changed,
input-panic-on = down
input-panic-off = up
input-remote-on = down
input-remote-off = up
input-hidden = not shown here
input-hidden-detail = So that nobody learns of a call. Press it, then ask the ward whether it came.
input-key-on = camera alarm on
input-key-off = camera alarm off
input-tamper-on = open
input-tamper-off = shut
input-unread = not read yet
bundle-title = Support bundle
bundle-hint = One file for whoever helps from afar: state, config, technical log. No password, key, picture or member's name.
bundle-make = Make a new one
bundle-asked = Preparing the bundle…
bundle-running = Making the bundle…
bundle-done = The bundle is ready.
bundle-unserved = Nothing here makes a bundle (a machine on trial). On this machine use the command: edgebox support-bundle
bundle-broken = The bundle could not be made. Try again.
bundle-take = Download ({ $kb } KB)
bundle-at = made at { $time }
bundle-none = There is no bundle yet. Press “Make a new one” first.

## Spans of time

now = just now
ago = { $time } ago
## Contact lost

offline-title = The box cannot be reached
offline-detail = In an emergency shout, and call at once:
offline-check = Check that the phone is on the group's Wi-Fi. This page tries again by itself.
offline-again = Try again now
offline-anew = Still nothing? Open the page anew
lost-reload = Reload

## For the scripts

js-too-short = Hold longer, a full second
js-holding = Keep holding…
js-sending = Sending…
js-sending-detail = Waiting for the box
js-no-answer = The box does not answer
js-no-answer-detail = Shout and call 113. The phone goes on trying, attempt { $n }.
js-no-answer-silent = If you can, call 113. The phone goes on trying, attempt { $n }.
js-gave-up = Not sent
js-gave-up-detail = Shout and call 113 now.
js-gave-up-silent = If you can, call 113.
js-again = Try again
js-refused = The box refuses
js-lost = Contact lost. Shout, call 113
js-lost-quiet = Contact lost. If you can, call 113
js-lost-detail = What is shown may be old. Trying to reconnect.
js-lost-long = Not reconnected yet. Reload the page.
js-form-failed = The box does not answer. Try again.
js-wait = Try again in { $n }
js-just-now = just now
js-seconds-ago = { $n } s ago
js-minutes-ago = { $n } min ago
js-hours-ago = { $n } h ago
