### The page of the ward police.
### Families name values of the contract: kind-, severity-, cause-, answer- and others.

language = English
other-language = Tiếng Việt
title = Camera events
desk = Ward police
skip = Skip to content
events = Events
boxes = Boxes
sound-off = Sound: off
sound-on = Sound: on
sound-wait = Sound: click the page to start it
live = Live
live-lost = THIS PAGE IS OUT OF DATE: it lost its server.
live-needs-script = JavaScript is off in this browser: the page does not update by itself, reload it.
link-connected = The receiver is connected to the MQTT broker
link-retrying = The receiver lost the broker at { $since }: events cannot come in
link-stopped = The receiver was stopped at { $since }: events cannot come in
link-silent = The receiver has not answered since { $since }: events cannot come in
link-never = No receiver ever wrote to this store
boxes-online = { $count ->
    [one] { $online }/{ $total } box online
   *[other] { $online }/{ $total } boxes online
  }
today = Today
count-alert = { $count ->
    [one] { $n } alert
   *[other] { $n } alerts
  }
count-warning = { $count ->
    [one] { $n } warning
   *[other] { $n } warnings
  }
count-info = { $count ->
    [one] { $n } notice
   *[other] { $n } notices
  }
filter = Filter
filter-active = Filtered
apply = Apply
clear = Clear
all = All
camera = Camera
kind = What happened
severity = Severity
class = Object
day = Day
newer = To the newest
older = Older
new-above = New events: { $n }
no-events = No events yet.
no-match = No event matches the filter.
no-events-hint = This page shows an event as soon as a box sends it.
announce = New event
severity-alert = Alert
severity-warning = Warning
severity-info = Notice
what-one = { $object } { $deed }
what-many = { $deed }: { $n } × { $object }
kind-enter = entered the area
kind-enter-nowhere = appeared
kind-dwell = stayed long
kind-dwell-vehicle = parked long
kind-dwell-thing = left behind long
kind-cross = crossed a line
kind-crowd = Crowd
kind-crowd-vehicle = Many vehicles
kinds-enter = Entered the area, appeared
kinds-dwell = Stayed long, parked long
kinds-cross = Crossed a line
kinds-crowd = Crowd
phase-new = New
phase-update = Update
phase-end = End
ongoing = Ongoing
end-unknown = End not known
end-unknown-long = No end came: the box is offline or has restarted since, or there was no record for 24 hours.
after-ended = Ended after { $duration }
after-left = Left after { $duration }
after-view-lost = View lost after { $duration }
why-ended = Ended
why-left = Left
why-view-lost = View lost
view-lost-long = The camera's pictures stopped at { $when }. What became of it after that, nobody knows.
riders = { $count ->
    [one] { $n } person on it
   *[other] { $n } people on it
  }
riders-on = People on it
historical = Late
historical-long = Arrived over a minute after it happened: not news of this moment.
clock-unsure-long = The box's clock was not synchronised when it recorded this event.
no-picture = No picture
picture-coming = Picture on its way
picture-of = Picture: { $what }
role-subject = The subject
role-all = All of them
role-scene = The scene
role-before = Before
scene-enter = The scene as it entered the area
scene-enter-nowhere = The scene as it appeared
scene-dwell = The scene when it had stayed long
scene-dwell-vehicle = The scene when it had parked long
scene-dwell-thing = The scene when it had been left long
scene-cross = The scene as it crossed the line
scene-crowd = The scene when the crowd was there
scene-crowd-vehicle = The scene when many vehicles were there
before-any = { $duration } before
before-cross = { $duration } before, not yet across
before-dwell = { $duration } before, when it came
overlay-switch = Draw frame and way
overlay-alt = The frame is the object as the picture was taken, the arrow the way it went.
pictures-checked = Pictures as evidence
group = Security group
box = Box
rule = Rule
zone = Zone
score = Confidence
time = Time
first-seen = First seen
ended = Ended
received = Received here
back = Back to the list
picture = Picture
picture-verified = Verified: the file's SHA-256 is the one in the record.
picture-broken = DOES NOT MATCH: the file on disk is no longer what the record tells. Do not use it as evidence.
picture-missing = The picture's file is no longer on disk.
picture-masked = Private areas are blacked out.
picture-pixelated = Other people in it are pixelated.
picture-not-here = The picture has not come yet.
picture-size = { $width } × { $height } px, { $kilobytes } KB
picture-quarantined = { $count ->
    [one] { $n } picture with a wrong hash is quarantined and not shown.
   *[other] { $n } pictures with a wrong hash are quarantined and not shown.
  }
where = Where in the camera's view
where-alt = Sketch of the camera's view: the rectangle is the object, the arrow is the way it went.
history = Course
phase = Phase
record-of = Record { $rev }: { $phase }
number = Number
number-gap = the number before it is missing
bytes = { $n } bytes
model = Model
config = Config
event-id = Event
signature-later = Signatures are not checked yet in this version.
not-found = Not found
not-found-hint = It is not in the store, or its time was over and it was deleted.
busy = The store is busy or the disk is full. The page tries again.
no-boxes = No box has sent anything yet.
online = Online
offline = Offline
silent = Silent
self-test = Last self-test
self-test-none = never tested
verdict-ok = good
verdict-warn = to be looked at
verdict-bad = bad
unknown = { camera-unknown }
since = since { $when }
heard = Last heard
firmware = Firmware
cameras = Cameras
gaps = Missing records
gaps-none = No record is missing
gaps-some = { $count ->
    [one] { $n } record is missing
   *[other] { $n } records are missing
  }
waiting = { $count ->
    [one] { $n } record still at the box
   *[other] { $n } records still at the box
  }
restarts = { $count ->
    [one] The box began a new journal { $n } time
   *[other] The box began a new journal { $n } times
  }
losses = The box says it lost
losses-none = The box reports no loss
loss-lost_new = new events
loss-lost_update = updates
loss-lost_image = pictures
loss-lost_end = ends of events
loss-lost_alert_image = pictures of alerts
loss-lost_new_alert = new alerts
loss-lost_scene = scenes
loss-lost_before = pictures from before
loss-lost_health = camera states
loss-journal_lost = unreadable records
loss-lost_recorder_new = new events not written in time
loss-lost_recorder_update = updates not written in time
loss-lost_recorder_end = ends not written in time
loss-lost_recorder_image = pictures not written in time
loss-lost_recorder_scene = scenes not written in time
loss-lost_recorder_before = pictures from before not written in time
refused = { $count ->
    [one] { $n } message against the contract refused
   *[other] { $n } messages against the contract refused
  }
quarantined = { $count ->
    [one] { $n } picture quarantined
   *[other] { $n } pictures quarantined
  }
metrics = Latest figures
metrics-none = No figures yet
no-sign-in = There is no sign-in yet: whoever reaches this address can look.
alarm = Alarm
alarms = Alarms
alarms-none = No alarms yet.
alarms-none-hint = When somebody presses a button, calls by telephone page, or a camera's rule calls, this page shows it at once and rings.
alarm-open-siren = The siren sounds
alarm-open-light = The alarm lights are on
alarm-open-silent = Silent call
alarm-was-siren = Alarm with siren
alarm-was-light = Alarm with lights
alarm-was-silent = Silent call
silent-note = SILENT: nobody at the place knows. Do not call the caller back, and come without sirens.
cause-button = Button { $name }
cause-member = { $name } (member)
cause-ward = Ward police: { $name }
cause-rule = Camera rule: { $name }
cause-tamper = Somebody tampers with the box: { $name }
cause-time = its time was over
state-open = Ongoing
state-silenced = Silenced
state-ended = Ended
state-refused = Refused
state-unknown = End not known
who-called = Who called
mode = Kind
state = State
raised = Raised
until = Ends by itself
until-left = left
silenced-by = Silenced: { $who }, { $when }
ended-at = Ended by itself at { $when }
refused-because = Not done: { $why }
end-not-told = Its time is over and no end was told: ask at the place.
box-lost-note = The box is offline: its siren may still sound until its time is over.
outputs = Outputs driven
seen-do = I take this
seen-by = { $officer } took it at { $when }
seen-nobody = Nobody has taken it yet
seen-list = Taken by
calls = Needs you now
allow-sound = This page may not make a sound yet: click here to hear alarms
alarm-id = Alarm
alarm-event = What the camera saw
life-raised = Raised
life-escalated = The siren followed the light
life-joined = Raised once more
life-silenced = Silenced
life-ended = Ended by itself
life-refused = Refused
by-whom = Who
panel = Alarm at the box
panel-none = The box has not told its state.
outputs-on = On now
commands = Command this box
commands-off = This page commands nobody: start it with --command-key.
commands-not-here = Commands are taken only from the machine that runs this page.
commands-box-offline = The box is offline: a command will not reach it. Telephone the group.
commands-box-silent = The box says nothing any more: a command may not reach it. Telephone the group.
commands-sent = Commands sent
commands-none = No command was sent to this box yet.
notthat = A false alarm?
notthat-siren = This rule may sound the siren, so it cannot be muted from here. A technician changes its zone, or masks the place.
notthat-hours = At which hours
notthat-all-day = All day
notthat-days = For how long
lessons = Not told again
lessons-none = Nothing is taught.
lesson-by = { $officer }, until { $until }
lesson-muted = { $count ->
    [one] kept back once
   *[other] kept back { $n } times
}
lesson-event = Event
lesson-undo = Undo
command-siren = Sound the siren
command-light = Lights on
command-silence = Silence
command-arm = Camera alarm on
command-disarm = Camera alarm off
command-selftest = Self-test
command-notthat = Not that
confirm-siren = Sound the siren and switch on the lights of { $box } now?
confirm-light = Switch on the lights of { $box } now? No siren sounds.
confirm-silence = Switch off siren and lights and end the alarm of { $box }?
confirm-arm = Switch on the camera alarm of { $box }? Camera rules may then raise alarms.
confirm-disarm = Switch off the camera alarm of { $box }? Camera rules raise no alarms then; the buttons still work.
confirm-selftest = Try every output of { $box }? The lights go on for a moment.
confirm-notthat = A false alarm? Rule { $rule } of camera { $camera } will not tell again of { $object } standing at this very place. People who move are told all the same.
confirm-undo = Undo this? The box will tell again as before.
duration = For how long
duration-default = As the box is configured
with-siren = The sirens too (they will sound)
send = Send the command
sending = Sending, waiting for the box's answer…
sending-lost = Could not reach the page's server: try again.
box-obeys = The box obeys
box-refuses = The box refuses
signed-again = (The box's clock is wrong, or it has just restarted: the command was signed once more.)
done-siren = siren and lights are on.
done-light = the lights are on.
done-silence = the alarm is over.
done-arm = the camera alarm is on.
done-disarm = the camera alarm is off.
done-selftest = the self-test runs; see the box's faults for what it finds.
done-notthat = it is done. The list is on the box's page.
answer-pause = it has just sounded and must rest. Wait a minute and send it again.
answer-per-hour = too many alarms within the hour. People at the place can still press a button: telephone the group.
answer-disarmed = the camera alarm is off. Switch it on first.
answer-stale = what happened is too long ago for an alarm.
answer-busy = an alarm is on. Wait until it is over, then test.
answer-nothing = there is no alarm to silence.
answer-stopping = the alarm part of the box does not answer. Send it again; if that fails, call the technician.
answer-oversized = the command is too long. A fault of the ward's software: tell the technician.
answer-malformed = the box cannot read the command. The two sides run different versions: tell the technician.
answer-retained = the command was retained by the broker. The technician looks at the broker.
answer-unknown-key = the box does not know this key. Put its .pub into the box's config, under [commands] keys.
answer-bad-signature = the signature does not hold. The command was changed on its way, or the key is damaged: tell the technician.
answer-other-box = the command is signed for another box. Check the names of ward, group and box.
answer-other-boot = the box has just restarted. Send it again.
answer-other-name = the command was sent to a wrong topic. A fault of the ward's software: tell the technician.
answer-expired = it came too late, or this machine's clock is slow. Check the time here and send it again.
answer-not-yet = this machine's clock is ahead of the box's. Check the time here and send it again.
answer-too-long-lived = the command holds for too long. A fault of the ward's software: tell the technician.
answer-repeated = it had this command before, and does nothing twice.
answer-too-many = too many commands within a minute. Wait a minute and send it again.
answer-no-keys = the box was given no key of the ward. Put the .pub into its config, under [commands] keys.
answer-unready = the box cannot write down that it obeys (disk full or broken): call the technician.
answer-no-such-rule = the box has no such camera or rule, or the rule is not about that class.
answer-siren-rule = this rule may sound the siren: it cannot be muted from afar. A technician changes its zone, or masks the place.
answer-too-large = the place is more than a quarter of the picture. A technician changes the rule's zone.
answer-too-many-lessons = the box knows 32 places and takes no more. Undo some, or call the technician.
answer-no-such-lesson = that was undone before, or its time is over.
answer-none = no reason was told.
failure-no-way = Not sent: no way to the broker.
failure-unknown-box = Not sent: no box of this name has ever connected.
failure-ambiguous = Not sent: there are several boxes of this name.
failure-offline = Not sent: the box is offline. Telephone the group.
failure-unclaimed = The box does not listen for commands: it is not connected, or has no [commands] keys.
failure-denied = The broker does not let us send commands: the technician looks at its ACL.
failure-no-answer = The box has not answered: whether it has obeyed is not known. Look at its alarms, then send it again.
failure-none = Waiting for its answer
progress-connecting = connecting to { $broker }
progress-sent = sent to { $box }, waiting for its answer
progress-waiting = still waiting for { $box }: { $seconds } s
progress-clock = { $box } refuses ({ $reason }): its clock is not synchronised and says { $at } UTC; signing once more for its time
progress-restarted = { $box } has just restarted: signing once more
reply-obeys = { $box } obeys: { $done } ({ $after })
reply-refuses = { $box } refuses, { $reason }: { $what } ({ $after })
reply-after = answered after { $ms } ms
reply-again = , signed a second time ({ $reason })
reply-alarm = , alarm { $alarm }
asked-by = { $officer }, { $when }
officer = Officer
officer-name = Name of the officer on duty
officer-hint = It goes into commands and into the box's log. There is no sign-in yet: whoever sits at this machine can set it.
officer-save = Save the name
officer-unset = No officer's name yet
officer-wanted = Say who you are: the officer's name, 1 to 60 characters.
not-our-page = This request did not come from this page, so nothing was done. Open the page by its IP address, not by a name.
not-this-machine = Only the machine that runs this page may do that.
refused-title = Not done
record-nr = Record { $rev }
calls-more-of-box = { $n } more of { $box }
calls-more-boxes = { $count ->
    [one] { $n } other box calls: see the list
   *[other] { $n } other boxes call: see the list
  }
seen-all = I take all { $n }
alarms-of-all = Alarms of all boxes
cut-off = Cut off
cut-off-title = The box fell silent right after a call
cut-off-since = since { $when }
cut-off-call = The call just before:
cut-off-note = Its cable or power may have been cut: take it as an attack that goes on, and send somebody.
box-clock = (the box's clock: { $when })
box-clock-never = (the box's clock, never set: { $when })
by-box-clock = By the box's clock
clock-synchronised = the box's clock was synchronised
clock-never = the box's clock was never set: only our time of receipt is sure
live-lost-since = Since { $when }.
live-lost-do = New alarms cannot show up here. It reconnects by itself; if that fails, telephone the groups and tell the technician.
station = The ward's receiver
hush = I know, be quiet
down = The store cannot be read
picture-lost-full = Picture lost: the box was full and gave it up
picture-lost-unreadable = Picture lost: the box could not read it back
picture-lost-refused = Picture lost: the broker would not take it
picture-lost-unexplained = Picture lost, nobody knows why
picture-lost-overdue = The picture did not come within 24 hours
incidents = Incidents
incidents-none = No incidents.
incidents-open = { $count ->
    [one] { $n } incident
   *[other] { $n } incidents
  }
incident-last = last at { $when }
incident-put-away = seen to at { $when }
incident-done = Seen to
confirm-incident-done = Has this been seen to? If it happens again, it comes back.
incident-session-new = The broker has lost what it held for the ward
incident-do-session-new = Boxes send again what was not acknowledged. The technician looks whether the broker keeps its store on disk (persistence).
incident-seq-jump = The box's numbers jumped
incident-do-seq-jump = The box may be broken, or another machine bears its name. The technician looks at the box and its certificate.
incident-journal-anew = The box counts anew: a new card, or a reset
incident-do-journal-anew = Right if its card was changed or it was reset. If nobody did that, another machine may bear its name: call the technician.
incident-two-boots = Two machines bear one name: a card was cloned
incident-do-two-boots = Find the second machine and unplug it, then make the box a card of its own bundle. Where nobody knows which, revoke the certificate.
incident-lost = Records are lost: the box cannot send them again
incident-do-lost = See which numbers are missing on the box's page. The technician looks at the box's card and at the broker.
incident-quota = The box sends too much: the rest is refused
incident-do-quota = See which rule tells all the time and change its zone. If none does, the box may be broken or taken over: call the technician.
incident-clock = The box's clock is far from ours
incident-do-clock = Trust our time of receipt alone. The technician looks whether the box reaches its time server, and at its clock battery.
incident-unknown = Another incident
incident-do-unknown = Call the technician.
gaps-lost = { $count ->
    [one] { $n } of them is lost for good
   *[other] { $n } of them are lost for good
  }
gaps-hint = Numbers that have not come and that the box has not explained, the newest first.
gap-size = How many
gap-lost = lost
gap-owed = still at the box
given-up = Given up by the box
given-up-what = What
given-up-why = Why
shed-update = update
shed-end = end
shed-picture = picture
shed-health = camera state
shed-event = new event
shed-record = record
shed-why-full = its memory was full
shed-why-unreadable = it did not read back
shed-why-refused = the broker would not take it
put-away = A box out of use
put-away-do = Put this box away
put-away-done = It is put away. It comes back by itself when it speaks.
put-away-boxes = Boxes put away: { $n }
put-away-not = The box is there, or there is none of that name: it cannot be put away.
confirm-put-away = Put { $box } away from the list of boxes? Its events stay. It comes back by itself when it speaks.
clock-state-synchronised = the box's clock was synchronised
clock-state-holding = the box's clock holds over: it hears no source
clock-state-never = the box's clock was never set since it started
clock-state-unknown = whether the box's clock is right is not known
clock-corrected = it was { $when }
clock-bound = within { $bound }
camera-sent = { $count ->
    [one] today { $n } event, { $size } MB
   *[other] today { $n } events, { $size } MB
  }
camera-near-budget = near or over { $budget } MB a day. See which rule tells so much; nothing is kept out
