# Dòng lệnh: lời trợ giúp, điều bị từ chối, kết quả của các lệnh quản trị.
cli-usage = Cách dùng:
cli-commands = Lệnh
cli-command = LỆNH
cli-options = Tùy chọn
cli-some-options = [TÙY CHỌN]
cli-arguments = Tham số
cli-choices = [chọn một: { $value }]
cli-default = [mặc định: { $value }]
cli-environment = [biến môi trường: { $value }]
cli-after =
    Mã kết thúc: 0 là tốt, 1 là có việc không thành, 2 là dữ liệu hoặc tùy chọn đưa vào không dùng được.
    Ngôn ngữ theo LC_ALL, LC_MESSAGES, LANG: vi_VN là tiếng Việt, ngôn ngữ khác là tiếng Anh, không đặt hoặc C là tiếng Việt.

cli-about = Làng Số: phần mềm điều hành Chương trình xây dựng nông thôn mới của một tỉnh
cli-arg-help = Xem trợ giúp
cli-arg-version = Xem phiên bản
cli-arg-listen = Địa chỉ và cổng để phục vụ
cli-arg-database = Cơ sở dữ liệu: sqlite:ĐƯỜNG_DẪN hoặc postgres://…; nếu không nêu là langso.sqlite trong thư mục dữ liệu
cli-arg-data = Thư mục chứa tệp của chương trình
cli-arg-large = Cho phép tệp hơn 50 MB hoặc hơn 1.000.000 dòng

cli-arg-origin = Nguồn gốc số liệu: declared, verified, survey hoặc imported
cli-arg-files = Nơi giữ tệp đính kèm: một thư mục hoặc s3://…; nếu không nêu là thư mục dữ liệu
cli-arg-public-url = Địa chỉ mà mọi người dùng để vào trang, ví dụ https://nongthonmoi.example.vn; dùng cho sơ đồ trang và liên kết chia sẻ
cli-arg-api-limit = Số yêu cầu tới API mỗi phút của một địa chỉ; 0 là không giới hạn
cli-trusted-proxy = “{ $value }” không phải địa chỉ hay mạng của một proxy (ví dụ 10.0.0.5, 10.0.0.0/24; không phải mọi địa chỉ)
cli-serve-trusted-proxy = Mạng của proxy ở máy khác, như 10.0.0.5 hoặc 10.0.0.0/24: tin lời proxy đó về người gửi yêu cầu; nêu được nhiều lần
cli-public-url = “{ $value }” phải bắt đầu bằng http:// hoặc https://

cli-boundaries-about = Nhập ranh giới chính thức (GeoJSON hoặc GeoPackage) theo mã đơn vị; nhập hết hoặc không nhập gì
cli-boundaries-file = Tệp ranh giới
cli-boundaries-as-of = Ngày đọc mã đơn vị (NNNN-TT-NN)
cli-boundaries-level = Cấp đơn vị: province, district hoặc commune
cli-boundaries-under = Chỉ các đơn vị thuộc đơn vị này (mã định danh lâu dài)
cli-boundaries-code-field = Trường chứa mã đơn vị; tự tìm nếu có tên thường dùng
cli-boundaries-source = Ai đo vẽ, theo giấy phép nào
cli-boundaries-dry-run = Chỉ xem sẽ thay đổi gì, không ghi

cli-template-about = Ghi mẫu bảng tính để điền, cho một đơn vị hoặc cả tỉnh
cli-template-rulebook = Bộ tiêu chí cần số liệu
cli-template-year = Năm của số liệu
cli-template-unit = Mã một đơn vị; nếu không nêu là mọi đơn vị của tỉnh
cli-template-unit-as-of = Ngày đọc mã đơn vị (NNNN-TT-NN); nếu không nêu là ngày cuối năm
cli-template-province = Mã tỉnh
cli-template-lang = Ngôn ngữ của mẫu: vi hoặc en
cli-template-output = Tệp mẫu sẽ được ghi

cli-serve-about = Phục vụ trang web và API
cli-serve-max-sessions = Số phiên đăng nhập cùng lúc của một người; thêm phiên nữa thì phiên lâu nhất không dùng kết thúc

cli-demo-about = Tạo tỉnh minh họa nếu chưa có, rồi phục vụ
cli-demo-data = Thư mục của tỉnh minh họa
cli-demo-communes = Thêm chừng này xã giả định, để thử quy mô cả nước
cli-demo-only-create = Chỉ tạo dữ liệu, không phục vụ

cli-evaluate-about = Chấm một bảng số liệu theo bộ tiêu chí, không cần cơ sở dữ liệu
cli-evaluate-rulebook = Mã bộ tiêu chí, ví dụ commune-2021-2025
cli-evaluate-values = Tệp số liệu .csv hoặc .xlsx; dấu - là đọc từ đầu vào chuẩn
cli-evaluate-units = Tệp đơn vị với vùng, nhóm và thuộc tính; nếu không nêu là các đơn vị có sẵn
cli-evaluate-overlay = Tệp mức bổ sung; có thể nêu nhiều lần
cli-evaluate-as-of = Ngày chọn bản sửa đổi (NNNN-TT-NN); nếu không nêu là 31/12 của kỳ
cli-evaluate-lang = Ngôn ngữ của câu và lỗi: vi hoặc en
cli-evaluate-format = Dạng kết quả

cli-migrate-about = Đưa cơ sở dữ liệu lên trạng thái của chương trình này

cli-import-about = Nhập một bảng số liệu (.csv, .xlsx, .json, .ndjson) hoặc bản chốt năm (ban-chot.json); nhập hết hoặc không nhập gì
cli-import-sender = Của bản chốt: nơi gửi
cli-import-sha256 = Của bản chốt: SHA-256 nơi gửi đã báo
cli-import-proof = Của bản chốt: tệp bằng chứng (bang-chung.json)
cli-import-ledger = Của bản chốt: khóa kiểm tra sổ công khai của nơi gửi
cli-import-no-return = --sender, --sha256, --proof, --ledger chỉ dùng khi nhập bản chốt năm
cli-import-file = Tệp số liệu
cli-import-rulebook = Bộ tiêu chí mà tệp ghi mã chỉ tiêu
cli-import-dry-run = Chỉ xem sẽ thay đổi gì, không ghi
cli-import-correct-rows-only = Nhập các dòng đúng, bỏ các dòng lỗi (mọi lỗi vẫn được nêu)
cli-import-publish = Công bố số liệu được nhập

cli-backup-about = Sao lưu tất cả vào một tệp, trong khi hệ thống vẫn chạy
cli-backup-output = Tệp sao lưu sẽ được ghi

cli-restore-about = Khôi phục bản sao lưu vào một cơ sở dữ liệu trống (SQLite hoặc PostgreSQL)
cli-restore-file = Tệp sao lưu

cli-doctor-about = Kiểm tra bộ tiêu chí và dữ liệu tham chiếu; nếu nêu cơ sở dữ liệu thì kiểm tra cả nó
cli-doctor-rulebooks = Thư mục có measures.toml và */rulebook.toml; nếu không nêu là bộ có sẵn
cli-doctor-database = Cơ sở dữ liệu cần kiểm tra
cli-doctor-data = Thư mục dữ liệu cần kiểm tra

cli-audit-about = Nhật ký kiểm toán
cli-audit-verify-about = Kiểm tra toàn bộ chuỗi: dòng bị sửa, bị xóa, bị đổi chỗ, bị xóa chi tiết, chưa niêm phong
cli-audit-verify-head = Đầu chuỗi đã ghi lại trước đây, phải có trong chuỗi; có thể nêu nhiều lần
cli-audit-seal-about = Niêm phong ngay các dòng đã ghi
cli-audit-verify-checkpoint = Điểm chốt đã giữ ở nơi khác, sổ minh chứng phải nối tiếp nó; có thể nêu nhiều lần
cli-audit-verify-proof = Thay vào đó kiểm tra bằng chứng của một kết quả; không cần cơ sở dữ liệu
cli-audit-verify-key = Khóa kiểm tra của sổ hoặc của nhân chứng mà bạn tin; có thể nêu nhiều lần
cli-audit-seal-public-url = Địa chỉ mọi người truy cập, https://MÁY-CHỦ; đặt tên cho sổ chưa có khóa
cli-audit-rotate-key-about = Từ nay ký điểm chốt bằng một khóa khác
cli-audit-rotate-key-public-url = Địa chỉ mọi người truy cập, https://MÁY-CHỦ; đặt tên cho sổ chưa có khóa
cli-audit-admit-restore-about = Ghi vào sổ rằng cơ sở dữ liệu được đưa về trước hoặc chuyển đi có chủ ý, hoặc đã mất khóa, và ký tiếp
cli-audit-admit-restore-reason = Vì sao cơ sở dữ liệu được đưa về trước hoặc chuyển đi, hoặc khóa bị mất thế nào
cli-audit-admit-restore-public-url = Địa chỉ mọi người truy cập, https://MÁY-CHỦ; đặt tên cho sổ chưa có khóa
cli-audit-witness-key-about = Tạo khóa cho một nhân chứng
cli-audit-witness-key-name = Tên nhân chứng: máy chủ và đường dẫn, không có dấu cách
cli-audit-witness-key-out = Nơi ghi khóa bí mật
cli-audit-add-witness-about = Thêm một nhân chứng của sổ
cli-audit-add-witness-key = Khóa kiểm tra của nhân chứng
cli-audit-add-witness-holder = Cơ quan, như mọi người vẫn gọi
cli-audit-add-witness-public-url = Địa chỉ mọi người truy cập, https://MÁY-CHỦ; đặt tên cho sổ chưa có khóa
cli-audit-witness-about = Làm nhân chứng: kiểm tra sổ có nối tiếp không, rồi ký
cli-audit-witness-key = Khóa bí mật của nhân chứng
cli-audit-witness-ledger = Khóa kiểm tra của sổ; có thể nêu nhiều lần
cli-audit-witness-seen = Tệp ghi nhớ điểm chốt đã thấy lần trước
cli-audit-witness-request = Văn bản mà trang đưa cho nhân chứng ở /tlog/witness?old=N

cli-permissions-about = In bảng quyền: ai được làm gì
cli-completions-about = In tệp gợi ý lệnh cho shell
cli-completions-shell = Loại shell

# Dòng lệnh không dùng được
cli-error-unknown = không có tùy chọn “{ $argument }”
cli-error-missing = còn thiếu: { $argument }
cli-error-conflict = “{ $argument }” được nêu nhiều lần hoặc không đi cùng tùy chọn khác
cli-error-command = không có lệnh “{ $command }”
cli-error-no-command = chưa nêu lệnh
cli-error-no-value = “{ $argument }” cần một giá trị
cli-error-choice = “{ $value }” không dùng được cho “{ $argument }”; chọn một trong: { $choices }
cli-error-value = “{ $value }” không dùng được cho “{ $argument }”: { $reason }
cli-error-too-many = “{ $argument }” có quá nhiều giá trị
cli-error-utf8 = dòng lệnh có ký tự không đúng mã UTF-8
cli-error-nearest = có phải là { $nearest }?
cli-error-more = Xem các lệnh và tùy chọn: langso --help
cli-listen-failed = không phục vụ được ở { $address }: { $reason }
cli-no-database = không có cơ sở dữ liệu ở { $address }

# Sao lưu và khôi phục
backup-written = Đã sao lưu { $rows } dòng của { $tables } bảng và { $files } tệp vào { $file }
backup-restored = Đã khôi phục { $rows } dòng của { $tables } bảng và { $files } tệp từ { $file }
backup-overlay-differs = dữ liệu đã được khôi phục, nhưng tệp { $file } có sẵn với nội dung khác nên không bị ghi đè; hãy xem lại

# Kiểm tra
doctor-set = { $criteria } tiêu chí, { $all } chỉ tiêu và nội dung thành phần, { $sure } đã kiểm chứng
doctor-measures = { $count } chỉ số
doctor-reference = { $units } đơn vị, { $successions } lần sắp xếp, { $agencies } cơ quan
doctor-overlays = Mức bổ sung đọc được: { $count ->
    [0] không có
   *[other] { $names }
}
doctor-files = Thư mục tệp đính kèm đọc được: { $folder }
doctor-no-files = Chưa có tệp đính kèm
doctor-engine = { $engine } { $version }, { $bytes } byte
doctor-jobs-waiting = { $count } việc đang chờ
doctor-jobs-running = { $count } việc đang chạy
doctor-jobs-failed = { $count } việc không thành
doctor-step = Phần { $room }: bước { $version } trong { $known }
doctor-step-older = Phần { $room }: bước { $version } trong { $known }; sẽ được chuyển đổi ở lần chạy tới (langso migrate)

# Nhật ký kiểm toán
audit-counts = Nhật ký kiểm toán: { $sealed } dòng đã niêm phong, { $unsealed } dòng chưa niêm phong, { $erased } dòng đã xóa chi tiết
audit-head = Đầu chuỗi: { $head }
audit-head-bad = “{ $head }” không phải là đầu chuỗi (vị trí và mã băm)
audit-sealed-now = Đã niêm phong { $count } dòng
audit-erased = { $count } dòng đã xóa chi tiết, có dòng nhật ký ghi lại; lý do: { $reason }
audit-erased-before = { $count } dòng đã xóa chi tiết từ trước khi chương trình ghi lại việc xóa
audit-altered = dòng { $line } đã bị sửa sau khi niêm phong
audit-removed = dòng { $line } đã bị xóa
audit-details-altered = chi tiết của dòng { $line } đã bị sửa
audit-details-removed = chi tiết của dòng { $line } bị mất mà không có lý do
audit-erasure-untold = chi tiết của dòng { $line } đã bị xóa mà không dòng nhật ký nào ghi lại
audit-erasure-altered = các dòng mà dòng { $line } ghi là đã xóa chi tiết không phải là các dòng đang bị xóa chi tiết
audit-seal-removed = niêm phong ở vị trí { $place } đã bị xóa
audit-reordered = dòng { $line } ở vị trí { $place } đã bị đổi chỗ
audit-seal-altered = niêm phong của dòng { $line } ở vị trí { $place } đã bị sửa
audit-head-missing = đầu chuỗi đã ghi ở vị trí { $place } không còn trong chuỗi
audit-figures-altered = số liệu mà dòng { $line } đã ghi nay không còn như lúc ghi
audit-figures-unclaimed = { $count } bản ghi số liệu không có trong nhật ký
cli-large = { $problem }, hoặc thêm --large
