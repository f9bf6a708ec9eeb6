### Biểu mẫu báo cáo: đọc từ tệp, lấp đầy từ kết quả đánh giá và số liệu.

forms-bad-toml = Không đọc được biểu: { $message }
forms-bad-id = Mã biểu “{ $id }” phải gồm chữ cái không dấu, chữ số và gạch nối, tối đa 40 ký tự.
forms-bad-size = Biểu phải có từ 1 đến { $columns } cột và không quá { $rows } dòng.
forms-no-title-column = Biểu chưa có cột tên nội dung (holds = "title").
forms-no-such-set = Không có bộ tiêu chí “{ $set }”.
forms-no-such-measure = Không có đại lượng “{ $measure }”.
forms-no-such-criterion = Bộ “{ $set }” không có tiêu chí { $no }.
forms-no-such-row = Không có dòng nào mang mã “{ $id }”.
forms-id-twice = Mã dòng “{ $id }” dùng hai lần.
forms-sum-circle = Dòng “{ $id }” cộng chính nó.
forms-later-names-room = Cột để phần khác lấp đầy (holds = "later") phải nêu phần nào (later), và chỉ cột đó.
forms-over-differs = Tiêu đề chung (over_vi, over_en) phải có số tầng như nhau.
forms-bound-twice = Một dòng chỉ gắn với một thứ: count, figure, sum, later hoặc rows_of.
forms-row-no-title = Dòng chưa có tên bằng hai thứ tiếng (title_vi, title_en).
forms-row-no-set = Dòng này cần bộ tiêu chí (set).
forms-own-each = Dòng sinh theo từng đơn vị không dùng được số liệu riêng của đơn vị lập biểu.
forms-set-of-another-level = Bộ “{ $set }” không phải của cấp lập biểu.
forms-bad-each = Chỉ sinh dòng theo huyện hoặc xã (each).
forms-later-programme = kế hoạch và nguồn vốn: phần sau lập
forms-later-recognition = quyết định công nhận: phần sau lập
forms-later-registers = danh mục đặc biệt khó khăn: phần sau lập
forms-no-set = bộ tiêu chí chưa áp dụng
forms-no-units = chưa có đơn vị
forms-no-figure = chưa có số liệu
forms-without = { $count } xã chưa có kết quả
forms-year = năm { $year }
