### What `edgebox doctor` says around the findings.

title = Self-test of { $box }
do = → { $text }
ask-siren = Siren { $name } will sound for { $seconds } s. Agree? [y/N]
