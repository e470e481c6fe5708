### What `edgebox members` says. Vietnamese comes first.

members = Thành viên
nobody = Chưa có ai. Mời tổ trưởng trước: edgebox members invite --role leader --name TÊN
invites = Lời mời còn hiệu lực
revoked = đã gỡ
locked = mã bị khóa
anyone = (tự điền tên)
no-label = (điện thoại)
never-seen = chưa vào lần nào
seen = vào gần nhất { $when }
left = còn { $left }
by = người mời: { $by }
for-phone = thêm điện thoại cho { $name }
invite-for = Mời { $name } vào tổ, vai trò: { $role }
invite-phone = Thêm điện thoại cho { $name }
invite-how = Quét mã QR bằng điện thoại, hoặc mở địa chỉ:
invite-limits = Chỉ dùng được một lần, trong { $left } (đến { $until }). Ai có mã này cũng vào được: chỉ đưa cho đúng người.
invite-back = Muốn hủy: edgebox members revoke { $id }
done-revoke-member = Đã gỡ thành viên { $id }, tất cả điện thoại và lời mời của người này.
done-revoke-phone = Đã gỡ điện thoại { $id }.
done-revoke-invite = Đã hủy lời mời { $id }.
done-unlock = Đã mở khóa mã của { $id }.
log-sound = Nhật ký nguyên vẹn. Dòng cuối: { $seq }, SHA-256 { $sha256 }
log-broken = NHẬT KÝ ĐÃ BỊ SỬA, ở dòng { $seq }
