#!/bin/sh
# Runs inside the machine, beside the box's programs: says what it sees, a line "TOLD topic what" each. The second
# start looks at what the first has left. Enter on the serial line switches off.
T=/var/lib/edgebox/test
tell() { echo "TOLD $1 $2"; }
late() { [ "$(cut -d. -f1 /proc/uptime)" -gt "$1" ]; }
list() { tr '\n\t' '  '; }
is() { systemctl show -p ConditionResult -p ConditionTimestampMonotonic -p Result "$1" | sort | list; }
started() {
    until systemctl --quiet is-active "edgebox-$1" || late 600; do sleep 1; done
    tell "$1" "$(systemctl show --value -p ActiveState "edgebox-$1") $(cut -d' ' -f1 /proc/uptime)"
}
both() {
    tell failed "$(systemctl --failed --plain --no-legend | cut -d' ' -f1 | list)"
    tell name "$(hostname)"
    tell machine "$(cat /etc/machine-id)"
    tell card "$(findmnt -no FSTYPE,OPTIONS /boot/firmware || echo none)"
    tell secret "$(findmnt -no TARGET -T /var/lib/systemd/credential.secret) \
$(sha256sum < /var/lib/edgebox/.system/systemd/credential.secret)"
    tell opened "$(systemd-creds decrypt --name=kept $T/kept -)"
    tell connections "$(nmcli -t -f NAME,FILENAME,STATE connection show | list)"
    first=$(systemd-escape -p --suffix=device /dev/disk/by-partuuid/ed6eb0c5-0000-4000-8000-000000000001)
    tell waited "$(systemctl show --value -p JobRunningTimeoutUSec "$first")"
}
closed() {
    tell passwords "$(grep -c -v ':[!*][^:]*:' /etc/shadow)"
    tell gettys "$(systemctl list-units --all --plain --no-legend '*getty*.service' --state=active | wc -l)"
    tell doors "$(ps -e -o comm= | grep -c -x -E 'agetty|getty|login|sshd|sulogin|dropbear|telnetd')"
    tell shells "$(ls /usr/sbin/sshd /usr/sbin/dropbear /usr/sbin/telnetd 2> /dev/null | list)"
    tell listening "$(ss -Hltunp | awk '{print $1 "/" $5 "/" $7}' | sort -u | list)"
    tell filter "$(nft list chain inet edgebox input | list)"
}
system() {
    tell root "$(findmnt -no FSTYPE,OPTIONS /)"
    tell written "$(touch /usr/x /etc/x 2>&1 | grep -c 'Read-only')"
    tell data "$(findmnt -bno SIZE /var/lib/edgebox) $(findmnt -no FSTYPE,OPTIONS /var/lib/edgebox)"
    tell journal "$(ls -d /run/log/journal/* | wc -l) $(ls -d /var/log/journal 2> /dev/null | wc -l)"
    tell reset "$(is edgebox-reset)"
    tell button "$(is edgebox-reset-button)"
    tell firstboot "$(is edgebox-firstboot)"
    tell clock "$(systemctl is-active chrony) $(date +%Y) $(chronyc -n sources | list)"
    tell resolver "$(grep nameserver /etc/resolv.conf | list)"
    tell modems "$(systemctl is-active ModemManager) $(mmcli --list-modems 2>&1 | list)"
    tell packages "$(dpkg-query -f '.\n' -W | wc -l)"
}
once() {
    edgebox detect $T/golden.jpg --json | while read -r line; do tell golden "$line"; done
    until journalctl -b -u edgebox-watch | grep -q 'event stored' || late 800; do sleep 1; done
    journalctl -b -u edgebox-watch -o cat | grep 'event stored' | head -1 | while read -r line; do
        tell event "$line at $(cut -d' ' -f1 /proc/uptime)"
    done
    echo 'opens again' | systemd-creds encrypt --with-key=host --name=kept - $T/kept
    system
    closed
    systemctl is-system-running
    systemd-analyze --no-pager blame | head -25
}

again=$(ls $T/kept 2> /dev/null)
started guard
[ -n "$again" ] || { started watch; started uplink; started page; once; }
both
journalctl -b -o short-monotonic --no-pager -n 100 -p warning
systemctl --failed --no-pager
echo "TOLD end $(cut -d' ' -f1 /proc/uptime)"
read -r _ < /dev/console
systemctl poweroff
