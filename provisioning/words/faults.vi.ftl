passphrase-wrong = Mật khẩu không đúng: { $path } không mở được. Gõ lại, chú ý chữ hoa và bộ gõ tiếng Việt. Nếu chắc chắn đúng thì tệp đã hỏng: lấy lại từ bản sao lưu.
no-passphrase = Chưa có mật khẩu: chạy lệnh này ở cửa sổ dòng lệnh để gõ, hoặc chỉ tệp bằng { $option }.
passphrase-short =
    { $which ->
    [root-passphrase] Mật khẩu của khóa gốc
   *[other] Mật khẩu của các khóa dùng hằng ngày
 } có { $length } ký tự, cần ít nhất { $least }: ai có khóa và mật khẩu thì làm được hộp của phường.
passphrase-same = Hai mật khẩu giống nhau: mật khẩu của khóa gốc nằm trong két chính vì mật khẩu kia có thể lộ. Chọn mật khẩu khác.
first-line-unreadable = { $path }: không đọc được. Cần một tệp chữ có mật khẩu ở dòng đầu.
first-line-empty = { $path }: tệp trống. Cần một tệp chữ có mật khẩu ở dòng đầu.
copy-unreadable = { $path }: không đọc được ({ $why }). Lấy lại tệp này từ bản sao lưu.
key-kind = { $path }: không phải khóa của phường. Lấy lại tệp này từ bản sao lưu.
key-pair = { $path }: không đi cùng { $other }. Lấy lại cả hai tệp từ bản sao lưu.
ack-key-missing = { $path }: chưa có khóa này, nhờ nó hộp biết phường đã nhận. Lập bằng: edgebox-provision ward ack-key { $folder }, khai cho máy nhận, rồi làm lại gói.
ack-key-there = { $path }: đã có, mà khóa thì không bao giờ ghi đè. Muốn thay: --change begin, sau đó --change end.
ack-key-no-next = { $folder }/ack-next.key: chưa có. Bắt đầu bằng: edgebox-provision ward ack-key { $folder } --change begin
certificate-bad = { $path }: không phải chứng thư, hoặc đã hỏng. Lấy lại tệp này từ bản sao lưu.
certificate-kind = { $path }: không phải chứng thư của khóa ký gói. Lấy lại tệp này từ bản sao lưu.
authority-clock = { $name }: chứng thư có hiệu lực từ { $begins } đến { $ends }, mà đồng hồ máy này chỉ { $now }. Chỉnh lại đồng hồ; nếu đồng hồ đúng thì phải lập khóa cấp phát mới.
ward-denied = { $path }: không có quyền vào thư mục này. Thêm sudo trước lệnh.
ward-missing = { $path }: đây không phải thư mục của phường (không có ward.toml). Kiểm tra tên thư mục; phường chưa có khóa thì lập bằng: edgebox-provision ward init { $path }
settings-bad = { $path }: không dùng được. Lấy lại tệp này từ bản sao lưu.
cannot-write = { $path }: không ghi được ({ $why }). Kiểm tra ổ đĩa còn chỗ không, thư mục là của ai, hoặc đặt tên khác.
cannot-make = { $path }: không tạo được ({ $why }). Kiểm tra tên và thư mục là của ai.
book-missing = { $path }: không có sổ đăng ký. Lấy lại từ bản sao lưu; phường chưa có khóa thì lập bằng: edgebox-provision ward init
book-other = { $path }: không phải sổ đăng ký. Lấy lại từ bản sao lưu.
book-version = { $path }: là sổ của phiên bản { $found }, phần mềm này dùng { $known }. Cài đúng phiên bản đã ghi sổ.
book-damaged = { $path }: sổ đăng ký đã hỏng. Lấy lại từ bản sao lưu.
book-busy = { $path }: chưa dùng được sổ đăng ký. Kiểm tra ổ đĩa còn chỗ không, có chương trình khác đang dùng không, rồi chạy lại.
holder-missing = Không có hộp hay chương trình nào tên { $name }. Xem các tên: edgebox-provision ward status
client-revoked = { $name }: tên này đã bị thu hồi và không cấp lại. Chọn tên khác.
reload-failed = Đã ghi các tệp, nhưng không báo được cho broker đọc lại. Tự cho mosquitto đọc lại (systemctl reload mosquitto), rồi xem lại --pid-file hoặc --reload.
cut-unreached = Đã thu hồi, nhưng không tới được broker { $broker } nên CHƯA CẮT kết nối đang có. Khởi động lại broker, hoặc chạy lại lệnh này khi broker chạy.
cut-refused = Đã thu hồi, nhưng broker { $broker } không cho thay chỗ { $name } nên CHƯA CẮT kết nối đang có. Khởi động lại broker, hoặc chạy lại lệnh này.
option-needed = Thiếu { $option }: thêm vào lệnh, hoặc chạy ở cửa sổ dòng lệnh để được hỏi.
ward-name = --ward { $text }: chỉ dùng chữ thường a-z không dấu, số 0-9 và dấu -, tối đa 48 ký tự, ví dụ phuong-5.
address-bad = { $option } { $text }: cần tên máy hoặc địa chỉ IP, có thể kèm cổng, ví dụ mqtt.phuong-5.example hoặc [fd00::5]:8883.
folder-taken = { $path }: không trống, mà khóa thì không bao giờ ghi đè. Chọn thư mục khác.
ward-unmade = { $path }: không lập được ({ $why }). Chưa để lại gì cả.

flags-missing = Thiếu { $all }. Thêm vào lệnh, hoặc chạy ở cửa sổ dòng lệnh để được hỏi.
one-place = Chỉ dùng một trong --card, --out, --image.
csv-out = --csv cần --out THƯ_MỤC: mỗi hộp có một thư mục trong đó.
csv-alone = --csv: mọi thông tin của hộp nằm trong bảng; bỏ các tùy chọn khác đi.
table-unreadable = { $path }: không đọc được ({ $why }). Kiểm tra tên tệp.
box-name = { $name }: cần tên dạng phường.tổ.hộp hoặc tổ/hộp, ví dụ to-12/hop-01. Xem các tên: edgebox-provision box list
box-missing = { $name }: không có hộp nào tên như vậy. Xem các tên: edgebox-provision box list
no-boxes = { $path }: chưa có hộp nào. Chuẩn bị hộp đầu tiên bằng: edgebox-provision box new
box-taken = { $name }: tên này đã cấp rồi, mỗi tên chỉ cấp một lần. Chọn tên khác, hoặc dùng box renew để làm lại thẻ của chính hộp đó.
place-taken = Hộp { $name } đã ở { $title }. Làm lại thẻ của nó thì dùng box renew; nếu đúng là hộp khác đặt cùng chỗ thì thêm --same-place.
box-revoked = { $name }: hộp đã bị thu hồi, tên không cấp lại. Làm hộp tên khác bằng box new.
name-stays = { $fault } Hộp vẫn giữ tên này; sau đó chạy: edgebox-provision box renew { $folder } { $name }
kept-closed = { $path }: không mở được bằng mật khẩu này, hoặc đã hỏng. Lấy lại từ bản sao lưu; hoặc xóa đi rồi chạy box renew với đủ mọi tùy chọn.
kept-bad = { $path }: không dùng được. Lấy lại từ bản sao lưu; hoặc xóa đi rồi chạy box renew với đủ mọi tùy chọn.
boxes-denied = { $path }: không có quyền ghi. Chạy lệnh với tài khoản chủ thư mục của phường, hoặc thêm sudo.
inventory-unreadable = { $path }: không đọc được. Lấy lại từ bản sao lưu.
inventory-other = { $path }: không phải sổ hộp của phiên bản này. Lấy lại từ bản sao lưu.
card-missing = { $path }: không thấy thẻ ({ $why }). Cắm thẻ, đợi máy tính nhận, rồi chỉ đúng thư mục của thẻ.
card-locked = { $path }: không ghi được vào đây. Thẻ có bị gạt khóa ghi không?
card-full = { $path }: chỉ còn trống { $free } KiB, cần { $least }. Đây có đúng là phân vùng đầu (EDGEBOX) của thẻ không?
card-other = { $path }: đang giữ gói cài đặt của hộp { $name }. Lấy thẻ khác, hoặc thêm --replace để ghi đè.
card-unwritten = { $path }: không ghi được ({ $why }). Lấy thẻ khác.
image-unreadable = { $path }: không đọc được ({ $why }). Kiểm tra tên tệp.
image-other = { $path }: không phải bộ cài (tệp .img) của edgebox đã giải nén.
mtools-missing = Cần chương trình { $tool }: sudo apt install mtools; hoặc ghi vào thẻ đang mở bằng --card.
mtools-hung = { $tool }: không xong sau { $seconds } giây. Rút thẻ ra, cắm lại, làm lại.
mtools-failed = { $tool }: không ghi được vào bộ cài. Có đúng là bộ cài (tệp .img) của edgebox, và không chương trình nào khác đang dùng không?

flash-what = Thiếu tên bộ cài (tệp .img) hoặc tên thẻ. Xem các thẻ: edgebox-provision flash --list
flash-yes = Không có ai để hỏi: thêm --yes để ghi mà không hỏi.

controller-unknown = Bảng phải ghi camera là của ai. Hãy đặt trước: edgebox-provision ward controller { $folder } --name ... --address ... --phone ...
