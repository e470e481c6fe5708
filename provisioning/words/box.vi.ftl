welcome = Chuẩn bị một hộp của { $ward }. Bấm Enter để lấy giá trị trong ngoặc vuông, Ctrl-C để dừng: chưa xong thì chưa có gì bị ghi.
ask-group = Tổ tự quản, viết liền không dấu (ví dụ to-12)
ask-box = Tên hộp
ask-title = Nơi đặt hộp, như bà con thường gọi (ví dụ Tổ 12, ngõ 5)
same-place = Hộp { $name } đã ở { $title }. Đây là một hộp khác, đặt cùng chỗ? (c/k)
ask-camera = Camera thứ { $number }: địa chỉ (rtsp://..., /dev/video0 hoặc csi)
ask-camera-more = Camera thứ { $number }: địa chỉ (bấm Enter nếu không còn camera)
ask-camera-known = Camera thứ { $number }: địa chỉ (gõ - nếu không còn camera)
ask-camera-name = Tên camera, viết liền không dấu (ví dụ cong, ngo-5)
ask-user = Tên đăng nhập của camera (bấm Enter nếu không có)
ask-password = Mật khẩu của camera (gõ không hiện chữ)
cameras-found = Camera đang trả lời trong mạng của máy tính này; có thể gõ số thay cho địa chỉ:
camera-asking = Đang hỏi camera { $name } ({ $host }) có những luồng nào ...
camera-streams-one = Camera có một luồng dùng được: { $source }
camera-streams-two = Để nhận dạng: luồng nhỏ { $source }, để làm bằng chứng: luồng lớn { $evidence }
camera-trying = Đang thử camera { $name } ...
camera-seen = Camera { $name } có hình, { $size }.
camera-dark-login = Không thấy hình: tên đăng nhập hoặc mật khẩu của camera không đúng. Gõ lại, chú ý chữ hoa và bộ gõ tiếng Việt.
camera-dark-forbidden = Không thấy hình: tài khoản này không được xem luồng đó. Cấp quyền trong cài đặt của camera, hoặc dùng tài khoản khác.
camera-dark-no-stream = Không thấy hình: camera trả lời, nhưng không có luồng ở { $address }. Xem lại phần sau địa chỉ IP, trong ứng dụng của camera (RTSP).
camera-dark-busy = Không thấy hình: camera đang có quá nhiều người xem. Tắt bớt ứng dụng đang xem rồi thử lại.
camera-dark-refused = Không thấy hình: ở { $address } có máy, nhưng không có camera trả lời. Kiểm tra số cổng, và camera đã bật RTSP chưa.
camera-dark-silent = Không thấy hình: { $address } không trả lời, hoặc không gửi hình. Kiểm tra nguồn, dây mạng và địa chỉ của camera.
camera-dark-no-host = Không thấy hình: không tìm thấy tên máy trong { $address }. Kiểm tra tên, hoặc dùng địa chỉ IP của camera.
camera-dark-not-rtsp = Không thấy hình: { $address } trả lời, nhưng không phải RTSP. Kiểm tra số cổng RTSP của camera (thường là 554).
camera-dark-not-video = Không thấy hình: camera gửi hình ở dạng hộp không đọc được. Đặt camera sang H.264, H.265 hoặc MJPEG.
camera-dark-too-small = Không thấy hình: hình của luồng này quá nhỏ. Chọn luồng khác.
camera-dark-other = Không thấy hình: không xem được { $address }. Thử địa chỉ này bằng ứng dụng xem RTSP, rồi kiểm tra camera và dây mạng.
camera-anyway = Vẫn dùng camera này? (máy tính này có thể ở mạng khác với camera) (c/k)
wired-are = Sơ đồ chuẩn có: { $all }
ask-wired = Đã đấu dây những gì? (all = tất cả, none = không có gì, hoặc ghi tên, cách nhau bằng dấu phẩy)
ask-watch = Khi nào thì báo có người?
ask-watch-night = Ban đêm, 22:30 đến 05:00
ask-watch-always = Cả ngày
ask-network = Hộp vào mạng bằng gì?
ask-network-cable = Dây mạng, tự nhận địa chỉ (DHCP)
ask-network-fixed = Dây mạng, địa chỉ cố định
ask-network-wifi = Wi-Fi
ask-network-mobile = 4G (SIM)
ask-ssid = Tên Wi-Fi
ask-wifi-password = Mật khẩu Wi-Fi (gõ không hiện chữ)
ask-apn = APN của nhà mạng (Viettel: v-internet, VinaPhone: m3-world, MobiFone: m-wap)
mobile-alone = Chỉ có 4G thì điện thoại không tới được hộp: nút bấm và phường vẫn dùng được, còn trang của tổ cần thêm bộ phát Wi-Fi (router) nối dây với hộp, hoặc Wi-Fi ở nơi đặt.
ask-address = Địa chỉ IP cố định (ví dụ 192.168.1.50/24)
ask-gateway = Cổng mạng (gateway)
ask-dns = Máy chủ DNS
ask-leader = Họ tên tổ trưởng (bấm Enter nếu chưa có)
choose = Chọn số
as-before = như lần trước
yes = c
no = k
all-right = Tất cả đã đúng chưa? (c/k)
once-more = Hỏi lại từ đầu; bấm Enter ở chỗ đã đúng.
renew-right = Làm mã mới và ghi lại thẻ cho hộp này? (c/k)
nothing-done = Chưa làm gì cả.
nothing = không có gì
nobody = chưa có
summary =
    Hộp { $name }
        Nơi đặt: { $title }
        Đấu dây: { $wired }
        Báo có người: { $watch }
        Mạng: { $network }
        Tổ trưởng: { $leader }
        Camera:

bad-slug = Chỉ dùng chữ thường a-z không dấu, số 0-9 và dấu -, tối đa 48 ký tự, ví dụ to-12.
bad-slug-near = Chỉ dùng chữ thường a-z không dấu, số 0-9 và dấu -. Có phải là { $near }?
bad-length = Tên { $name } quá dài: tên phường, tổ và hộp cộng lại tối đa 64 ký tự. Hãy rút ngắn.
bad-taken = Tên { $name } đã cấp rồi, mỗi tên chỉ cấp một lần. Tên còn trống: { $near }
bad-title = Cần 1 đến { $max } ký tự trên một dòng.
bad-title-start = Không bắt đầu bằng = + - @.
bad-source = Cần địa chỉ dạng rtsp://192.168.1.20:554/stream1, /dev/video0 cho camera USB, hoặc csi cho camera gắn ở cổng camera của hộp (hộp có hai cổng: csi:cam0, csi:cam1).
bad-username = Tên đăng nhập quá dài hoặc có ký tự lạ.
bad-password = Mật khẩu quá dài hoặc có ký tự lạ.
bad-wired = Không có { $name } trong sơ đồ chuẩn. Có: { $all }
bad-ssid = Tên Wi-Fi cần 1 đến 32 byte (chữ có dấu tính 2 đến 3 byte).
bad-wifi-password = Mật khẩu Wi-Fi có 8 đến 63 ký tự không dấu.
bad-apn = APN chỉ có chữ, số, dấu chấm và dấu -, ví dụ v-internet.
bad-host = Cần tên máy hoặc địa chỉ IP, ví dụ 192.168.1.1.
bad-address = Cần địa chỉ như 192.168.1.50/24, không phải địa chỉ mạng hay địa chỉ quảng bá.
bad-gateway = Cổng mạng phải nằm trong mạng { $network }.
bad-ip = Cần địa chỉ IP, ví dụ 192.168.1.1.
bad-leader = Họ tên quá dài hoặc có ký tự lạ.
bad-choice = Gõ một số trong danh sách.
bad-yes-no = Gõ c (có) hoặc k (không).
bad-watch = Cần một trong: { $all }
bad-camera-twice = Đã có camera tên { $name }; chọn tên khác.
bad-camera-name = Không có camera tên { $name }.
bad-cameras = Tối đa { $max } camera.

card-none = Không thấy thẻ nào của edgebox. Cắm thẻ đã ghi image vào, đợi máy tính nhận, rồi chạy lại; hoặc chỉ chỗ bằng --card THƯ_MỤC.
card-many = Thấy nhiều thẻ: { $all }. Rút bớt, hoặc chỉ chỗ bằng --card THƯ_MỤC.
card-again = Bấm Enter để tìm lại (Ctrl-C để dừng).

made = Đã ghi gói cài đặt của hộp { $name } vào { $where }. Mã đăng ký dùng một lần, hết hạn lúc { $until }.
made-secrets = Thẻ đang giữ mật khẩu camera và Wi-Fi ở dạng đọc được (thẻ FAT không phân quyền): giữ cẩn thận, đừng chép đi đâu, cắm vào hộp ngay. Khi đăng ký xong, hộp tự xóa chúng khỏi thẻ.
labels-written = Đã tạo { $number } nhãn: { $path }
letters-written = Đã tạo phiếu bàn giao, có thư mời tổ trưởng và phần của kỹ thuật viên: { $path }. In ra, trao tận tay, rồi xóa tệp: trong đó có mã dùng một lần.
label-hint = Quét để mở trang của tổ
next-steps = Tháo thẻ an toàn, cắm vào hộp, bật điện. In nhãn, dán lên hộp.
next-steps-renew = Tháo thẻ an toàn, cắm vào hộp, bật điện. Nhãn cũ vẫn dùng được; nếu đổi nơi đặt thì in lại bằng: box label
next-steps-many = Chép thư mục edge-bundle trong { $out }/TÊN_HỘP vào phân vùng đầu của từng thẻ. In nhãn, dán đúng hộp; in phiếu bàn giao, mỗi hộp một tờ. Xong thì xóa { $out }: trong đó có mật khẩu và mã đăng ký.
progress = { $number }/{ $all } { $name }
template-written = Đã tạo bảng mẫu { $path }. Mở bằng Excel hoặc LibreOffice, điền mỗi hộp một dòng, lưu dạng CSV UTF-8.

list-row = { $name }: { $state } – { $title }
list-empty = Chưa có hộp nào.
state-enrolled = đã đăng ký
state-waiting = chưa đăng ký, mã dùng được đến { $until }
state-expired = mã đã hết hạn { $until }; chạy: box renew
state-revoked = đã thu hồi
rows-good = Sổ { $path } còn nguyên vẹn.
row-changed = Dòng { $line }: ĐÃ BỊ SỬA, hoặc không phải do khóa của phường ký.
row-gap = Dòng { $line }: không nối tiếp dòng trước; có dòng bị xóa hoặc đổi chỗ.
row-missing = { $name }: có trong sổ đăng ký nhưng không có dòng nào ở đây.

table-where = dòng { $row }, cột { $column }:{" "}
table-nothing = { $number } lỗi; chưa ghi gì cả. Sửa hết rồi chạy lại.
table-empty = Bảng không có hộp nào.
table-long = Bảng quá dài, tối đa { $max } hộp.
table-encoding = Không đọc được chữ: hãy lưu lại ở dạng "CSV UTF-8".
table-broken = Không phải bảng CSV.
table-wide = Dòng có nhiều ô hơn dòng tiêu đề; nếu trong ô có dấu phẩy thì đặt ô trong ngoặc kép.
table-unknown = Không có cột này; xem bảng mẫu: box csv-template
table-twice = Cột này có hai lần.
table-missing = Thiếu cột này.
table-empty-cell = Cần điền ô này.
table-without = Chỉ dùng cùng với { $column }.
table-taken = Tên { $name } đã cấp rồi, mỗi tên chỉ cấp một lần.
table-same = Trùng tên với dòng { $row }.
table-placed = Hộp { $name } đã ở chỗ này. Dòng đã làm rồi thì xóa khỏi bảng; làm lại thẻ thì dùng box renew; nếu đúng là hộp khác đặt cùng chỗ thì thêm --same-place.

column-group = tổ, ví dụ to-12
column-box = tên hộp; để trống thì lấy tên kế tiếp
column-title = nơi đặt
column-watch = night (đêm) hoặc always (cả ngày)
column-wired = all, none, hoặc tên cách nhau dấu phẩy
column-wifi = tên Wi-Fi, nếu dùng
column-wifi_password = mật khẩu Wi-Fi
column-apn = APN của SIM 4G, nếu dùng
column-address = IP cố định, ví dụ 192.168.1.50/24; trống là DHCP
column-gateway = gateway
column-dns = DNS
column-leader = họ tên tổ trưởng
column-camera = địa chỉ rtsp://..., /dev/video0 hoặc csi
column-camera-name = tên camera
column-camera-user = tên đăng nhập
column-camera-password = mật khẩu
