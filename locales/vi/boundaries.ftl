### Nhập ranh giới đơn vị: trang và lệnh.

boundaries-title = Ranh giới đơn vị
boundaries-link = Nhập ranh giới
boundaries-lead = Ranh giới chính thức từ tệp GeoJSON hoặc GeoPackage (WGS 84), ghép với đơn vị theo mã. Nhận cả tệp hoặc không nhận gì.
boundaries-not-allowed = Việc nhập ranh giới chỉ làm được tại máy chủ, khi người quản trị đã bật quyền ghi.
boundaries-new = Gửi tệp ranh giới
boundaries-file = Tệp .gpkg hoặc .geojson
boundaries-day = Mã đơn vị hiểu theo ngày
boundaries-level = Cấp
boundaries-source = Nguồn: ai đo vẽ, giấy phép nào
boundaries-field = Tên cột mã (để trống thì tự tìm)
boundaries-check = Kiểm tra
boundaries-commit = Ghi ranh giới
boundaries-report = Kết quả kiểm tra: { $file }
boundaries-good = { $count } ranh giới dùng được.
boundaries-error-count = { $count } lỗi.
boundaries-nothing-kept = Chưa ghi gì. Hãy sửa tệp rồi gửi lại.
boundaries-warning-count = { $count } điểm cần xem lại
boundaries-missing-count = { $count } đơn vị không có ranh giới trong tệp
boundaries-done = Đã ghi { $count } ranh giới.
boundaries-upload-broken = Tệp gửi lên bị ngắt giữa chừng; hãy gửi lại
boundaries-warning = Cần xem lại: { $what }
boundaries-missing = Không có trong tệp: { $name } ({ $code })
boundaries-unit-changed = { $name } đã được sửa trong lúc kiểm tra tệp; hãy gửi lại.
