# Các lỗi chung của trang
problem-internal = Máy chủ gặp lỗi khi trả lời
problem-method = Không thực hiện được thao tác này tại địa chỉ này.
problem-next-forbidden = Số liệu đã công bố thì ai cũng xem được. Việc ghi số liệu chỉ làm được tại máy chủ, khi người quản trị đã bật quyền ghi.
problem-next-internal = Chưa có gì được ghi lại. Hãy thử lại sau ít phút; nếu vẫn lỗi, gửi mã yêu cầu này cho người quản trị: { $id }
problem-next-input = Hãy sửa chỗ đã nêu rồi gửi lại.
problem-next-other-site = Hãy mở trang này trong Làng Số rồi gửi lại từ đó.
problem-no-version = Thiếu tiêu đề If-Match: hãy nêu phiên bản bạn đã xem trước khi sửa.
problem-too-large-kilobytes = gửi quá { $kilobytes } KB một lần
problem-too-large = gửi quá { $megabytes } MB một lần
problem-broken-off = dữ liệu gửi lên bị đứt quãng; hãy gửi lại
problem-next-busy = Hãy thử lại sau ít phút.
problem-field-missing = chưa có giá trị
problem-field-unread = không đọc được giá trị này
problem-no-form = Nội dung gửi lên không phải là một biểu mẫu
problem-timeout = Máy chủ trả lời quá lâu nên đã dừng
problems-title = Các lỗi mà giao diện lập trình có thể báo
problems-lead = Mỗi câu trả lời báo lỗi (RFC 9457) có trường type dẫn tới một dòng ở đây.
