# Luật: bộ tiêu chí, chỉ tiêu
law-criterion = Tiêu chí
law-count = { $count } chỉ tiêu và nội dung thành phần
law-sort-law = thứ tự trong văn bản
law-sort-file = thứ tự đã định
law-sort-text = tên chỉ tiêu
law-sort-confidence = mức tin cậy, chưa rõ trước
law-sort-measure = mã chỉ số
law-sort-difference = khác nhau
law-sort-name = tên
law-sort-id = mã

# So sánh các bộ tiêu chí; "bộ gốc" là bộ thứ nhất
compare-sheet = So sánh
compare-title = So sánh các bộ tiêu chí theo chỉ số
compare-lead = Mỗi dòng là một chỉ số. Các bộ đứng cạnh bộ gốc: giống, gần giống, mới, không có, hay chưa rõ vì luật chưa được xác nhận. Mức ghi là của vùng { $region }.
compare-nothing = không yêu cầu
compare-same = Giống nhau, cùng yêu cầu: { $other }
compare-stricter = Chặt hơn. Bộ gốc: { $first }. Bộ này: { $other }
compare-looser = Nhẹ hơn. Bộ gốc: { $first }. Bộ này: { $other }
compare-groups = Khác mức hoặc chia mức khác. Bộ gốc: { $first }. Bộ này: { $other }
compare-operator = Khác cách so. Bộ gốc: { $first }. Bộ này: { $other }
compare-condition = Khác điều kiện áp dụng. Bộ gốc: { $first }. Bộ này: { $other }
compare-measure = Gần giống, không dùng chung số liệu ({ $note }). Bộ gốc: { $first }. Bộ này: { $other }
compare-new = Mới, bộ gốc không có: { $other }
compare-kept = Bộ này không nêu lại, nhưng vẫn phải đạt bộ gốc: { $first }
compare-dropped = Bộ này không yêu cầu. Bộ gốc: { $first }
compare-unknown = Chưa so sánh được vì luật chưa được xác nhận. Bộ gốc: { $first }. Bộ này: { $other }
compare-not-listed = Chưa rõ vì một trong hai bộ chưa nhập đủ chỉ tiêu. Bộ gốc: { $first }. Bộ này: { $other }
compare-absent = Cả hai bộ đều không yêu cầu
compare-kind-same = Giống
compare-kind-similar = Gần giống
compare-kind-new = Mới
compare-kind-kept = Không nêu lại, vẫn phải đạt
compare-kind-dropped = Không có ở bộ này
compare-kind-unknown = Chưa rõ
compare-first = Bộ gốc
compare-other = So với
compare-third = Và với
compare-no-third = không có
compare-show = So sánh
compare-kinds = Khác nhau
compare-counts = Số chỉ số của mỗi bộ, so với bộ gốc { $set }
compare-count = { $count } chỉ số
compare-search = Chỉ tiêu hoặc mã chỉ số
compare-none = Không có chỉ số nào khớp.
compare-difference = So với bộ gốc
compare-difference-of = So với bộ gốc: { $set }
compare-from-sets = So sánh các bộ theo chỉ số
compare-law-only = Chỉ so những gì luật đã nêu; mức minh họa của bản trình diễn không được tính.

# Trang của từng chỉ tiêu
law-path = Đường dẫn
law-sentence = { $passed }/{ $all } xã đạt chỉ tiêu này năm { $year }{ $unconfirmed ->
    [0] {""}
   *[other] , trong đó { $unconfirmed } đạt theo mức cần xác nhận
}{ $without ->
    [0] .
   *[other] ; { $without } xã chưa có số liệu công bố.
}
law-sentence-units = { $passed }/{ $all } đơn vị đạt chỉ tiêu này năm { $year }{ $unconfirmed ->
    [0] {""}
   *[other] , trong đó { $unconfirmed } đạt theo mức cần xác nhận
}{ $without ->
    [0] .
   *[other] ; { $without } đơn vị chưa có số liệu công bố.
}
law-amended = Sửa đổi từ ngày { $day }: { $by }
law-condition = Chỉ áp dụng khi
law-variants = Yêu cầu với từng đối tượng, { $count } dòng
law-guidance = Cơ quan hướng dẫn
law-computed-from = Sổ, nguồn của số liệu
law-whom = Đối tượng
law-everybody = mọi đơn vị
law-others = đối tượng còn lại
law-home = vùng của tỉnh
law-every-year = mọi năm
law-parts = Nội dung thành phần
law-how-communes = Các xã trong tỉnh, năm { $year }
law-how-units = Các đơn vị trong tỉnh, năm { $year }
law-what-if = Bộ tiêu chí này không dùng để chấm năm { $year }: kết quả dưới đây chỉ là phép thử.
law-bar = Số đơn vị theo kết quả
law-spread-title = Số đơn vị theo giá trị, năm { $year }
law-spread-value = Giá trị
law-spread-count = Số đơn vị
law-trend-title = Trung vị qua các năm
law-median = Trung vị
law-median-is = Trung vị năm { $year }: { $median }.
law-table = Bảng số liệu của biểu đồ
law-published-only = Chỉ tính số liệu đã công bố.
law-several = Mức yêu cầu khác nhau theo đối tượng hoặc chưa biết, nên không vẽ vạch mức.
law-list = Danh sách xã
law-list-units = Danh sách đơn vị
law-unit = Đơn vị
law-units-sheet = Theo đơn vị
law-value = Giá trị
law-threshold = Mức
law-threshold-at = mức { $limit }
law-order-value = giá trị, thấp trước
law-order-value-down = giá trị, cao trước
law-order-verdict = kết quả
law-order-district = huyện
law-units-count = { $count } đơn vị
law-no-units = Không có đơn vị nào phù hợp.
law-measure = Chỉ số được đo
law-in-dictionary = Xem trong từ điển số liệu
law-elsewhere = Chỉ số này ở bộ tiêu chí khác
law-nowhere-else = Không bộ tiêu chí nào khác dùng chỉ số này.
law-alike = Chỉ số chỉ giống tên gọi, không dùng chung số liệu
measure-kind = Loại
measure-kind-boolean = đạt hoặc không đạt
measure-kind-document = văn bản, hồ sơ: có hoặc không
measure-kind-percent = tỷ lệ phần trăm
measure-kind-count = số đếm
measure-kind-number = số
measure-kind-money = số tiền
measure-kind-income = thu nhập
measure-kind-composite = gồm nhiều nội dung
measure-reads = Nguồn, theo thứ tự được đọc
measure-decimals = Làm tròn
measure-decimals-text = hiện { $count } chữ số thập phân, làm tròn nửa lên; khi chấm dùng số chính xác
measure-formula = Công thức
measure-note = Ghi chú
measure-aggregate = Cách gộp
measure-sum = cộng lại
measure-count = đếm số đơn vị
measure-not-comparable = không gộp
measure-weighted = bình quân gia quyền theo { $weight }
measure-missing-incomplete = Thiếu một số đầu vào thì chưa có kết quả.
measure-missing-zero = Số đầu vào thiếu được tính là 0.
measure-missing-skip = Số đầu vào thiếu được bỏ qua.

# Từ điển số liệu, nguồn và phương pháp
dictionary-title = Từ điển số liệu
dictionary-lead = Mỗi chỉ số đo cái gì, tính bằng gì, đọc từ nguồn nào trước, gộp và làm tròn ra sao, bộ tiêu chí nào dùng.
dictionary-package = gói dữ liệu (Frictionless)
measure-uses = Dùng ở
package-title = Từ điển số liệu và các bộ tiêu chí nông thôn mới
package-description = Chỉ số và chỉ tiêu với yêu cầu, văn bản, mức tin cậy. Chưa xác minh thì ghi "cần xác nhận" hoặc "chưa rõ".
unsure-title = Những điều cần xác nhận
unsure-sheet = Cần xác nhận
unsure-lead = Mọi chỗ chưa đối chiếu được với văn bản. Ai có văn bản, xin báo: mức được ghi vào kèm số, ngày, nơi ban hành.
unsure-count = { $count } chỗ
unsure-none = Không có chỗ nào khớp.
unsure-place = Nơi ghi
unsure-text = Nội dung
unsure-what = Điều chưa chắc
unsure-amendment = Văn bản sửa đổi
unsure-measure = Định nghĩa chỉ số
unsure-similar = Hai chỉ số chỉ giống tên gọi
sources-unsure = { $count } chỗ cần xác nhận
sources-sets = Số chỉ tiêu và nội dung thành phần theo mức tin cậy; mã băm là của toàn văn đang dùng
sources-time = Áp dụng
sources-hash = Mã băm
sources-fingerprint = Mã băm của toàn bộ luật đang dùng:
sources-reference = Dữ liệu tham chiếu đi kèm
sources-reference-text = Tên, mã, điểm, khung của đơn vị lấy từ gói mở vietnamadminunits 1.0.4 (MIT); danh sách năm 2022 đối chiếu với vietnam-provinces 0.5.0; cơ quan theo kế hoạch của tỉnh tháng 11/2022.
sources-file = Tệp
sources-what = Nội dung
sources-lines = Số dòng
sources-formulas = Công thức của chỉ số được tính
sources-illustrative = minh họa, không phải quy định
sources-places = { $count } chỗ
reference-units = Đơn vị hành chính trước và sau khi sắp xếp
reference-succession = Đơn vị nào thành đơn vị nào, từ ngày nào
reference-groups = Nhóm xã theo kế hoạch
reference-attributes = Thuộc tính của đơn vị mà luật xét đến
reference-agencies = Cơ quan, tổ chức
reference-calendar = Ngày nghỉ lễ, ngày làm bù
licence-code = Chương trình
licence-data = Số liệu công bố
licence-data-text = Dự án chưa công bố giấy phép cho số liệu; xin hỏi cơ quan công bố trước khi dùng lại.
licence-law = Số của luật
licence-law-text = Trích từ văn bản pháp luật; mỗi con số kèm văn bản và mức tin cậy, văn bản gốc mới có giá trị pháp lý.
licence-names = Tên, mã đơn vị
licence-names-text = Từ gói vietnamadminunits 1.0.4, giấy phép MIT.
