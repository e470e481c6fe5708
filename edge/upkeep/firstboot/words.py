"""What a technician is told of each fault, in report.json and in the guide: what it is, and what to do."""

from __future__ import annotations

from edge.upkeep.firstboot.faults import SetupFault

VIETNAMESE = {
    SetupFault.NO_BUNDLE:
        "Trên thẻ không có gói cài đặt. Hãy tạo gói bằng `edgebox-provision box new` và ghi vào thẻ.",
    SetupFault.DAMAGED:
        "Gói cài đặt bị hỏng hoặc thiếu tệp. Hãy ghi lại gói vào thẻ.",
    SetupFault.BAD_SIGNATURE:
        "Gói cài đặt đã bị sửa sau khi ký. Hãy tạo lại gói; không tự sửa các tệp trên thẻ.",
    SetupFault.OTHER_WARD:
        "Gói cài đặt thuộc phường khác. Hãy dùng ảnh thẻ và gói của cùng một phường.",
    SetupFault.BAD_CONFIG:
        "Cấu hình trong gói có lỗi. Báo cáo ghi rõ tên khóa và dòng; hãy sửa rồi tạo lại gói.",
    SetupFault.NO_NETWORK:
        "Không có mạng. Hãy kiểm tra dây mạng, tên và mật khẩu Wi-Fi hoặc SIM 4G. Hộp tự thử lại.",
    SetupFault.NO_SERVER:
        "Có mạng nhưng máy chủ cấp chứng thư của phường không trả lời. Hãy hỏi cán bộ phường. Hộp tự thử "
        "lại.",
    SetupFault.WRONG_SERVER:
        "Máy trả lời không phải máy chủ của phường. Hãy kiểm tra mạng đang dùng và báo cho phường.",
    SetupFault.NO_TIME:
        "Đồng hồ của hộp chưa đúng. Hãy kiểm tra máy chủ giờ (NTP) của phường. Hộp tự thử lại.",
    SetupFault.CODE_EXPIRED:
        "Mã đăng ký đã hết hạn. Hãy tạo gói mới.",
    SetupFault.CODE_USED:
        "Mã đăng ký đã được dùng cho một hộp khác. Hãy tạo gói mới và báo cho phường.",
    SetupFault.REFUSED:
        "Máy chủ của phường từ chối hộp này. Báo cáo ghi lý do; hãy hỏi cán bộ phường.",
    SetupFault.DISK_FULL:
        "Thẻ đã đầy. Hãy xóa bớt tệp trên thẻ, hoặc ghi lại ảnh vào thẻ lớn hơn.",
    SetupFault.DISK_FAILED:
        "Không ghi hoặc không đọc được thẻ. Hãy thay thẻ khác.",
    SetupFault.NO_KEY:
        "Không tạo, mã hóa hoặc mở được khóa riêng của hộp. Hãy khởi động lại; nếu còn lỗi, ghi lại thẻ.",
    SetupFault.NO_ANCHOR:
        "Ảnh trên thẻ không có chứng thư gốc của phường. Hãy ghi đúng ảnh của phường.",
    SetupFault.BAD_CAMERA:
        "Hộp đã cài xong nhưng một camera không cho hình. Báo cáo ghi tên camera; hãy kiểm tra dây và mật"
        " khẩu.",
    SetupFault.NO_SIREN_ANSWER:
        "Hộp đã cài xong nhưng còi không trả lời. Hãy kiểm tra dây còi và nguồn của còi.",
    SetupFault.SELF_TEST:
        "Hộp đã cài xong nhưng tự kiểm tra thấy lỗi. Hãy chạy `edgebox doctor` để xem.",
}

ENGLISH = {
    SetupFault.NO_BUNDLE:
        "There is no bundle on the card. Make one with `edgebox-provision box new` and write it there.",
    SetupFault.DAMAGED:
        "The bundle is damaged, or lacks a file. Write it to the card again.",
    SetupFault.BAD_SIGNATURE:
        "The bundle was changed after it was signed. Make it again; edit no file on the card.",
    SetupFault.OTHER_WARD:
        "The bundle is of another ward. Use image and bundle of one ward.",
    SetupFault.BAD_CONFIG:
        "The config in the bundle has a fault. The report names key and line; mend it and make the bundle"
        " again.",
    SetupFault.NO_NETWORK:
        "There is no network. Check the cable, the Wi-Fi's name and password, or the SIM. The box tries "
        "again by itself.",
    SetupFault.NO_SERVER:
        "The network is there, and the ward's enrolment server does not answer. Ask the ward. The box "
        "tries again by itself.",
    SetupFault.WRONG_SERVER:
        "What answers is not the ward's server. Check which network this is, and tell the ward.",
    SetupFault.NO_TIME:
        "The box's clock is not right yet. Check the ward's time server (NTP). The box tries again by "
        "itself.",
    SetupFault.CODE_EXPIRED:
        "The enrolment code has expired. Make a new bundle.",
    SetupFault.CODE_USED:
        "The enrolment code was used by another box. Make a new bundle, and tell the ward.",
    SetupFault.REFUSED:
        "The ward's server refuses this box. The report says why; ask the ward.",
    SetupFault.DISK_FULL:
        "The card is full. Delete files from it, or write the image to a larger one.",
    SetupFault.DISK_FAILED:
        "The card cannot be written or read. Take another card.",
    SetupFault.NO_KEY:
        "The box's private key cannot be made, encrypted or opened. Restart; if that does not help, write"
        " the card again.",
    SetupFault.NO_ANCHOR:
        "The image on the card holds no root certificate of a ward. Write the ward's own image.",
    SetupFault.BAD_CAMERA:
        "The box is ready, but a camera gives no picture. The report names it; check cable and password.",
    SetupFault.NO_SIREN_ANSWER:
        "The box is ready, but the siren does not answer. Check its cable and its power.",
    SetupFault.SELF_TEST:
        "The box is ready, but the self-test found a fault. Run `edgebox doctor` to see it.",
}
