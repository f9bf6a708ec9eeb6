# Điều trang nói với máy tìm kiếm
meta-home = Kết quả xây dựng nông thôn mới của { $name }: bao nhiêu xã đạt chuẩn, xã nào gần đạt, qua từng năm, kèm căn cứ và nguồn số liệu.
meta-home-data = Kết quả nông thôn mới của các xã, { $name }
meta-communes = Danh sách các xã với kết quả theo từng bộ tiêu chí và từng năm; lọc, sắp xếp, tải về bảng tính.
meta-commune = { $name } đạt những tiêu chí nông thôn mới nào, còn thiếu gì, vì sao: từng số liệu với nguồn, mức yêu cầu và văn bản.
meta-commune-data = Số liệu và kết quả nông thôn mới của { $name }
meta-unit = { $name } (mã { $code }): thuộc đơn vị nào, trước và sau khi sắp xếp là gì, có hiệu lực từ ngày nào.
meta-set = { $name }: từng tiêu chí, chỉ tiêu với mức yêu cầu, văn bản và mức tin cậy.
meta-sets = Các bộ tiêu chí nông thôn mới qua các giai đoạn, mỗi con số kèm văn bản và mức tin cậy.
meta-measures = Danh mục chỉ số: mỗi số liệu đo cái gì, đơn vị tính, cách cộng gộp; tải về dạng bảng.
meta-map = Bản đồ các xã theo kết quả nông thôn mới, tiêu chí hoặc chỉ tiêu, theo năm; kèm bảng đọc được không cần bản đồ.
meta-sources = Nguồn số liệu, cách tính, mức tin cậy và những gì là minh họa.
og-locale = vi_VN
meta-indicator = { $name }: yêu cầu, văn bản, mức tin cậy, và các xã đạt hay chưa đạt, kèm số liệu tải về.
meta-compare = Các bộ tiêu chí nông thôn mới cạnh nhau theo chỉ số: giống, gần giống, mới, không có, chưa rõ.
meta-unsure = Những con số và định nghĩa chưa đối chiếu được với văn bản, kèm nơi ghi.
