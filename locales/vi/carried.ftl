### Số liệu và kết quả của các đơn vị cũ, xem trên đơn vị mới.

carried-link = Số liệu kế thừa từ các đơn vị cũ
carried-title = { $name }: kế thừa từ các đơn vị cũ
carried-sentence = Hình thành từ { $count } đơn vị cũ; { $passed } trong { $judged } đơn vị cũ có kết quả đã đạt năm { $year }.
carried-unconfirmed = Trong đó { $count } đơn vị đạt theo mức cần xác nhận.
carried-explained = Số liệu do các đơn vị có hiệu lực đến ngày { $day } báo cáo, được cộng hoặc tính bình quân theo đúng cách của từng chỉ số. Số liệu gốc không thay đổi; kết quả đánh giá không chuyển sang đơn vị mới.
carried-verdicts = Kết quả của từng đơn vị cũ
carried-figures = Số liệu
carried-caption = Số liệu năm { $year } của các đơn vị có hiệu lực đến ngày { $day }
carried-measure = Số liệu
carried-value = Giá trị
carried-from = Số đơn vị
carried-note = Lưu ý
carried-none = Các đơn vị cũ chưa công bố số liệu năm { $year }.
carried-nobody = Đơn vị này không được hình thành từ đơn vị nào khác.
carried-counted = { $yes }/{ $of } đạt
carried-missing = Chưa có số liệu: { $units }.
carried-part = Một phần { $unit }, có số liệu chung { $value }, không tự chia.
carried-part-main = Phần lớn { $unit }, có số liệu chung { $value }, không tự chia.
carried-not-comparable = Không cộng hay tính bình quân được.
carried-no-weight = Không tính được bình quân vì thiếu số liệu nền ({ $measure }): { $units }.
carried-zero-weight = Không tính được bình quân vì số liệu nền ({ $measure }) bằng 0.
carried-mixed = Số liệu khác loại, không gộp được.
