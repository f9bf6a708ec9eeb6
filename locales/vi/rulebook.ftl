# Nơi có lỗi
place-line = dòng { $line }
place-cell = trang tính "{ $sheet }", ô { $cell }
place-field = mục { $field }
place-option = tùy chọn { $option }

# Yêu cầu của chỉ tiêu
req-at-least = Đạt từ { $limit } trở lên
req-at-most = Không quá { $limit }
req-exactly = Bằng { $limit }
req-no-case = Không có trường hợp nào ({ $limit })
req-more-than = Trên { $limit }
req-less-than = Dưới { $limit }
req-achieved = Đạt yêu cầu
req-achieved-delegated = Đạt yêu cầu theo quy định cụ thể của { $who }
req-unknown = Chưa rõ yêu cầu của văn bản, cần xác nhận
req-limit-unknown = Chưa biết mức, cần xác nhận
req-limit-delegated = Mức do { $who } quy định, chưa có, cần xác nhận
req-all = Đạt tất cả các nội dung thành phần
req-any = Đạt ít nhất một trong các nội dung thành phần
req-region-excluded = Không áp dụng cho vùng này
req-condition = { $requirement } (áp dụng khi: { $condition })
req-illustrative = { $requirement } (mức minh họa, không phải quy định)
limit-percent = { $number }%
limit-unit = { $number } { $unit }
limit-level = mức độ { $number }
limit-plain = { $number }
who-province = UBND cấp tỉnh
who-ministry = bộ, ngành trung ương
who-other = cấp có thẩm quyền

# Lỗi của bảng số liệu
values-too-large = tệp lớn hơn 50 MB; hãy chia nhỏ tệp hoặc liên hệ quản trị
values-too-many-rows = tệp có hơn 1.000.000 dòng; hãy chia nhỏ tệp hoặc liên hệ quản trị
values-not-utf8 = có ký tự không đúng mã UTF-8; hãy lưu lại tệp với mã UTF-8
values-no-header = tệp trống, chưa có dòng tiêu đề
values-heading-missing = thiếu cột "{ $heading }" ở dòng tiêu đề
values-heading-twice = cột "{ $heading }" có hai lần ở dòng tiêu đề
values-no-value-column = thiếu cột "value" (hoặc cả hai cột "numerator" và "denominator")
values-open-quote = dấu nháy kép mở ra mà không đóng
values-after-quote = có ký tự thừa sau dấu nháy kép đóng
values-too-many-cells = có { $found } ô, nhiều hơn { $wanted } cột của dòng tiêu đề
values-unit-missing = thiếu mã đơn vị
values-unit-unknown = không có đơn vị mang mã "{ $code }" vào ngày { $day }
values-unit-unknown-file = không có đơn vị mang mã "{ $code }" trong tệp đơn vị
values-unit-level = đơn vị "{ $code }" không thuộc cấp mà bộ tiêu chí này chấm
values-period = kỳ "{ $period }" không phải là năm gồm bốn chữ số
values-as-of = ngày "{ $day }" ở cột unit_as_of không đúng dạng NNNN-TT-NN
values-as-of-differs = các dòng của đơn vị "{ $code }" kỳ { $period } ghi ngày unit_as_of khác nhau
values-indicator-missing = thiếu mã chỉ tiêu
values-indicator-unknown = không có chỉ tiêu "{ $indicator }" trong bộ tiêu chí này
values-composite = chỉ tiêu "{ $indicator }" gồm các nội dung thành phần, không nhận giá trị riêng
values-region = chỉ tiêu "{ $indicator }" không áp dụng cho vùng của đơn vị này
values-duplicate = trùng với dòng { $line }: cùng đơn vị, kỳ và chỉ tiêu
values-separator = các cột không ngăn cách bằng dấu phẩy, chấm phẩy hay tab; hãy lưu lại tệp ở dạng CSV hoặc .xlsx
values-evidence-long = minh chứng dài hơn { $most } ký tự; hãy ghi số hiệu văn bản hoặc địa chỉ
values-evidence-text = minh chứng có ký tự điều khiển; hãy ghi trên một dòng
values-duplicate-item = trùng với { $item }: cùng đơn vị, kỳ và chỉ tiêu
values-both = chỉ ghi giá trị hoặc tử số và mẫu số, không ghi cả hai
values-half-fraction = phải có đủ cả tử số và mẫu số
values-fraction-kind = chỉ tiêu "{ $indicator }" không phải tỷ lệ phần trăm nên không nhận tử số, mẫu số
values-denominator = mẫu số phải lớn hơn 0
values-numerator = tử số phải từ 0 đến mẫu số
values-not-number = "{ $value }" không phải là số
values-not-yes-no = "{ $value }" không phải là đạt hoặc không đạt
values-ambiguous = "{ $value }" có hai cách đọc: { $decimal } hay { $thousands }; hãy ghi rõ
values-unit = đơn vị "{ $unit }" không được khai cho chỉ tiêu này; hãy ghi theo: { $known }
values-percent = { $value } nằm ngoài khoảng 0 đến 100%
values-negative = { $value } là số âm
values-not-whole = { $value } không phải là số nguyên
values-not-applicable = chỉ tiêu "{ $indicator }" luôn áp dụng, không được ghi n/a
values-held = dòng held: chỉ nhận đạt hoặc không đạt
values-held-self = không ghi held: cho chính bộ tiêu chí đang chấm
units-code-missing = thiếu mã đơn vị
units-code-twice = mã đơn vị "{ $code }" có hai lần

# Tùy chọn dòng lệnh của evaluate
evaluate-set-unknown = không có bộ tiêu chí "{ $set }"
evaluate-file = không đọc được tệp "{ $file }": { $reason }
evaluate-day = "{ $day }" không phải là ngày dạng NNNN-TT-NN
evaluate-overlay = tệp mức bổ sung không đúng: { $reason }
evaluate-overlay-indicator = tệp mức bổ sung "{ $overlay }" nêu chỉ tiêu "{ $no }" không có trong bộ "{ $set }"
evaluate-no-sheet = không có trang tính nào có các cột unit_code, period, indicator ở dòng đầu
evaluate-lang = ngôn ngữ "{ $lang }" không có; chọn vi hoặc en

# Kết luận
status-passed = đạt
status-failed = không đạt
status-incomplete = chưa đủ số liệu
status-not-applicable = không áp dụng
status-to-be-confirmed = cần xác nhận
status-passed-unconfirmed = đạt, theo mức cần xác nhận

# Nếu theo bộ khác
whatif-other-requirement = Yêu cầu cũ: { $old }. Yêu cầu của bộ này: { $new }
whatif-no-figure = Chưa có số liệu. Yêu cầu của bộ này: { $new }
whatif-no-counterpart = Không có số liệu tương ứng. Yêu cầu của bộ này: { $new }
whatif-title = Nếu chấm theo bộ khác
whatif-summary = { $different } chỉ tiêu khác kết quả, { $without } chỉ tiêu không có số liệu tương ứng, { $unknown } chỉ tiêu chưa rõ yêu cầu.
nearest-title = Cần gì để đạt
nearest-lead = Chỉ tiêu chưa đạt, gần mức nhất trước.

# Đơn vị tính
unit-works = { $count ->
   *[other] công trình
}
unit-establishments = { $count ->
   *[other] cơ sở
}
unit-households = { $count ->
   *[other] hộ
}
unit-litres-person-day = { $count ->
   *[other] lít/người/ngày đêm
}
unit-fields = { $count ->
   *[other] lĩnh vực
}
unit-square-metres-person = { $count ->
   *[other] m²/người
}
unit-models = { $count ->
   *[other] mô hình
}
unit-people = { $count ->
   *[other] người
}
unit-villages = { $count ->
   *[other] thôn
}
unit-million-dong-person-year = { $count ->
   *[other] triệu đồng/người/năm
}
unit-schools = { $count ->
   *[other] trường
}
unit-points = { $count ->
   *[other] điểm
}

# Vì sao có kết luận này
why-amount-percent = { $count ->
   *[other] { $number } điểm phần trăm
}
why-recorded = Được ghi nhận: { $value }. Yêu cầu: { $requirement }.
why-recorded-unknown = Được ghi nhận: { $value }, nhưng chưa rõ yêu cầu nên chưa kết luận được. Yêu cầu: { $requirement }.
why-value-yes = đạt
why-value-no = không đạt
why-value-fraction = { $numerator }/{ $denominator } (khoảng { $percent }%)
why-passed = Số liệu { $value } đáp ứng yêu cầu. Yêu cầu: { $requirement }.
why-failed = Số liệu { $value } chưa đáp ứng yêu cầu. Yêu cầu: { $requirement }.
why-failed-by = Số liệu { $value } chưa đáp ứng yêu cầu, chênh { $amount } so với mức. Yêu cầu: { $requirement }.
why-incomplete = Chưa có số liệu. Yêu cầu: { $requirement }.
why-unknown = Đã có số liệu { $value } nhưng chưa biết mức yêu cầu nên chưa kết luận được. Yêu cầu: { $requirement }.
why-region = Không áp dụng cho vùng của đơn vị này.
why-condition = Không áp dụng vì đơn vị không thuộc trường hợp: { $condition }.
why-whole = { $reason } Kết luận: { $status }.
why-all-passed = Tất cả { $count } nội dung đều đạt.
why-any-passed = Có nội dung đạt: { $members }.
why-any-failed = Không nội dung nào đạt.
why-members-failed = Không đạt: { $members }.
why-members-incomplete = Chưa đủ số liệu: { $members }.
why-members-to-be-confirmed = Cần xác nhận: { $members }.
why-none-apply = Không nội dung nào áp dụng cho đơn vị này.
why-nothing-listed = Chưa có nội dung của tiêu chí này, cần xác nhận.
why-lists-too-few = Mới có { $listed } trong { $counted } chỉ tiêu của quyết định, phần còn lại cần xác nhận.
why-unconfirmed = { $reason } Mức dùng để đánh giá chưa được xác nhận.
why-member = { $no } { $name }
