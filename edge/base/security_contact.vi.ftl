about = Thấy lỗ hổng bảo mật ở hộp hay trang này? Xin báo cho công an phường theo địa chỉ dưới đây, đừng kể với ai khác trước khi sửa xong.
nobody = Công an phường chưa đặt địa chỉ nhận báo lỗ hổng bảo mật. Xin báo trực tiếp cho công an phường nơi đặt hộp, hoặc cho tổ trưởng tổ tự quản; đừng kể với ai khác trước khi sửa xong.
