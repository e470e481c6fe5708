ask-ward = Tên phường viết liền không dấu (ví dụ phuong-5):{" "}
ask-broker = Máy chủ nhận tin (broker), tên hoặc địa chỉ IP:{" "}
ask-est = Máy chủ cấp chứng thư cho hộp (EST), tên hoặc địa chỉ IP:{" "}
ask-root-passphrase = Mật khẩu của khóa gốc (cất trong két, nhiều năm mới dùng một lần):{" "}
ask-issuing-passphrase = Mật khẩu của các khóa dùng hằng ngày:{" "}
ask-again = Nhập lại lần nữa:{" "}
passphrases-differ = Hai lần gõ khác nhau: gõ lại từ đầu.

made = Đã lập khóa của { $ward } trong thư mục { $folder }.
made-offline = 1. Chép cả thư mục { $folder } sang hai USB, cất vào két ở hai nơi, rồi xóa { $folder }/offline khỏi máy này.
made-sheet = 2. In { $sheet }, điền phần để trống, cất cùng chỗ với USB. Không ghi mật khẩu lên tờ giấy đó.
made-broker = 3. Cài broker như docs/ward-keys.md chỉ: tạo thư mục { $broker }, chạy `edgebox-provision ward broker-files { $folder }`, cho mosquitto dùng tệp mosquitto.conf trong đó.
made-serve = 4. Bật các dịch vụ của systemd/ward như docs/ward-keys.md chỉ (khóa nằm ở /var/lib/edgebox-keys): hộp tự đăng ký, danh sách thu hồi tự gia hạn.
made-backup = 5. Sao lưu cả thư mục { $folder } mỗi khi có hộp mới hoặc thu hồi hộp.

client-made = Đã cấp chứng thư { $name }: { $cert } và { $private }.
written-copied = Đã ghi tệp của broker vào { $folder } và cho broker đọc lại.
written-only = Đã ghi tệp của broker vào { $folder }. Máy này không có { $broker }: hãy chép sang máy chạy broker và cho mosquitto đọc lại (SIGHUP).

revoked = Đã thu hồi { $name }. Nó không còn vào được broker.
revoked-cut = Kết nối đang có của { $name } đã bị cắt.
revoked-deaf = { $name } không còn quyền gì. Nếu nó đang kết nối, kết nối đó câm và điếc cho đến khi broker khởi động lại.
revoked-not-cut = CHƯA CẮT được kết nối đang có: broker chưa đọc danh sách mới. Chép { $folder } sang máy chạy broker, cho mosquitto đọc lại, rồi chạy lại lệnh này với --reloaded.

crl-good = Danh sách thu hồi còn hiệu lực { $days } ngày, đến { $until }.
crl-due = CẢNH BÁO: danh sách thu hồi chỉ còn { $days } ngày, đến { $until }. Hết hạn thì KHÔNG HỘP NÀO vào được broker. Chạy ngay: edgebox-provision ward crl { $folder }
crl-over = SỰ CỐ: danh sách thu hồi KHÔNG CÒN HIỆU LỰC từ { $until }. Không hộp nào vào được broker. Chạy ngay: edgebox-provision ward crl { $folder }
crl-missing = SỰ CỐ: không có danh sách thu hồi. Không hộp nào vào được broker. Chạy ngay: edgebox-provision ward crl { $folder }
life-good = { $name }: còn { $days } ngày, đến { $until }
life-due = CẢNH BÁO: { $name }: chỉ còn { $days } ngày, đến { $until }
life-over = SỰ CỐ: { $name }: không còn hiệu lực từ { $until }
life-waiting = { $name }: chưa đăng ký
life-revoked = { $name }: đã thu hồi { $until } ({ $why })
root-here = CẢNH BÁO: khóa gốc vẫn nằm trong { $path }; chép sang USB, cất vào két và xóa khỏi máy này
reload-due = CẢNH BÁO: broker chưa đọc tệp mới nhất; chạy: edgebox-provision ward broker-files { $folder }

sheet-title = Phiếu khôi phục khóa: { $ward }
sheet-about = Lập ngày { $date }. Cất trong két cùng USB. Tờ này không chứa mật khẩu; không ghi mật khẩu lên đây. Mật khẩu để trong phong bì dán kín, ở két khác hoặc do người khác giữ.
sheet-where = Cái gì, ở đâu
sheet-where-root = offline/root.key: khóa gốc. Chỉ trên hai USB trong két. Dùng khi phải thay khóa cấp phát hoặc khóa ký gói.
sheet-where-issuing = issuing.key: khóa cấp phát chứng thư cho hộp và máy chủ. Trên máy của phường, có mật khẩu; bản sao trên USB.
sheet-where-bundle = bundle.key: khóa ký gói cài đặt cho hộp. Trên máy của phường, có mật khẩu; bản sao trên USB.
sheet-where-command = command.key: khóa ký lệnh gửi đến hộp (còi, đèn). Trên máy của phường, có mật khẩu; bản sao trên USB.
sheet-where-book = enrolment.db: sổ hộp, chứng thư, thu hồi. Sao lưu sau mỗi thay đổi; mất sổ thì không thu hồi được hộp cũ.
sheet-fingerprints = Dấu vân tay (SHA-256) để đối chiếu
sheet-lost = Khi mất máy tính hoặc USB của phường
sheet-lost-1 = Mất máy tính, mật khẩu chưa lộ: lấy USB và bản sao thư mục { $ward }, đặt lên máy khác, chạy: edgebox-provision ward status THƯ_MỤC
sheet-lost-2 = Trong ngày: thu hồi chứng thư của máy bị mất (edgebox-provision ward revoke THƯ_MỤC TÊN), cấp chứng thư mới (ward client).
sheet-lost-3 = Mật khẩu có thể đã lộ: coi như mất khóa cấp phát, khóa ký gói và khóa lệnh. Lập lại phường (ward init), ghi lại thẻ cho mọi hộp.
sheet-lost-4 = Mất USB chứa khóa gốc: khóa vẫn có mật khẩu. Đổi chỗ cất USB còn lại, lập kế hoạch thay khóa gốc khi ghi lại thẻ.
sheet-lost-5 = Ghi lại sự việc và báo cáo theo quy định về bảo vệ dữ liệu cá nhân.
sheet-notes = Ghi tay
sheet-notes-keeper = Người giữ, điện thoại:
sheet-notes-stick = USB thứ nhất ở:
sheet-notes-copy = USB thứ hai ở:
sheet-notes-paper = Phong bì mật khẩu ở:
sheet-notes-changed = Ngày kiểm tra, người kiểm tra:
