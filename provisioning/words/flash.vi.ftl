about =
    Sẽ ghi { $image } ({ $image_size }) vào
        { $path }: { $size }, { $model }
    MỌI THỨ trên đó sẽ mất.
go-on = Đúng thẻ này, ghi chứ? (c/k)
yes = c
no = k
bad-yes-no = Gõ c (có) hoặc k (không).
nothing-done = Chưa ghi gì cả.
checking = Kiểm tra bộ cài
writing = Ghi thẻ
reading = Đọc lại
progress-first = { $what }: { $done } / { $total } ({ $percent } %)
progress = { $what }: { $done } / { $total } ({ $percent } %), { $rate } MB/s, còn { $left }
done = Xong: { $path } đã được ghi và đọc lại đúng. SHA-256 { $sha256 }
spoilt = THẺ { $path } CHƯA DÙNG ĐƯỢC: ghi chưa xong. Ghi lại từ đầu.

list-row = { $path }: { $size }, { $model }
list-mounted = , đang mở ở { $places }
list-none = Không thấy thẻ nào. Cắm thẻ vào đầu đọc rồi chạy lại.
no-model = không rõ loại

refused-not-there = { $path }: không mở được ({ $why }). Xem các thẻ: edgebox-provision flash --list
refused-not-block = { $path }: không phải thẻ nhớ hay ổ đĩa. Xem các thẻ: edgebox-provision flash --list
refused-partition = { $path }: là một phân vùng; cần ghi cả thẻ, hãy dùng { $disk }
refused-not-allowed = { $path }: không có quyền ghi ({ $why }). Chạy lại với sudo.
refused-empty = { $path }: đầu đọc không có thẻ. Cắm thẻ rồi chạy lại.
refused-system = { $path }: là ổ đĩa của chính máy này (đang dùng cho { $places }); không ghi.
refused-mounted = { $path }: đang mở ở { $places }. Gỡ ra (umount) rồi chạy lại.
refused-held = { $path }: đang được { $names } dùng; không ghi.
refused-read-only = { $path }: bị khóa ghi. Gạt công tắc bên cạnh thẻ, hoặc thay thẻ.
refused-too-big = { $path }: { $size }, lớn hơn mọi thẻ nhớ thường dùng; có nhầm ổ đĩa không? Nếu đúng, thêm --any-size.
refused-too-small = { $path }: chỉ có { $size }, bộ cài cần { $want }. Lấy thẻ lớn hơn.
refused-busy = { $path }: chương trình khác đang dùng. Đóng chương trình đó, gỡ thẻ (umount) rồi chạy lại.
refused-image-missing = { $path }: không đọc được ({ $why }). Kiểm tra tên tệp.
refused-image-wrong = { $path }: không phải bộ cài (tệp .img) của edgebox, hoặc tải chưa đủ. Kiểm tra tên tệp, hoặc tải lại.
refused-image-damaged = { $path }: bộ cài bị hỏng hoặc tải chưa đủ. Tải lại.
refused-image-sum = { $path }: không khớp mã SHA-256 kèm theo. Tải lại cả hai tệp.
refused-no-zstd = { $path }: cần chương trình zstd: sudo apt install zstd
refused-write-failed = { $path }: không ghi được ({ $why }). Thay thẻ hoặc đầu đọc.
refused-read-failed = { $path }: không đọc lại được ({ $why }). Thay thẻ hoặc đầu đọc.
refused-differs = { $path }: đọc lại không giống lúc ghi: thẻ hỏng hoặc thẻ giả. Thay thẻ.
