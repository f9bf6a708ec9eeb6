### Nghi vấn của kiểm tra chất lượng trong đợt báo cáo

reporting-doubts-stop = Xã chỉ gửi được khi mọi nghi vấn của kiểm tra chất lượng đã được trả lời
reporting-doubts-open = Chưa gửi: còn { $count } nghi vấn chưa trả lời ở tiêu chí { $criteria }. Ghi lý do vào ô trả lời, hoặc sửa số liệu, rồi gửi lại.
reporting-doubts-wrong = Có câu trả lời chưa đúng; chưa có gì được lưu.
reporting-doubt-not-now = Tiêu chí này đã gửi đi; xã không trả lời thêm được nữa.
reporting-doubts = Nghi vấn
reporting-doubts-unanswered = Nghi vấn chưa trả lời
reporting-doubts-here = { $open ->
    [0] { $count } nghi vấn, đã trả lời hết
   *[other] { $count } nghi vấn, { $open } chưa trả lời
}
reporting-doubts-title = Nghi vấn về số liệu
reporting-doubts-none = Không có số liệu nào bị nghi.
reporting-doubts-common = Trả lời chung cho { $count } nghi vấn này; muốn trả lời riêng thì mở từng tiêu chí
reporting-doubts-answer-do = Lưu trả lời
reporting-doubts-send-answers = Nút nào cũng lưu luôn các câu trả lời ở trên.
reporting-doubt = Nghi vấn
reporting-doubt-open = chưa trả lời
reporting-doubt-answer = Xã trả lời ({ $by }, { $at }):
reporting-doubt-review = Người thẩm tra ({ $by }, { $at }):
reporting-doubt-useless = Người thẩm tra cho rằng nghi vấn này không đúng.
reporting-doubt-note-unit = Trả lời: vì sao số liệu vẫn đúng
reporting-doubt-note-review = Ý kiến của người thẩm tra
reporting-doubt-is-useless = Nghi vấn này không đúng
reporting-check-now = Kiểm tra số liệu
reporting-checked-at = Kiểm tra lần cuối { $at }, { $by }.
reporting-checked-stale = Từ đó có số liệu được nhập thêm hoặc sửa.
reporting-checked-never = Số liệu chưa được kiểm tra; khi gửi sẽ được kiểm tra.
reporting-no-pieces = Chưa có tệp minh chứng nào.
reporting-demo-answer = Đã đối chiếu với sổ theo dõi của xã, số liệu đúng.
