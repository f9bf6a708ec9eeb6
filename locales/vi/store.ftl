# Kho dữ liệu: điều người dùng và người quản trị đọc khi có trục trặc.
store-busy = hệ thống đang bận ghi dữ liệu; xin thử lại sau ít phút
store-duplicate = dữ liệu này đã có trong hệ thống
store-nul = văn bản chứa ký tự không hợp lệ (ký tự rỗng)
store-too-large = tệp lớn hơn { $megabytes } MB nên không được nhận
store-address = địa chỉ cơ sở dữ liệu “{ $address }” không phải là sqlite: hoặc postgres:
store-newer = cơ sở dữ liệu do phiên bản mới hơn của chương trình tạo ra (phần { $room }, bước { $version }); hãy dùng phiên bản đó
store-migration-changed = bước chuyển đổi { $version } của phần { $room } đã bị sửa sau khi chạy; chương trình này không khớp với cơ sở dữ liệu
store-backup-broken = bản sao lưu bị hỏng hoặc không đúng định dạng: { $part }
store-backup-not-empty = chỉ khôi phục được vào cơ sở dữ liệu trống; hãy chọn một cơ sở dữ liệu mới
store-failed = cơ sở dữ liệu gặp lỗi; sự cố đã được ghi lại
store-out-of-reach = Vai trò của bạn không bao gồm đơn vị này nên không ghi được.
store-full = Máy chủ hết chỗ ghi. Chưa có gì được ghi; xin báo người quản trị.
store-lost = Mất liên lạc với cơ sở dữ liệu. Chưa rõ điều vừa gửi đã được ghi hay chưa; xin xem lại và gửi lại sau ít phút.
