# Hình đại diện của trang khi được chia sẻ
og-province = Kết quả xây dựng nông thôn mới năm { $year }
og-communes = xã đạt { $set } năm { $year }
og-criteria = tiêu chí đạt
og-changed = Số liệu đến ngày { $day }
og-illustrative = Số liệu minh họa
og-illustrative-law = Mức minh họa
og-alt = { $name }. { $sentence }
