### What `edgebox doctor` says around the findings. Vietnamese comes first.

title = Kiểm tra hộp { $box }
do = → { $text }
ask-siren = Còi { $name } sẽ kêu { $seconds } giây. Đồng ý? [c/K]
