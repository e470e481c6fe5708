welcome = Preparing a box of { $ward }. Enter takes what stands in brackets, Ctrl-C stops: nothing is written until the end.
ask-group = Group, in small letters without accents (such as to-12)
ask-box = Name of the box
ask-title = Where it hangs, as people call the place (such as Tổ 12, ngõ 5)
same-place = Box { $name } hangs at { $title } already. Is this another box at the same place? (y/n)
ask-camera = Camera { $number }: address (rtsp://..., /dev/video0 or csi)
ask-camera-more = Camera { $number }: address (Enter when there are no more)
ask-camera-known = Camera { $number }: address (- when there are no more)
ask-camera-name = Name of the camera, in small letters (such as gate)
ask-user = User name at the camera (Enter where there is none)
ask-password = Password at the camera (not shown)
camera-trying = Trying camera { $name } ...
camera-seen = Camera { $name } gives a picture, { $size }.
camera-dark-login = No picture: wrong user name or password at the camera. Type them again.
camera-dark-forbidden = No picture: this user may not watch that stream. Allow it in the camera's settings, or take another user.
camera-dark-no-stream = No picture: the camera answers, but has no stream at { $address }. Look up what follows its IP address in the camera's app (RTSP).
camera-dark-busy = No picture: the camera has too many viewers. Close some apps that watch it, and try again.
camera-dark-refused = No picture: at { $address } no camera answers, though something is there. Check the port, and that RTSP is on in the camera.
camera-dark-silent = No picture: { $address } does not answer, or sends no picture. Check the camera's power, cable and address.
camera-dark-no-host = No picture: the host's name in { $address } is not known. Check it, or use the camera's IP address.
camera-dark-not-rtsp = No picture: { $address } answers, but not as RTSP. Check the camera's RTSP port (usually 554).
camera-dark-not-video = No picture: the box cannot read the camera's kind of picture. Set the camera to H.264, H.265 or MJPEG.
camera-dark-too-small = No picture: the picture of this stream is too small. Choose another stream.
camera-dark-other = No picture: { $address } cannot be watched. Try the address in an app that plays RTSP, then check camera and cable.
camera-anyway = Take this camera all the same? (this computer may be on another network) (y/n)
wired-are = The standard wiring has: { $all }
ask-wired = What of it is connected? (all, none, or names with commas)
ask-watch = When does a person make an event?
ask-watch-night = At night, 22:30 to 05:00
ask-watch-always = Always
ask-network = How does the box reach the network?
ask-network-cable = Cable, address by DHCP
ask-network-fixed = Cable, fixed address
ask-network-wifi = Wi-Fi
ask-network-mobile = 4G (SIM)
ask-ssid = Name of the Wi-Fi
ask-wifi-password = Password of the Wi-Fi (not shown)
ask-apn = APN of the operator (Viettel: v-internet, VinaPhone: m3-world, MobiFone: m-wap)
mobile-alone = With 4G alone no telephone reaches the box: buttons and ward work, but the group's page needs a router whose cable the box is on, or a Wi-Fi there.
ask-address = Fixed IP address (such as 192.168.1.50/24)
ask-gateway = Gateway
ask-dns = DNS server
ask-leader = Name of the group's leader (Enter when not known yet)
choose = Number
as-before = as before
yes = y
no = n
all-right = Is all of this right? (y/n)
once-more = Once more from the beginning; Enter where it was right.
renew-right = Make a new code and write this box's card again? (y/n)
nothing-done = Nothing was done.
nothing = nothing
nobody = not known yet
summary =
    Box { $name }
        Place: { $title }
        Wired: { $wired }
        A person makes an event: { $watch }
        Network: { $network }
        Leader: { $leader }
        Cameras:

bad-slug = Use a-z, 0-9 and - only, at most 48 of them, such as to-12.
bad-slug-near = Use a-z, 0-9 and - only. Did you mean { $near }?
bad-length = { $name } is too long: ward, group and box together have at most 64 characters. Shorten one.
bad-taken = { $name } was given before, and a name is given once. The next free one: { $near }
bad-title = Want 1 to { $max } characters on one line.
bad-title-start = It may not begin with = + - @.
bad-source = Want an address such as rtsp://192.168.1.20:554/stream1, /dev/video0 for a USB camera, or csi for one at the box's camera port (of two ports: csi:cam0, csi:cam1). { $detail }
bad-username = The user name is too long, or has strange characters.
bad-password = The password is too long, or has strange characters.
bad-wired = There is no { $name } in the standard wiring. It has: { $all }
bad-ssid = A Wi-Fi's name has 1 to 32 bytes.
bad-wifi-password = A Wi-Fi's password has 8 to 63 letters, digits and signs without accents.
bad-apn = An APN has letters, digits, dots and - only, such as v-internet.
bad-host = Want a host's name or IP address, such as 192.168.1.1.
bad-address = Want an address such as 192.168.1.50/24, not that of a network or a broadcast.
bad-gateway = The gateway must be in { $network }.
bad-ip = Want an IP address, such as 192.168.1.1.
bad-leader = The name is too long, or has strange characters.
bad-choice = Type one of the numbers.
bad-yes-no = Type y (yes) or n (no).
bad-watch = Want one of: { $all }
bad-camera-twice = There is a camera { $name } already; take another name.
bad-camera-name = There is no camera { $name }.
bad-cameras = At most { $max } cameras.

card-none = No card of edgebox is there. Put a flashed card in, wait until the computer shows it, and run this again; or name the place by --card DIR.
card-many = There are several cards: { $all }. Take some out, or name the place by --card DIR.
card-again = Enter looks again (Ctrl-C stops).

made = The bundle of box { $name } is in { $where }. Its one-time code can be used until { $until }.
made-secrets = The card holds passwords of cameras and Wi-Fi that anybody can read (FAT knows no permissions): keep it safe, copy it nowhere, put it into the box at once. Once enrolled, the box erases them from the card.
labels-written = { $number } labels made: { $path }
letters-written = Handover sheet made, with the leader's letter and the technician's part: { $path }. Print it, hand it over in person, then delete the file: it holds one-time secrets.
label-hint = Scan to open the group's page
next-steps = Eject the card safely, put it into the box, switch it on. Print the label and stick it on the box.
next-steps-renew = Eject the card safely, put it into the box, switch it on. The old label still holds; where the place has changed, print it again: box label
next-steps-many = Copy the folder edge-bundle of { $out }/BOX to the first partition of each card. Print the labels, each for its box, and the handover sheets, a page a box. Then delete { $out }: it holds passwords and codes.
progress = { $number }/{ $all } { $name }
template-written = An empty table is in { $path }. Open it in Excel or LibreOffice, fill in one line for each box, save it as CSV UTF-8.

list-row = { $name }: { $state } – { $title }
list-empty = No boxes yet.
state-enrolled = enrolled
state-waiting = not enrolled yet, its code can be used until { $until }
state-expired = its code expired { $until }; run: box renew
state-revoked = revoked
rows-good = { $path } is as it was written.
row-changed = Line { $line }: WAS CHANGED, or not signed by the ward's key.
row-gap = Line { $line }: does not follow the line before; a line was deleted or moved.
row-missing = { $name }: stands in the book of enrolments, but in no line here.

table-where = row { $row }, column { $column }:{" "}
table-nothing = { $number } faults; nothing was written. Mend them all and run this again.
table-empty = There is no box in the table.
table-long = The table is too long, want at most { $max } boxes.
table-encoding = Its letters cannot be read: save it as "CSV UTF-8".
table-broken = It is no CSV table.
table-wide = The row has more cells than the first one; put a cell with a comma in it into quotes.
table-unknown = There is no such column; see an empty table: box csv-template
table-twice = This column is there twice.
table-missing = This column is missing.
table-empty-cell = Want something in this cell.
table-without = Goes only with { $column }.
table-taken = { $name } was given before, and a name is given once.
table-same = The same name as in row { $row }.
table-placed = Box { $name } hangs there already. Take out a row that was done before; for a new card use box renew; if it is another box at the same place, add --same-place.

column-group = group, such as to-12
column-box = name of the box; empty: the next free one
column-title = where it hangs
column-watch = night or always
column-wired = all, none, or names with commas
column-wifi = name of the Wi-Fi, if any
column-wifi_password = its password
column-apn = APN of the 4G SIM, if any
column-address = fixed IP such as 192.168.1.50/24; empty: DHCP
column-gateway = gateway
column-dns = DNS
column-leader = name of the leader
column-camera = address rtsp://..., /dev/video0 or csi
column-camera-name = name of the camera
column-camera-user = user name
column-camera-password = password
