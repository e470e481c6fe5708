### What `edgebox camera` says.

## Looking for cameras

searching = Looking for cameras on this network for { $seconds } s ...
found-line = { $number }. { $host }  { $about }
found-known = (camera { $name } of the config)
found-misnamed = (it takes itself for { $host })
found-next = Next: edgebox camera probe { $host }
found-none = No camera answers. Switch ONVIF on in the camera's app or page (often off when new), see that it is on the same network and not behind a guests' Wi-Fi, and try again; or ask it by its address: edgebox camera probe 192.168.1.64

## Which camera

target-bad = { $text } names no camera. Want a camera's name in the config, an address such as 192.168.1.64, or rtsp://192.168.1.64/stream1
target-local = Camera { $text } is no camera on the network: nothing can be asked of it. edgebox doctor looks at it.
ask-user = User name at the camera (Enter where there is none):
ask-password = Password at the camera (not shown):
ask-new-password = New password of user { $user } at the camera (not shown):
ask-new-password-again = Once more:
passwords-differ = The two are not the same; nothing was changed.
password-weak = This password is too easy to guess: want at least 8 letters and digits, and none that cameras are sold with. Nothing was changed.
password-unread = { $path }: cannot read a password from its first line: { $why }

## Asking

step-asking = Asking { $host } by ONVIF ...
step-reading = Reading { $streams } streams for { $seconds } s ...
head = Camera at { $host }: { $known }
head-onvif = ONVIF: { $host }
head-no-onvif = Without ONVIF: { $why }
column-stream = stream
column-codec = codec
column-size = size
column-rate = pictures
column-keys = key frame every
column-bitrate = bit rate
column-p-of-i = P/I
column-turned = turned
column-use = for
use-detection = detection
use-evidence = evidence
unread = cannot be read: { $error }
for-detection = For detection: stream { $stream }. { $why }
for-evidence = For evidence: stream { $stream }. { $why }
for-evidence-same = For evidence: the same stream. { $why }
choice-none = None of its streams can be used: set the camera to H.264, H.265 or MJPEG.
reason-small-enough = It is the smallest that shows people well enough: decoding is what costs a box most, and four times the pixels cost four times as much.
reason-all-small = All are small, this is the largest: set the camera's sub stream to 640x360 or more.
reason-only-one = It is the only one: switch on the camera's sub stream (640x360), and the box has a quarter of the work.
reason-largest = It shows most; it is decoded for pictures of an event alone.
reason-none-larger = The camera has none that shows clearly more.
reason-none = There is none.
do = → { $text }
snippet = Lines for edge.toml:
snippet-password = its first line is the password

## Setting

set-nothing = The camera at { $host } is set as it should be; nothing to change.
set-title = Camera at { $host } ({ $known }), what changes:
set-fps = { $stream }: pictures a second: { $before } → { $after }
set-key-interval = { $stream }: a key frame every { $before } → { $after }
set-bitrate = { $stream }: bit rate { $before } → { $after } (by quality: few bits where nothing moves)
set-time-server = clock by the time server: { $before } → { $after }
set-password = password of user { $user }: a new one. It goes over the cable unencrypted, since ONVIF knows no other way
set-fixed-rate = By hand, in the camera's own page: the bit rate of { $streams } to VBR (by quality); this camera does not offer it by ONVIF.
set-ask = Change this? (y/n)
set-wants-yes = Nothing was changed: nobody is there to agree. Add --yes
set-nothing-done = Nothing was changed.
set-done = done: { $line }
set-not-done = NOT DONE: { $line } – the camera took it and kept what it had; set it in its own page
set-stopped = The camera stopped there: { $why } What is called done above is done.
set-new-password = Now write the new password into { $path }, or the box loses this camera; it reads the file by itself.
set-new-password-other = Whatever else watches this camera wants the new password, too.

## Snapshot

snapshot-file = A picture is not stored on this machine. Leave the redirection away to see it here; from your own computer: ssh BOX sudo edgebox camera snapshot { $name } > picture.jpg

## Confirming a view

confirm-done = { $name }: confirmed. The box tells when it no longer shows this view.
confirm-learning = { $name }: not confirmed yet: the box has not seen enough. It needs a minute in which the camera is well and something stands still in its picture; it goes on by itself. edgebox status shows it.
confirm-unserved = { $name }: nobody has taken it up: edgebox watch does not run. It does when it starts.
confirm-unknown = No camera { $name } in the config. There are: { $names }
confirm-folder = { $folder }: cannot be written: { $error }. As root, on the box, after edgebox watch has run once.

## Where it fails

onvif-login = { $host }: wrong user name or password, or this user may not use ONVIF (some makers keep users for ONVIF apart: add one in the camera's page). Wrong ones lock an account: look them up before trying again.
onvif-locked = { $host }: the camera has locked this account after wrong passwords. Wait half an hour, or switch the camera off and on.
onvif-refused = { $host }: something is there, but nothing listens at that port. Switch ONVIF on in the camera's app or page, check the port.
onvif-silent = { $host } does not answer. Check the camera's power, cable and address.
onvif-no-host = { $host }: nobody knows this name. Check it, or use the camera's IP address.
onvif-no-onvif = { $host } does not speak ONVIF. Switch it on in the camera's app or page (Network, Integration), or give the address of its stream: rtsp://...
onvif-elsewhere = { $host } wants to send on to another address, which is not followed. Give the camera's own address; where it allows https alone: https://{ $host }/onvif/device_service
onvif-bad-answer = { $host }: its answer cannot be used ({ $detail }). Restart the camera, update its firmware; if that changes nothing, do not trust it.
onvif-cannot = { $host }: the camera does not offer this by ONVIF. Set it in its own page.
onvif-said-no = { $host } refuses: “{ $detail }”
onvif-no-stream = { $host } has no video stream set up by ONVIF. Reset its video settings in its own page.
