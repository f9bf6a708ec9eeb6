### Kiểm tra chất lượng số liệu

check-title = Kiểm tra chất lượng số liệu
check-lead = Mỗi kiểm tra nghi ngờ một số liệu và nói vì sao; không kiểm tra nào quyết định đạt hay không đạt. Đếm qua các năm để biết kiểm tra nào có ích: số liệu được sửa sau khi bị nghi là kiểm tra có ích, luôn bị trả lời bằng ghi chú là nên bỏ.
check-search = Tìm kiểm tra
check-sort-file = Thứ tự trong tệp
check-sort-name = Tên
check-sort-hits = Gặp nhiều nhất
check-sort-gone = Được sửa nhiều nhất
check-count = { $count } kiểm tra
check-off = đã bỏ
check-unsure = ngưỡng cần xác nhận
check-measures = Số liệu: { $measures }
check-name = Kiểm tra
check-year = Năm
check-standing = Đang nghi
check-answered = Đã trả lời
check-gone = Không còn (đã sửa)
check-units = Số xã
check-none = Chưa gặp lần nào.
check-no-such = Không có kiểm tra nào như vậy.
check-circle-district = huyện
check-circle-group = nhóm xã
check-circle-province = tỉnh
check-yes = đạt
check-no = không đạt
right-read-checks = Đọc kết quả kiểm tra chất lượng số liệu
