### Thông báo và thư

notice-title = Thông báo
notice-bell = { $count } thông báo chưa đọc
notice-bell-none = Thông báo
notice-search = Tìm trong thông báo
notice-which = Loại
notice-unread = Chưa đọc
notice-read = Đã đọc
notice-count = { $count } thông báo
notice-none = Chưa có thông báo nào.
notice-read-all = Đánh dấu tất cả là đã đọc
notice-open = Mở
notice-at = Lúc
notice-kind = Loại
notice-text = Nội dung
notice-link = Địa chỉ
notice-read-at = Đọc lúc
notice-choose = Nhận thông báo thế nào
notice-choose-text = Thông báo luôn có trên trang này. Thư được gửi tới { $email }.
notice-choose-no-mail = Thông báo luôn có trên trang này. Tài khoản chưa có địa chỉ thư điện tử nên không gửi thư; người quản trị có thể thêm.
notice-choose-save = Lưu
notice-way-now = Gửi thư ngay
notice-way-digest = Gộp một thư mỗi sáng
notice-way-page = Chỉ trên trang này
notice-way-unknown = Không có cách nhận thông báo như thế.
notice-kind-report = Báo sai
notice-kind-job = Việc chạy nền không xong
notice-kind-mail = Thư không gửi được
notice-kind-role = Vai trò của bạn
notice-job-failed = Việc { $job } (số { $id }) không xong sau nhiều lần thử.
notice-mail-dead = Thư số { $id } “{ $subject }” không gửi được.
notice-report = Có báo sai số { $id } về trang { $page }.
notice-role-given = Bạn được giao vai trò { $role }.
notice-role-ended = Vai trò { $role } của bạn đã kết thúc.
mail-notice-subject = Làng Số: { $what }
mail-notice-text =
    Kính gửi { $name },

    { $what }

    { $link }

    Thư này do máy gửi, không cần trả lời. Chọn cách nhận thông báo tại:
    { $choose }
mail-digest-subject = Làng Số: { $count } thông báo mới
mail-digest-text =
    Kính gửi { $name },

    Từ thư trước có { $count } thông báo chưa đọc:

    { $list }

    Tất cả thông báo và cách nhận:
    { $link }
mail-trial-subject = Làng Số: thư thử
mail-trial-text =
    Thư này cho biết Làng Số gửi được thư tới địa chỉ này.

    Không cần trả lời.
mail-invite-subject = Làng Số: đặt mật khẩu cho tài khoản của bạn
mail-invite-text =
    Kính gửi { $name },

    Bạn có một tài khoản trên Làng Số. Tên đăng nhập: { $login }

    Mở địa chỉ sau trong vòng { $hours } giờ để đặt mật khẩu:
    { $link }

    Hoặc mở trang “Đặt mật khẩu bằng mã” và nhập mã: { $code }

    Mã chỉ dùng được một lần. Đừng chuyển thư này cho ai.
mail-reset-subject = Làng Số: đặt lại mật khẩu
mail-reset-text =
    Kính gửi { $name },

    Người quản trị đã cấp mã để đặt lại mật khẩu của tài khoản { $login }. Xác thực hai bước cũng sẽ phải cài lại.

    Mở địa chỉ sau trong vòng { $hours } giờ:
    { $link }

    Hoặc mở trang “Đặt mật khẩu bằng mã” và nhập mã: { $code }

    Mã chỉ dùng được một lần. Nếu bạn không yêu cầu việc này, hãy báo ngay cho người quản trị.
person-code-mail = Gửi mã qua thư
person-code-mail-text = Gửi thẳng tới { $email }; không ai khác thấy mã, trang này cũng không hiện.
person-code-mailed = Thư có mã đang được gửi.
person-code-mailed-next = Mã trước, nếu có, không còn dùng được. Thư có tới không: xem ở “Thư gửi đi”.
person-no-email = Người này chưa có địa chỉ thư điện tử dùng được.
person-code-power = Người này có quyền với số liệu hoặc tài khoản: mã của họ do hai người quản trị giao mỗi người một nửa, không gửi qua thư.
personal-notices = Thông báo
personal-notices-why = Để báo những việc của vai trò bạn giữ, theo cách bạn chọn.
personal-notices-long = Xem dưới đây; xóa ngay khi xóa dữ liệu.
personal-letters = Thư gửi đi
personal-letters-why = Địa chỉ và tiêu đề, để biết thư có tới không; nội dung xóa ngay khi đã gửi.
personal-letters-long = Xem dưới đây; xóa ngay khi xóa dữ liệu.
personal-webhooks = Webhook
personal-webhooks-why = Ai đã thêm địa chỉ nhận tin.
personal-webhooks-long = Cùng với địa chỉ; tên bỏ đi khi xóa dữ liệu.
personal-jobs = Việc chạy nền
personal-jobs-why = Ai đã gửi việc, để hỏi lại khi không xong.
personal-jobs-long = Bảy ngày sau khi xong.
retention-letters = Thư và lần gọi webhook đã gửi hoặc thôi gửi, thư vẫn chờ gửi
retention-notices = Thông báo
notice-kind-decision = Việc chờ người thứ hai duyệt
notice-kind-account = Tài khoản của bạn
notice-sessions-ended = Có phiên đăng nhập mới vào tài khoản của bạn; mỗi người có nhiều nhất { $most } phiên cùng lúc nên phiên lâu nhất không dùng đã kết thúc ({ $labels }). Nếu không phải bạn đăng nhập, hãy đổi mật khẩu
notice-kind-reporting = Báo cáo: việc đến lượt mình, hạn nộp
notice-draft-waits = Bộ tiêu chí “{ $title }” chờ người thứ hai duyệt.
notice-plan-waits = Phương án sắp xếp “{ $title }” chờ người thứ hai duyệt.
notice-proposals-wait = Có { $count } đề nghị về vai trò chờ người quản trị thứ hai duyệt.
notice-proposal-waits = Có đề nghị về tài khoản chờ người quản trị thứ hai duyệt.
