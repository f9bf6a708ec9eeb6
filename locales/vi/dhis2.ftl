### Trao đổi dữ liệu với DHIS2.

dhis2-imported = Đã nhập xong
dhis2-conflicts = Một số giá trị bị từ chối (xem conflicts); các giá trị còn lại đã được nhận.
dhis2-aborted = Chưa nhập giá trị nào
dhis2-dry-run = Chỉ kiểm tra: chưa ghi gì
dhis2-beside = Đã nhập xong. { $count } giá trị đứng cạnh số liệu từ nguồn khác (đơn vị kê khai, đã thẩm tra …); kết quả đánh giá dùng số liệu từ nguồn đó trước.
dhis2-no-element = Không có phần tử dữ liệu: { $object }
dhis2-no-period = Kỳ số liệu không đúng: { $object }
dhis2-not-yearly = Số liệu theo năm; kỳ này không phải là năm: { $object }
dhis2-future = Kỳ số liệu ở tương lai: { $object }
dhis2-no-unit = Không có đơn vị { $object } vào ngày { $day }
dhis2-no-unit-here = Không có đơn vị: { $object }
dhis2-no-option = Chỉ có tổ hợp mặc định (default), không có { $object }
dhis2-not-in-set = Phần tử dữ liệu { $object } không thuộc bộ dữ liệu này
dhis2-other-level = Đơn vị { $object } không thuộc cấp mà các bộ tiêu chí hỏi phần tử dữ liệu này
dhis2-no-delete = Ở đây không xóa được: lịch sử số liệu chỉ dài thêm ({ $object })
dhis2-twice = Phần tử dữ liệu { $object } có hai giá trị cho cùng đơn vị và kỳ: giá trị đầu được nhận
dhis2-no-value = Thiếu giá trị của phần tử dữ liệu { $object }
dhis2-not-boolean = Giá trị của { $object } phải là true hoặc false
dhis2-not-number = Giá trị của { $object } phải là số viết liền, dấu thập phân là dấu chấm
dhis2-not-percent = Giá trị của { $object } phải là tỷ lệ phần trăm từ 0 đến 100
dhis2-not-count = Giá trị của { $object } phải là số nguyên, từ 0 trở lên
dhis2-no-set = Không có bộ dữ liệu: { $object }
dhis2-no-scheme = Đối tượng được gọi theo CODE hoặc UID, không theo { $scheme }
dhis2-no-strategy = Không có cách nhập { $strategy }
dhis2-no-async = Việc nhập được trả lời khi đã xong: hãy bỏ async
dhis2-no-xml = Không đọc XML: hãy gửi JSON hoặc CSV
dhis2-no-column = Tệp CSV thiếu cột { $column }
dhis2-bad-csv = Không đọc được CSV: { $error }
dhis2-bad-json = Không đọc được JSON: { $error }
dhis2-too-many = Nhiều hơn { $most } giá trị trong một lần
dhis2-one-year = Hãy nêu một năm: period=2024, hoặc startDate và endDate trong cùng một năm
dhis2-one-unit = Hãy nêu ít nhất một đơn vị
dhis2-one-province = Mỗi lần một tỉnh

## Một lần nhập, để xem

import-title = Lần nhập { $id }
import-lead = Số liệu từ { $source }, ghi ngày { $day }.
import-counts = { $new } mới, { $changed } thay đổi, { $unchanged } giữ nguyên.
import-hash = SHA-256 của nội dung đã gửi:
