### Minh chứng của số liệu: gửi, dùng, xem

evidence-title = Minh chứng của { $unit }
evidence-sheet = Minh chứng
evidence-lead = Ảnh, bản quét, PDF chứng minh số liệu. Một tệp dùng được cho nhiều chỉ tiêu và nhiều năm; gửi lại tệp cũ không sinh thêm bản mới.
evidence-lead-public = Minh chứng mà văn phòng điều phối cho mọi người xem, kèm số liệu đã công bố.
evidence-send = Gửi minh chứng
evidence-files = Ảnh (JPEG, PNG, WebP, HEIC) hoặc PDF; mỗi tệp không quá { $megabytes } MB, mỗi lần không quá { $most } tệp
evidence-note-label = Ghi chú (không bắt buộc)
evidence-measure-label = Dùng cho số liệu
evidence-measure-later = Chọn sau
evidence-measure = Số liệu
evidence-faces = Ảnh có mặt người: hãy che mặt trước khi gửi. Người ngoài chỉ thấy ảnh khi văn phòng điều phối cho xem.
evidence-send-do = Gửi
evidence-wrong = Có tệp hoặc ô chưa được nhận. Xem lỗi bên dưới.
evidence-sent-now = { $count ->
   *[other] Đã nhận { $count } tệp.
}
evidence-search = Tìm theo tên hoặc ghi chú
evidence-all = Tất cả
evidence-used = Đã dùng
evidence-unused = Chưa dùng cho số liệu nào
evidence-sort-newest = Mới nhất trước
evidence-sort-oldest = Cũ nhất trước
evidence-sort-name = Theo tên
evidence-sort-taken = Theo ngày chụp
evidence-sort-size = Nặng nhất trước
evidence-count = { $count } minh chứng
evidence-caption = Minh chứng
evidence-name = Tệp
evidence-kind = Loại
evidence-size = Cỡ (byte)
evidence-sent = Gửi lúc
evidence-sent-at = gửi { $at }
evidence-note = Ghi chú
evidence-taken-at = Chụp khi nào, ở đâu
evidence-place = Nơi chụp
evidence-uses = Dùng cho
evidence-seen = Kiểm tra
evidence-scan = Quét mã độc
evidence-public = Ai xem được
evidence-is-public = mọi người xem được khi số liệu đã công bố
evidence-not-public = chỉ người làm việc với số liệu của đơn vị
evidence-none = Chưa có minh chứng nào.
evidence-none-next = Hãy gửi tệp đầu tiên ở ô phía trên.
evidence-taken = chụp { $day } { $clock }
evidence-taken-sender = chụp { $day } { $clock } (theo máy của người gửi)
evidence-taken-unknown = không ghi ngày chụp
evidence-inside = trong { $unit }
evidence-outside = ngoài { $unit }, cách ranh giới { $away }
evidence-ground-approximate = (ranh giới gần đúng)
evidence-place-unknown = không ghi nơi chụp
evidence-place-unmapped = có ghi nơi chụp, chưa có ranh giới để so
evidence-metres = { $metres } m
evidence-kilometres = { $kilometres } km
evidence-kilobytes = { $count } KB
evidence-megabytes = { $count } MB
evidence-kind-jpeg = ảnh JPEG
evidence-kind-png = ảnh PNG
evidence-kind-webp = ảnh WebP
evidence-kind-heic = ảnh HEIC
evidence-kind-pdf = PDF
evidence-pages = { $count } trang
evidence-scan-waiting = chờ quét
evidence-scan-clean = sạch
evidence-scan-infected = có mã độc
evidence-scan-unscanned = chưa quét (máy chủ không có bộ quét)
evidence-infected = Tệp này có mã độc, không ai tải được.
evidence-alike = Giống minh chứng khác
evidence-alike-means = So theo hình, nên có thể nhầm; người thẩm tra xem cả hai rồi kết luận.
evidence-alike-same = Chính tệp này đã dùng ở { $unit }, gửi ngày { $day }{ $used ->
    [0] {""}
   *[other] , số liệu năm { $years }
}
evidence-alike-near = Ảnh này giống ảnh của { $unit }, gửi ngày { $day }{ $used ->
    [0] {""}
   *[other] , số liệu năm { $years }
}
evidence-alike-own = Ảnh này giống một ảnh khác của chính { $unit }, gửi ngày { $day }{ $used ->
    [0] {""}
   *[other] , số liệu năm { $years }
}
evidence-preview-of = Ảnh thu nhỏ của { $name }
evidence-no-preview = Loại tệp này không có ảnh thu nhỏ.
evidence-preview-soon = Ảnh thu nhỏ đang được làm.
evidence-download = Tải tệp gốc ({ $size })
evidence-covered = Đã che
evidence-covered-parts = { $count } chỗ, do người gửi che
evidence-exif-hint = Ngày và nơi chụp do máy ảnh ghi trong tệp, có thể bị sửa; chỉ để tham khảo.
evidence-use-for = Dùng cho số liệu khác
evidence-choose = Chọn…
evidence-use-do = Dùng
evidence-use-ended = thôi dùng { $at }
evidence-end = Thôi dùng
evidence-end-why = Lý do (bắt buộc nếu số liệu đã gửi, đã tiếp nhận hoặc đã công bố)
evidence-end-do = Thôi dùng cho số liệu này
evidence-publish-means = Chỉ cho mọi người xem khi ảnh không có mặt người, giấy tờ không có dữ liệu cá nhân. Người ngoài thấy tệp từ khi số liệu dùng nó được công bố.
evidence-show = Cho mọi người xem
evidence-hide = Thôi cho mọi người xem
evidence-of-figure = Minh chứng của số liệu này
evidence-of-unit = Minh chứng của đơn vị
evidence-add = Gửi hoặc chọn minh chứng
evidence-bad-kind = không phải JPEG, PNG, WebP, HEIC hay PDF
evidence-bad-broken = tệp hỏng, không đọc được
evidence-bad-pixels = ảnh { $width } × { $height } điểm là quá lớn
evidence-bad-pages = { $pages } trang là quá nhiều
evidence-no-file = Hãy chọn tệp để gửi
evidence-file-refused = Không nhận "{ $name }": { $why }
evidence-file-too-large = Không nhận "{ $name }": quá { $most } MB
evidence-too-many-files = Không nhận "{ $name }": mỗi lần chỉ { $most } tệp
evidence-too-large = Mỗi tệp không quá { $most } MB
evidence-too-many = Có { $most } tệp đang gửi dở; hãy gửi xong hoặc bỏ bớt
evidence-too-many-pieces = Hôm nay đơn vị đã gửi { $most } tệp, mai hãy gửi tiếp
evidence-bad-year = Năm không đúng
evidence-no-measure = Không có số liệu { $measure }
evidence-needs-reason = Số liệu đã gửi, đã tiếp nhận hoặc đã công bố: hãy ghi lý do thôi dùng
evidence-locked = Số liệu đã khóa, không đổi minh chứng được
evidence-tus-version = Chỉ nhận giao thức tus 1.0.0
evidence-tus-length = Thiếu Upload-Length, hoặc không phải số
evidence-tus-offset = Thiếu Upload-Offset, hoặc không phải số
evidence-tus-metadata = Upload-Metadata không đọc được
evidence-tus-unit = Upload-Metadata phải có unit: mã số của đơn vị
evidence-tus-figures = figures phải có dạng chỉ-số:năm, cách nhau bằng dấu phẩy
evidence-tus-type = Phần của tệp phải có kiểu application/offset+octet-stream
evidence-tus-checksum = Upload-Checksum phải là sha1 và một chuỗi Base64
evidence-tus-gone = Không có lần gửi này, hoặc đã hết hạn
evidence-tus-refused = Tệp của lần gửi này không được nhận
evidence-tus-conflict = Phần này không nối tiếp phần trước
evidence-tus-locked = Một máy khác đang gửi tệp này
evidence-tus-mismatch = Phần này đến không nguyên vẹn
evidence-tus-too-long = Nhiều byte hơn đã báo trước
evidence-tus-parts = Tệp bị chia quá nhiều phần
cli-serve-clamd = Bộ quét mã độc: tcp://MÁY:3310 hoặc unix:ĐƯỜNG_DẪN của ClamAV; không nêu thì minh chứng không được quét
cli-clamd = "{ $value }" phải có dạng tcp://MÁY:CỔNG hoặc unix:ĐƯỜNG_DẪN
