### The terms that several programs share, one for each thing. Vietnamese comes first.

## A camera's state

camera-ok = bình thường
camera-lost = mất hình
camera-frozen = đứng hình
camera-dark = quá tối
camera-covered = bị che
camera-moved = bị xoay lệch
camera-no-key-frames = có gửi nhưng không hiện được hình
camera-over-exposed = quá sáng
camera-sprayed = bị che một phần, có thể bị xịt sơn
camera-defocused = bị mờ nét
camera-late = hình bị trễ
camera-wrong-time = sai giờ
camera-unknown = chưa rõ

## Outputs and inputs

output-siren = còi hú
output-strobe = đèn chớp
output-flood = đèn pha
output-beacon = đèn báo trạng thái
output-buzzer = còi bíp nhỏ
input-panic = nút báo động
input-silent = nút báo ngầm
input-remote = điều khiển từ xa
input-key = công tắc chìa khóa
input-tamper = nắp hộp
input-mains = điện lưới
on = bật
off = tắt
mains-on = có điện
mains-off = mất điện, đang dùng pin

## The alarm

panel-idle = bình thường
panel-confirming = có người đang bấm nút
panel-entry = có người vào khi camera tự báo đang bật, sắp báo động
panel-light = đèn báo động đang bật
panel-sounding = còi đang kêu
panel-silent = đang báo ngầm
panel-cooldown = vừa kêu xong, đang nghỉ
panel-test = đang thử còi, đèn
panel-fault = không điều khiển được còi, đèn
armed = camera tự báo: đang bật
disarmed = camera tự báo: đang tắt

## What cameras see

class-person = người
class-bicycle = xe đạp
class-car = ô tô
class-motorcycle = xe máy
class-two-wheeler = xe hai bánh có người
class-bus = xe buýt
class-truck = xe tải
class-train = tàu hỏa
class-boat = thuyền
class-dog = chó
class-cat = mèo
class-bird = chim
class-cow = bò
class-horse = ngựa
class-backpack = ba lô
class-handbag = túi xách
class-suitcase = va li
class-knife = dao

## Members, and what was done

role-member = thành viên
role-leader = tổ trưởng
role-technician = kỹ thuật viên
act-alarm-raised = báo động
act-alarm-silent = báo ngầm
act-alarm-refused = báo động bị từ chối
act-alarm-cancelled = tắt báo động
act-armed = bật camera tự báo
act-disarmed = tắt camera tự báo
act-invited = mời vào tổ
act-invite-withdrawn = rút lời mời
act-joined = vào tổ
act-phone-added = thêm điện thoại
act-phone-revoked = gỡ điện thoại
act-member-revoked = gỡ thành viên
act-renamed = đổi tên
act-role-changed = đổi vai trò
act-code-wrong = nhập sai mã
act-code-changed = đổi mã
act-unlocked = mở khóa
act-self-test = tự kiểm tra hộp
act-lights-tried = thử đèn
act-siren-tried = thử còi, đèn
act-bundle-made = làm gói hỗ trợ
act-bundle-taken = tải gói hỗ trợ

## Time

seconds = { $n } giây
minutes = { $n } phút
hours = { $n } giờ
days = { $n } ngày
clock-unsure = giờ chưa chắc

## Why the system refused a file

why-missing = không có ở đó
why-denied = không có quyền
why-exists = đã có sẵn
why-full = hết chỗ trống
why-read-only = bị khóa ghi
why-broken = lỗi đọc ghi
why-busy = chương trình khác đang dùng
why-no-folder = không phải thư mục
why-folder = là thư mục
why-not-empty = thư mục không trống
why-gone = thẻ không còn ở đó
why-long = tên quá dài
