### What `edgebox camera` says. Vietnamese comes first.

## Looking for cameras

searching = Đang tìm camera trong mạng này, { $seconds } giây ...
found-line = { $number }. { $host }  { $about }
found-known = (camera { $name } trong cấu hình)
found-misnamed = (nó tự nhận địa chỉ { $host })
found-next = Tiếp theo: edgebox camera probe { $host }
found-none = Không có camera nào trả lời. Bật ONVIF trong ứng dụng hoặc trang của camera (máy mới thường tắt), xem camera có cùng mạng và không ở Wi-Fi khách không, rồi thử lại; hoặc hỏi theo địa chỉ: edgebox camera probe 192.168.1.64

## Which camera

target-bad = { $text } không phải là camera. Cần tên camera trong cấu hình, địa chỉ như 192.168.1.64, hoặc rtsp://192.168.1.64/stream1
target-local = Camera { $text } không phải camera trên mạng nên không hỏi được gì. Xem nó bằng edgebox doctor.
ask-user = Tên đăng nhập của camera (bấm Enter nếu không có):
ask-password = Mật khẩu của camera (gõ không hiện chữ):
ask-new-password = Mật khẩu mới của { $user } trên camera (gõ không hiện chữ):
ask-new-password-again = Gõ lại lần nữa:
passwords-differ = Hai lần gõ không giống nhau; chưa thay đổi gì.
password-weak = Mật khẩu này quá dễ đoán: cần ít nhất 8 chữ và số, và không phải mật khẩu xuất xưởng của camera. Chưa thay đổi gì.
password-unread = { $path }: không đọc được mật khẩu ở dòng đầu: { $why }

## Asking

step-asking = Đang hỏi { $host } bằng ONVIF ...
step-reading = Đang đọc { $streams } luồng hình trong { $seconds } giây ...
head = Camera ở { $host }: { $known }
head-onvif = ONVIF: { $host }
head-no-onvif = Không có ONVIF: { $why }
column-stream = luồng
column-codec = mã hóa
column-size = cỡ hình
column-rate = số hình
column-keys = hình khóa mỗi
column-bitrate = tốc độ
column-p-of-i = P/I
column-turned = xoay
column-use = dùng để
use-detection = nhận dạng
use-evidence = bằng chứng
unread = không đọc được: { $error }
for-detection = Để nhận dạng: luồng { $stream }. { $why }
for-evidence = Để làm bằng chứng: luồng { $stream }. { $why }
for-evidence-same = Để làm bằng chứng: cũng luồng đó. { $why }
choice-none = Không dùng được luồng nào: đặt camera sang H.264, H.265 hoặc MJPEG.
reason-small-enough = Đây là luồng nhỏ nhất mà vẫn thấy rõ người: giải mã hình là việc nặng nhất của hộp, hình lớn gấp bốn thì nặng gấp bốn.
reason-all-small = Luồng nào cũng nhỏ, đây là luồng lớn nhất: đặt luồng phụ của camera từ 640x360 trở lên.
reason-only-one = Camera chỉ có luồng này: bật luồng phụ (640x360) thì hộp chỉ còn một phần tư việc.
reason-largest = Luồng này rõ nhất; hộp chỉ giải mã khi một sự kiện cần ảnh.
reason-none-larger = Camera không có luồng nào rõ hơn hẳn.
reason-none = Không có luồng nào.
do = → { $text }
snippet = Các dòng cho edge.toml:
snippet-password = dòng đầu của tệp là mật khẩu

## Setting

set-nothing = Camera ở { $host } đã đặt đúng; không cần đổi gì.
set-title = Camera ở { $host } ({ $known }), sẽ đổi:
set-fps = { $stream }: số hình mỗi giây: { $before } → { $after }
set-key-interval = { $stream }: hình khóa mỗi { $before } → { $after }
set-bitrate = { $stream }: tốc độ { $before } → { $after } (theo chất lượng: cảnh yên thì ít dữ liệu)
set-time-server = đồng hồ theo máy chủ giờ: { $before } → { $after }
set-password = mật khẩu của { $user }: mật khẩu mới. Nó đi qua dây mạng không mã hóa, vì ONVIF không có cách khác
set-fixed-rate = Tự tay đặt, trong trang của camera: tốc độ của { $streams } sang VBR (theo chất lượng); camera này không cho đặt bằng ONVIF.
set-ask = Đổi như vậy? (c/k)
set-wants-yes = Chưa thay đổi gì: không có ai đồng ý. Thêm --yes
set-nothing-done = Chưa thay đổi gì.
set-done = xong: { $line }
set-not-done = CHƯA XONG: { $line } – camera nhận lệnh nhưng vẫn giữ như cũ; đặt trong trang của camera
set-stopped = Camera dừng ở đó: { $why } Những gì ghi là xong ở trên thì đã xong.
set-new-password = Bây giờ ghi mật khẩu mới vào { $path }, nếu không hộp sẽ mất camera này; hộp tự đọc lại tệp.
set-new-password-other = Thiết bị khác đang xem camera này cũng cần mật khẩu mới.

## Snapshot

snapshot-file = Hình không được lưu trên máy này. Bỏ phần chuyển hướng để xem tại đây; từ máy của anh chị: ssh BOX sudo edgebox camera snapshot { $name } > picture.jpg

## Confirming a view

confirm-done = { $name }: đã xác nhận. Từ nay hộp báo khi camera không còn nhìn đúng khung hình này.
confirm-learning = { $name }: chưa xác nhận được: hộp chưa xem đủ. Cần một phút camera bình thường và trong hình có vật đứng yên; hộp tự làm tiếp. Xem bằng edgebox status.
confirm-unserved = { $name }: chưa có ai nhận việc: edgebox watch không chạy. Khi chạy lại nó sẽ làm.
confirm-unknown = Không có camera { $name } trong cấu hình. Đang có: { $names }
confirm-folder = { $folder }: không ghi được: { $error }. Chạy với quyền root, trên hộp, sau khi edgebox watch đã chạy một lần.

## Where it fails

onvif-login = { $host }: tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản này không được dùng ONVIF (vài hãng có tài khoản ONVIF riêng: thêm trong trang của camera). Gõ sai nhiều lần camera sẽ khóa tài khoản: xem lại trước khi thử tiếp.
onvif-locked = { $host }: camera đã khóa tài khoản này vì gõ sai mật khẩu. Chờ nửa giờ, hoặc tắt rồi bật camera.
onvif-refused = { $host }: có máy, nhưng không có gì trả lời ở cổng đó. Bật ONVIF trong ứng dụng hoặc trang của camera, kiểm tra số cổng.
onvif-silent = { $host } không trả lời. Kiểm tra nguồn, dây mạng và địa chỉ của camera.
onvif-no-host = { $host }: không tìm thấy tên này. Kiểm tra tên, hoặc dùng địa chỉ IP của camera.
onvif-no-onvif = { $host } không dùng ONVIF. Bật trong ứng dụng hoặc trang của camera (Mạng, Tích hợp), hoặc cho địa chỉ luồng hình: rtsp://...
onvif-elsewhere = { $host } muốn chuyển sang địa chỉ khác, hộp không đi theo. Cho đúng địa chỉ của camera; nếu camera chỉ nhận https: https://{ $host }/onvif/device_service
onvif-bad-answer = { $host }: câu trả lời không dùng được. Khởi động lại camera, nâng cấp phần mềm của nó; nếu vẫn vậy thì đừng tin camera này.
onvif-cannot = { $host }: camera không cho làm việc này bằng ONVIF. Đặt trong trang của camera.
onvif-said-no = { $host } từ chối: “{ $detail }”
onvif-no-stream = { $host } chưa có luồng hình nào cho ONVIF. Đặt lại cài đặt hình trong trang của camera.
