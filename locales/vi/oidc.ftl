### Logging in at a provider

oidc-enter = Đăng nhập bằng { $provider }
oidc-unreachable = Hệ thống tài khoản đó đang không trả lời. Hãy thử lại sau hoặc đăng nhập cách khác.
oidc-refused = Hệ thống tài khoản đó không cho đăng nhập, hoặc bạn đã dừng lại.
oidc-wrong = Câu trả lời của hệ thống tài khoản đó không đáng tin nên không được chấp nhận. Hãy thử lại; nếu vẫn vậy, báo người quản trị.
oidc-late = Lần đăng nhập này đã quá hạn, đã dùng rồi hoặc bắt đầu ở trình duyệt khác. Hãy đăng nhập lại từ đầu.
oidc-unknown = Tài khoản đó chưa nối với tài khoản nào ở đây. Hãy đăng nhập bằng mật khẩu rồi nối ở trang "Tài khoản của tôi", hoặc hỏi người quản trị.
oidc-linked-elsewhere = Tài khoản đó đã nối với người khác ở đây.
oidc-name-taken = Tên đăng nhập đó đã có người khác dùng ở đây. Hãy hỏi người quản trị.
role-by = do { $provider } xác nhận
links-title = Đăng nhập bằng tài khoản nơi khác
links-what = Nối với tài khoản bạn đã có ở cơ quan để đăng nhập không cần mật khẩu ở đây.
links-manage = Xem và nối
links-provider = Nơi giữ tài khoản
links-made = Nối lúc
links-not = chưa nối
links-none = Trang này không dùng tài khoản nơi khác.
links-prove = Xác nhận đây vẫn là bạn
links-link-with = Nối với { $provider }
links-unlink = Bỏ nối
links-unlink-from = Bỏ nối với { $provider }
links-linked = Đã nối.
links-unlinked = Đã bỏ nối; vai trò do nơi đó xác nhận đã hết.
links-go-title = Nối với { $provider }
links-go-text = Bước cuối: đăng nhập ở đó, rồi bạn được đưa về đây. Có mười phút.
links-go = Đi tới { $provider }
links-stay = Thôi, quay lại
