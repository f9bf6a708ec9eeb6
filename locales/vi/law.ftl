# Luật: bộ tiêu chí, chỉ tiêu
law-criterion = Tiêu chí
law-count = { $count } chỉ tiêu và nội dung thành phần
law-sort-law = thứ tự trong văn bản
law-sort-file = thứ tự đã định
law-sort-text = tên chỉ tiêu
law-sort-confidence = mức tin cậy, chưa rõ trước
law-sort-measure = mã chỉ số
law-sort-name = tên
law-sort-id = mã
