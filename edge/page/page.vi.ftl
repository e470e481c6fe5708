### Lời trên trang của tổ. Ngắn, như nói với hàng xóm. Khóa giống hệt en.ftl; một bài kiểm thử giữ điều đó.

app = Báo động tổ
app-short = Báo động
other-language-short = EN
to-other-language = EN – Switch to English
skip = Tới nội dung
nav = Các trang
nav-home = Báo động
nav-members = Thành viên
nav-log = Nhật ký
nav-check = Kiểm tra
nav-me = Tài khoản
sun-on = Chế độ nắng gắt
sun-off = Tắt chế độ nắng gắt
back = Quay lại

## Nút báo động

raise = Giữ để báo động
raise-again = Giữ để báo lại
raise-hint = Giữ 1 giây: còi kêu, báo công an
silent = Báo ngầm
silent-hint = Giữ 1 giây. Không còi, chỉ công an biết.
two-steps = Không giữ được? Bấm hai lần
calls = Gọi điện
call-113 = Công an
call-114 = Cháy
call-115 = Cấp cứu

confirm-siren = Báo động ngay?
confirm-siren-detail = Còi kêu, đèn bật, công an phường được báo. Tên bạn được ghi lại.
confirm-siren-yes = Báo động ngay
confirm-silent = Báo ngầm?
confirm-silent-detail = Chỉ công an phường được báo. Ở đây không có gì kêu hay sáng.
confirm-silent-yes = Báo ngầm
confirm-no = Không, quay lại

## Đang xảy ra gì

scene-calm = Bình thường
scene-over = Báo động đã tắt
scene-calm-detail = Cần giúp? Giữ nút đỏ.
scene-siren = Còi đang kêu
scene-light = Đèn báo động đang bật
scene-alarm = Đang báo động
scene-silent = Đã nhận, đang chuyển đi
scene-silent-waits = Đã nhận, chưa chuyển đi được
scene-silent-told = Đã nhận, đã chuyển tới nơi
more = Chi tiết
scene-entry = Có người vào, sắp báo động
scene-entry-detail = Người nhà? Tắt camera tự báo ngay, nếu không sẽ báo động.
scene-confirming = Có người đang bấm nút báo động
scene-test = Đang thử còi, đèn
scene-test-detail = Không phải báo động thật. Nút báo động vẫn dùng được.
scene-fault = Còi, đèn của hộp không hoạt động
scene-fault-detail = Còi không kêu được. Hãy hô to, gọi 113. Tin báo vẫn được ghi để gửi công an phường.
scene-away = Hộp đang khởi động lại
scene-away-detail = Lát nữa hộp trả lời lại. Nút báo động được gửi lại cho đến lúc đó. Nếu nguy cấp, hô to và gọi 113.
left-end = Tự tắt sau
left-siren = Còi sẽ kêu sau
left-arming = Camera tự báo sau
at = lúc { $time }

by-member = { $name } báo
by-button = Bấm nút { $name }
by-ward = Công an phường bật ({ $name })
by-rule = Camera tự báo ({ $name })
by-tamper = Có người động vào hộp ({ $name })
by-time = Hết giờ

ward-being-told = Đã kết nối với công an phường.
ward-has-it = Công an phường đã nhận được.
ward-not-told = Chưa kết nối được với công an phường. Hãy gọi 113.
ward-not-told-quiet = Chưa kết nối được với công an phường. Nếu được, gọi 113.
stage-box = Hộp đã nhận
stage-way = Đang chuyển đi
stage-ward = Công an phường đã nhận

steps = Trong lúc chờ
step-safe = Vào chỗ an toàn, khóa cửa.
step-call = Gọi 113, nói rõ địa chỉ.
step-shout = Hô to, bật đèn gọi hàng xóm.
step-watch = Đừng đuổi theo. Nhớ mặt, quần áo, biển số xe.
step-still = Giữ bình tĩnh, để điện thoại im lặng.
step-dim = Úp màn hình xuống nếu có người nhìn.
step-text = Khi nói được, gọi 113.

## Tắt báo động, camera tự báo

cancel = Tắt báo động
cancel-quiet = Kết thúc
code = Mã của bạn
code-hint = { $min }–{ $max } chữ số
cancel-yes = Tắt
arm-title = Camera tự báo
arm-on = đang bật
arm-off = đang tắt
arm-none = không có
arm-unknown = chưa rõ
arm-on-detail = Camera thấy có người thì tự báo động.
arm-off-detail = Camera không tự báo động. Nút báo động vẫn dùng được.
arm-none-detail = Camera chỉ báo về phường, không báo động ở đây. Nút báo động vẫn dùng được.
arm-unknown-detail = Hộp chưa trả lời.
arm = Bật camera tự báo
disarm = Tắt camera tự báo

## Tình trạng

state-title = Tình trạng
named = { $what } { $name }
row-ward = Công an phường
ward-on = đã kết nối
ward-off = mất kết nối
row-camera = Camera { $name }
output-on = đang bật
output-on-siren = đang kêu
output-off = tắt
output-well = đang báo: hộp tốt
output-unwell = đang báo: hộp có lỗi
output-unknown = không hoạt động
row-fault = Lỗi
fault-for = cần kỹ thuật viên
last-alarm = Lần báo động trước
last-alarm-none = Chưa có lần nào từ khi hộp khởi động

## Trả lời

done-raised = Hộp đã nhận.
done-cancelled = Đã tắt báo động.
done-armed = Đã bật camera tự báo.
done-disarmed = Đã tắt camera tự báo.
done-code = Đã đổi mã.
done-revoked = Đã gỡ.
done-unlocked = Đã mở khóa.
done-role = Đã đổi vai trò.
done-withdrawn = Đã rút lời mời.
refused-pause = Vừa kêu xong, phải nghỉ một lát.
refused-per-hour = Đã báo quá nhiều lần trong một giờ.
refused-disarmed = Camera tự báo đang tắt.
refused-stale = Gửi quá muộn, hãy giữ lại nút.
refused-busy = Hộp đang bận báo động.
refused-nothing = Không có báo động nào để tắt.
refused-stopping = Hộp không trả lời. Hãy hô to và gọi 113.
code-wrong = Sai mã. { $left ->
    [0] Lần sai sau sẽ bị khóa lâu hơn.
   *[other] Còn { $left } lần thử trước khi bị khóa.
  }
code-locked = Sai mã nhiều lần.
code-locked-for-good = Sai mã quá nhiều lần. Nhờ tổ trưởng mở khóa.
code-too-short = Mã ngắn quá, cần ít nhất { $min } chữ số.
code-too-long = Mã dài quá, nhiều nhất { $max } chữ số.
code-too-simple = Mã dễ đoán quá. Đừng dùng số liền nhau hay số lặp lại.
code-differs = Hai lần nhập mã không giống nhau.
code-not-digits = Mã chỉ gồm chữ số.
name-empty = Hãy nhập tên của bạn.
name-too-long = Tên dài quá.
name-unprintable = Tên có ký tự không dùng được.
name-taken = Đã có người tên này. Thêm số nhà để phân biệt.
invite-unknown = Mã mời không đúng. Xin tổ trưởng mã mới.
invite-used = Mã mời này đã dùng rồi. Xin tổ trưởng mã mới.
invite-expired = Mã mời đã hết hạn. Xin tổ trưởng mã mới.
invite-withdrawn = Mã mời đã bị rút lại. Xin tổ trưởng mã mới.
invite-revoked = Người này đã bị gỡ khỏi tổ. Hỏi tổ trưởng.
denied-unknown = Không còn nữa. Tải lại trang.
denied-not-allowed = Bạn không được làm việc này.
denied-last-leader = Tổ phải còn ít nhất một tổ trưởng.
denied-too-many = Đang có quá nhiều lời mời chưa dùng. Rút bớt trước đã.
too-many = Nhanh quá. Đợi một phút rồi thử lại.
bad-request = Yêu cầu không hợp lệ. Tải lại trang rồi thử lại.
box-busy = Hộp đang bận, chưa ghi được. Thử lại sau vài giây.
not-found = Không có trang này
box-away = Hộp đang khởi động lại. Thử lại sau vài giây; nếu nguy cấp, hô to và gọi 113.
broken = Trang gặp lỗi. Tải lại trang; nếu nguy cấp, hô to và gọi 113.

## Mời vào

sign-in-title = Trang này dành cho người trong tổ
sign-in-detail = Điện thoại này chưa được mời, hoặc đã bị gỡ.
sign-in-how = Cách vào
sign-in-step-1 = Gặp tổ trưởng hoặc kỹ thuật viên của tổ.
sign-in-step-2 = Họ cho bạn xem một mã QR. Mỗi mã dùng một lần và sớm hết hạn.
sign-in-step-3 = Mở máy ảnh, quét mã, rồi đặt tên và mã số của bạn.
sign-in-emergency = Đang nguy cấp? Hô to và gọi 113.
sign-in-again = Tôi đã được mời, thử lại
join-title = Vào tổ
join-detail = Làm một lần trên điện thoại này.
join-token = Mã mời
join-token-hint = Quét mã QR thì ô này tự điền.
join-token-yes = Tiếp tục
join-browser = Mở bằng Chrome hay Safari, thẻ thường: trong Zalo, Facebook hay thẻ riêng tư thì máy có thể mất quyền gọi.
join-in-app = Bạn đang mở trang trong một ứng dụng khác. Ở đó máy có thể mất quyền gọi bất cứ lúc nào. Bấm ⋮ hoặc ⋯, chọn “Mở bằng trình duyệt”, rồi vào tổ.
join-private = Có vẻ đây là thẻ riêng tư (ẩn danh): đóng thẻ là máy mất quyền gọi. Hãy mở đường dẫn trong thẻ thường.
join-hello = Chào { $name }!
join-phone-detail = Thêm điện thoại này cho { $name }. Nhập mã số bạn đang dùng.
join-code-own = Mã số của bạn
join-phone-yes = Thêm điện thoại này
join-name = Tên của bạn
join-name-hint = Để mọi người biết ai gọi, như “Lan, số 14”
join-label = Tên điện thoại này
join-label-hint = Không bắt buộc, như “máy của mẹ”
join-code = Đặt mã số
join-code-hint = { $min }–{ $max } chữ số, dùng để tắt báo động
join-code-again = Nhập lại mã số
join-yes = Vào tổ
join-stored = Lưu gì, để làm gì
join-stored-name = Tên bạn và điện thoại này: để biết ai gọi, và gỡ máy bị mất.
join-stored-code = Mã số: không ai xem lại được.
join-stored-acts = Mỗi lần báo động, tắt, bật camera tự báo: ghi trong nhật ký của hộp; tin báo động kèm tên bạn gửi công an phường.
join-stored-law = Theo Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15, bạn có quyền xem, sửa, rút lại và xin xóa: hỏi tổ trưởng. Bấm “Vào tổ” là đồng ý.

## Tài khoản của tôi

me-title = Tài khoản của tôi
me-role = Vai trò
me-code = Đổi mã số
me-code-old = Mã đang dùng
me-code-new = Mã mới
me-code-again = Nhập lại mã mới
me-code-yes = Đổi mã
me-phones = Điện thoại của tôi
phone-this = máy này
phone-unnamed = Điện thoại
phone-seen = dùng lần cuối { $time }
phone-new = vào tổ { $time }
phone-add = Thêm điện thoại
me-out = Rời khỏi máy này
me-out-detail = Máy này sẽ không báo động được nữa, tới khi được mời lại.
me-out-yes = Rời khỏi máy này
me-ca = Cài chứng chỉ
me-ca-detail = Cài một lần thì trình duyệt thôi cảnh báo và cài được trang này như ứng dụng.
me-ca-yes = Tải chứng chỉ
me-install = Cài như ứng dụng
me-install-detail = Mở trình đơn của trình duyệt, chọn “Thêm vào màn hình chính”.

## Thành viên

members-title = Thành viên
members-count = { $n } người
invite-title = Mời người vào tổ
invite-role = Vai trò
invite-name = Tên người được mời
invite-name-hint = Không bắt buộc
invite-yes = Tạo mã mời
invite-made = Mã mời
invite-once = Cho người được mời quét mã này. Dùng một lần, hết hạn sau { $time }.
invite-for = Cho { $name }, vai trò { $role }
invite-for-anyone = Vai trò: { $role }
invite-warning = Trình duyệt sẽ cảnh báo một lần vì hộp tự làm chứng chỉ: chọn “Nâng cao”, rồi “Tiếp tục truy cập”.
invite-alt = Mã QR mời vào tổ
invite-link = Không quét được? Gửi riêng đường dẫn này:
invites-open = Lời mời chưa dùng
invite-anyone = Ai cũng được
invite-by = { $name } mời, còn { $time }
invite-withdraw = Rút lại
member-phones = { $n ->
    [0] Chưa có điện thoại
   *[other] { $n } điện thoại
  }
member-locked = Bị khóa vì sai mã
member-you = bạn
member-unlock = Mở khóa
member-role-yes = Đổi vai trò
member-revoke = Gỡ khỏi tổ
member-revoke-sure = Gỡ { $name } khỏi tổ? Mọi điện thoại của người này mất quyền ngay.
member-revoke-yes = Gỡ ngay
phone-revoke-yes = Gỡ

## Nhật ký

log-title = Nhật ký
log-detail = Mọi việc đã làm, mới nhất trước. Không ai sửa hay xóa được.
log-empty = Chưa có gì.
log-left-out = trước đó còn { $count } lần nữa
log-older = Cũ hơn
log-newest = Mới nhất
log-unsure = ≈ Giờ chưa chắc đúng: lúc đó hộp chưa biết giờ.
by-tool = công cụ trên hộp
by-bundle = phiếu bàn giao của phường

## Kiểm tra hộp

check-title = Kiểm tra hộp
check-tested = Tự kiểm tra
check-now = Lúc này
check-asked = Hộp đã nhận.
check-too-soon = Vừa làm xong, đợi một lát.
tested-never = Chưa kiểm tra lần nào.
tested-at = Kiểm tra lúc { $time }
test-run = Kiểm tra ngay
test-hint = Thử camera, nhận dạng, đường kết nối về phường, thẻ nhớ, nguồn điện. Còi không kêu. Mất chừng nửa phút.
test-asked = Đang bắt đầu kiểm tra…
test-running = Đang kiểm tra…
test-about = Đang xem: { $what }
test-done = Đã kiểm tra xong.
test-unserved = Ở đây không có dịch vụ nào chạy tự kiểm tra (máy chạy thử). Trên máy này dùng lệnh: edgebox doctor
test-broken = Lần kiểm tra bị dừng giữa chừng. Thử lại; nếu vẫn vậy, tải gói hỗ trợ gửi người quản trị.
try-title = Thử còi, đèn
try-hint = Từng cái bật một lúc. Hãy nhìn và nghe: hộp không tự biết đèn có sáng, còi có kêu thật không.
try-lights = Thử đèn, còi bíp
try-siren = Thử cả còi
try-siren-detail = Sau đèn, còi hú nửa giây. Báo hàng xóm trước.
try-warned = Tôi đã báo hàng xóm
try-warn-first = Báo hàng xóm trước, rồi đánh dấu vào ô.
try-begun = Đã bắt đầu. Xem từng dòng ở trên.
try-busy = Lúc này chưa thử được. Đợi vài phút rồi thử lại.
try-away = Hộp không trả lời. Thử lại.
driven-never = chưa thấy bật lần nào
driven-at = đã bật,
press-title = Thử nút, nắp hộp, chìa khóa, điện
press-hint = Bấm từng nút, mở nắp hộp, vặn chìa, rút điện bộ lưu điện. Thứ nào hộp nhận ra thì có dấu ✓.
press-panic = Nút báo động báo động thật: còi hú, công an phường được báo. Báo trước hàng xóm và công an phường.
press-silent = Nút báo ngầm gọi công an phường thật, mà ở đây không có gì kêu hay sáng. Gọi báo trước cho công an phường.
changed-never = chưa thấy đổi lần nào
changed-at = đã đổi,
input-panic-on = đang bấm
input-panic-off = đang nhả
input-remote-on = đang bấm
input-remote-off = đang nhả
input-hidden = không hiện ở đây
input-hidden-detail = Để không ai biết có người đang gọi. Bấm xong, hỏi công an phường đã nhận chưa.
input-key-on = camera tự báo: bật
input-key-off = camera tự báo: tắt
input-tamper-on = đang mở
input-tamper-off = đang đóng
input-unread = chưa đọc được
bundle-title = Gói hỗ trợ
bundle-hint = Một tệp để gửi người giúp từ xa: tình trạng, cấu hình, nhật ký kỹ thuật. Không có mật khẩu, khóa, hình ảnh, tên thành viên.
bundle-make = Làm gói mới
bundle-asked = Đang chuẩn bị gói…
bundle-running = Đang làm gói…
bundle-done = Gói đã xong.
bundle-unserved = Ở đây không có dịch vụ nào làm gói (máy chạy thử). Trên máy này dùng lệnh: edgebox support-bundle
bundle-broken = Chưa làm được gói. Thử lại.
bundle-take = Tải về ({ $kb } KB)
bundle-at = làm lúc { $time }
bundle-none = Chưa có gói nào. Bấm “Làm gói mới” trước.

## Khoảng thời gian

now = vừa xong
ago = { $time } trước
## Mất liên lạc

offline-title = Không liên lạc được với hộp
offline-detail = Nguy cấp thì hô to và gọi ngay:
offline-check = Kiểm tra xem điện thoại đã vào Wi-Fi của tổ chưa. Trang tự thử lại.
offline-again = Thử lại ngay
offline-anew = Vẫn không được? Mở lại trang từ đầu
lost-reload = Tải lại

## Dành cho các script

js-too-short = Giữ lâu hơn, đủ 1 giây
js-holding = Giữ tiếp…
js-sending = Đang gửi…
js-sending-detail = Chờ hộp trả lời
js-no-answer = Hộp không trả lời
js-no-answer-detail = Hô to và gọi 113. Máy vẫn đang thử gửi, lần { $n }.
js-no-answer-silent = Nếu được, gọi 113. Máy vẫn đang thử gửi, lần { $n }.
js-gave-up = Không gửi được
js-gave-up-detail = Hô to và gọi 113 ngay.
js-gave-up-silent = Nếu được, gọi 113.
js-again = Thử lại
js-refused = Hộp từ chối
js-lost = Mất liên lạc. Hô to, gọi 113
js-lost-quiet = Mất liên lạc. Nếu được, gọi 113
js-lost-detail = Thông tin trên trang có thể đã cũ. Đang thử kết nối lại.
js-lost-long = Vẫn chưa kết nối lại được. Hãy tải lại trang.
js-form-failed = Hộp không trả lời. Thử lại.
js-wait = Thử lại sau { $n }
js-just-now = vừa xong
js-seconds-ago = { $n } giây trước
js-minutes-ago = { $n } phút trước
js-hours-ago = { $n } giờ trước
