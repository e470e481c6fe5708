### The terms that several programs share, one for each thing.

## A camera's state

camera-ok = working
camera-lost = no picture
camera-frozen = frozen
camera-dark = too dark
camera-covered = covered
camera-moved = turned away
camera-no-key-frames = sends nothing that can be shown
camera-over-exposed = too bright
camera-sprayed = partly covered, perhaps sprayed
camera-defocused = out of focus
camera-late = late
camera-wrong-time = its clock is wrong
camera-unknown = unknown

## Outputs and inputs

output-siren = siren
output-strobe = strobe
output-flood = flood light
output-beacon = status light
output-buzzer = buzzer
input-panic = panic button
input-silent = silent button
input-remote = remote control
input-key = key switch
input-tamper = lid
input-mains = mains
on = on
off = off
mains-on = on
mains-off = power cut, on battery

## The alarm

panel-idle = all is well
panel-confirming = somebody holds the button
panel-entry = somebody came in while the camera alarm is on: about to call
panel-light = the alarm lights are on
panel-sounding = the siren sounds
panel-silent = a silent call is open
panel-cooldown = has just sounded: resting
panel-test = siren and lights are being tested
panel-fault = siren and lights are not working
armed = camera alarm: on
disarmed = camera alarm: off

## What cameras see

class-person = person
class-bicycle = bicycle
class-car = car
class-motorcycle = motorcycle
class-two-wheeler = ridden two-wheeler
class-bus = bus
class-truck = lorry
class-train = train
class-boat = boat
class-dog = dog
class-cat = cat
class-bird = bird
class-cow = cow
class-horse = horse
class-backpack = backpack
class-handbag = handbag
class-suitcase = suitcase
class-knife = knife

## Members, and what was done

role-member = member
role-leader = leader
role-technician = technician
act-alarm-raised = alarm
act-alarm-silent = silent call
act-alarm-refused = alarm refused
act-alarm-cancelled = alarm ended
act-armed = camera alarm switched on
act-disarmed = camera alarm switched off
act-invited = invited
act-invite-withdrawn = invite withdrawn
act-joined = joined
act-phone-added = phone added
act-phone-revoked = phone removed
act-member-revoked = member removed
act-renamed = renamed
act-role-changed = role changed
act-code-wrong = wrong code
act-code-changed = code changed
act-unlocked = unlocked
act-self-test = self-test of the box
act-lights-tried = lights tried
act-siren-tried = siren and lights tried
act-bundle-made = support bundle made
act-bundle-taken = support bundle downloaded

## Time

seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
  }
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
  }
hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
  }
days = { $n ->
    [one] { $n } day
   *[other] { $n } days
  }
clock-unsure = time unsure

## Why the system refused a file

why-missing = No such file or directory
why-denied = Permission denied
why-exists = File exists
why-full = No space left on device
why-read-only = Read-only file system
why-broken = Input/output error
why-busy = Device or resource busy
why-no-folder = Not a directory
why-folder = Is a directory
why-not-empty = Directory not empty
why-gone = No medium found
why-long = File name too long
