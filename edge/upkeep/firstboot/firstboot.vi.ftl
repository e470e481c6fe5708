### What a technician reads of each fault, in report.json and in the guide. Vietnamese comes first.

fault-no-bundle = Trên thẻ không có gói cài đặt. Hãy tạo gói bằng `edgebox-provision box new` và ghi vào thẻ.
fault-damaged-bundle = Gói cài đặt bị hỏng hoặc thiếu tệp. Hãy ghi lại gói vào thẻ.
fault-bad-signature = Gói cài đặt đã bị sửa sau khi ký. Hãy tạo lại gói; không tự sửa các tệp trên thẻ.
fault-other-ward = Gói cài đặt thuộc phường khác. Hãy dùng bộ cài (tệp .img) và gói cài đặt của cùng một phường.
fault-bad-config = Cấu hình trong gói có lỗi. Báo cáo ghi rõ tên khóa và dòng; hãy sửa rồi tạo lại gói.
fault-no-network = Không có mạng. Hãy kiểm tra dây mạng, tên và mật khẩu Wi-Fi hoặc SIM 4G. Hộp tự thử lại.
fault-no-server = Có mạng nhưng máy chủ cấp chứng thư của phường không trả lời. Hãy hỏi cán bộ phường. Hộp tự thử lại.
fault-wrong-server = Máy trả lời không phải máy chủ của phường. Hãy kiểm tra mạng đang dùng và báo cho phường.
fault-no-time = Đồng hồ của hộp chưa đúng. Hãy kiểm tra máy chủ giờ (NTP) của phường. Hộp tự thử lại.
fault-code-expired = Mã đăng ký đã hết hạn. Hãy tạo gói mới.
fault-code-used = Mã đăng ký đã được dùng cho một hộp khác. Hãy tạo gói mới và báo cho phường.
fault-est-refused = Máy chủ của phường từ chối hộp này. Báo cáo ghi lý do; hãy hỏi cán bộ phường.
fault-disk-full = Thẻ đã đầy. Hãy xóa bớt tệp trên thẻ, hoặc ghi lại bộ cài (tệp .img) vào thẻ lớn hơn.
fault-disk-failed = Không ghi hoặc không đọc được thẻ. Hãy thay thẻ khác.
fault-no-key = Không tạo, mã hóa hoặc mở được khóa riêng của hộp. Hãy khởi động lại; nếu còn lỗi, ghi lại thẻ.
fault-no-anchor = Bộ cài trên thẻ không có chứng thư gốc của phường. Hãy ghi đúng bộ cài (tệp .img) của phường.
fault-bad-camera = Hộp đã cài xong nhưng một camera không cho hình. Báo cáo ghi tên camera; hãy kiểm tra dây và mật khẩu.
fault-no-siren-answer = Hộp đã cài xong nhưng còi không trả lời. Hãy kiểm tra dây còi và nguồn của còi.
fault-self-test = Hộp đã cài xong nhưng tự kiểm tra thấy lỗi. Hãy chạy `edgebox doctor` để xem.
