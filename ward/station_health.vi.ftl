### Những gì hỏng ở chính trạm của công an phường: trang và chương trình canh báo cho biết.

found-receiver-silent = máy thu không trả lời: tin kêu cứu không về được
do-receiver-silent = gọi điện cho các tổ cần theo dõi; khởi động lại máy của trạm, hoặc edgebox-ward.service
found-receiver-stopped = máy thu đã dừng: tin kêu cứu không về được
do-receiver-stopped = chạy edgebox-ward.service
found-receiver-never = chưa có máy thu nào ghi vào đây: tin kêu cứu không về được
do-receiver-never = chạy edgebox-ward.service, và xem có cùng --data không
found-broker-away = máy thu mất kết nối với máy chủ MQTT: tin kêu cứu không về được
do-broker-away = chạy mosquitto.service; xem lại mạng nếu máy chủ MQTT là máy khác
found-store-unreadable = không đọc được kho dữ liệu
do-store-unreadable = xem lại ổ đĩa, và máy thu có cùng phiên bản với trang không
found-events-silent = phần thu sự kiện của máy thu không trả lời: sự kiện và ảnh không về, tin kêu cứu vẫn về
do-events-silent = nếu không tự trở lại thì khởi động lại edgebox-ward.service
found-events-away = phần thu sự kiện của máy thu mất kết nối với máy chủ MQTT: sự kiện và ảnh không về, tin kêu cứu vẫn về
do-events-away = xem nhật ký của máy chủ MQTT
found-events-unreadable = không đọc được kho sự kiện, tin kêu cứu vẫn về
do-events-unreadable = xem lại ổ đĩa, và máy thu có cùng phiên bản với trang không
found-disk-full = ổ đĩa đã đầy: còn trống { $free } MB
do-disk-full = dọn ổ đĩa hoặc giảm --keep-days, trước khi tin kêu cứu không lưu được nữa
found-disk-full-soon = cứ thế này thì { $days ->
    [0] chưa đến một ngày nữa
   *[other] { $days } ngày nữa
  } ổ đĩa sẽ đầy: còn trống { $free } MB
do-disk-full-soon = lắp ổ đĩa lớn hơn hoặc giảm --keep-days
found-disk-unreadable = không đọc được ổ đĩa còn trống bao nhiêu
do-disk-unreadable = xem lại ổ đĩa
found-certificate-expires = chứng thư của máy thu { $days ->
    [0] chưa đến một ngày nữa
   *[other] { $days } ngày nữa
  } hết hạn, sau đó không còn gì về được
do-certificate-expires = chạy edgebox-provision ward client với tên và quyền của máy thu, rồi khởi động lại edgebox-ward.service
found-certificate-expired = chứng thư của máy thu đã hết hạn: máy chủ MQTT không cho vào nữa
do-certificate-expired = chạy edgebox-provision ward client với tên và quyền của máy thu, rồi khởi động lại edgebox-ward.service
found-certificate-unreadable = không đọc được chứng thư của máy thu
do-certificate-unreadable = xem --cert của chương trình canh có đúng chứng thư của máy thu không
found-watchdog-silent = chương trình canh của trạm không trả lời: máy thu hỏng sẽ không ai báo
do-watchdog-silent = khởi động lại edgebox-ward-watchdog.service
