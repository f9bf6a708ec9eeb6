//! Help, completions and exit codes.

use crate::program::{langso, ran, run};

#[test]
fn help_speaks_the_language_of_the_environment() {
    let said = |lang: &str, args: &[&str]| ran(langso(args).env("LANG", lang).output().unwrap());
    let vi = said("vi_VN.UTF-8", &["serve", "--help"]);
    assert!(vi.out.contains("Cách dùng: langso serve [TÙY CHỌN]") && vi.out.contains("Tùy chọn:"), "{}", vi.out);
    assert!(vi.out.contains("[biến môi trường: LANGSO_LISTEN]"), "{}", vi.out);
    let en = said("en_GB.UTF-8", &["help", "serve"]);
    assert!(en.out.contains("Usage: langso serve [OPTIONS]") && en.out.contains("[default: data]"), "{}", en.out);
    assert_eq!((vi.code, en.code), (0, 0));
    assert_eq!(said("C", &["--help"]).out, said("vi", &["--help"]).out);
    assert!(said("C", &["--version"]).out.starts_with("langso "));
}

/// Called wrongly: exit code 2, something on standard error, nothing on standard output.
#[track_caller]
fn check(args: &[&str], vi: &str) {
    let ran = run(args);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    assert!(ran.err.contains(vi), "{args:?}: {}", ran.err);
}

#[test]
fn a_command_line_that_cannot_be_used_ends_with_2() {
    check(&["phuc-vu"], "không có lệnh “phuc-vu”");
    check(&["serve", "--listn", "x"], "có phải là --listen?");
    check(&["serve", "--listen", "x"], "“x” không dùng được cho “--listen");
    check(&["serve", "--listen"], "cần một giá trị");
    check(&["evaluate", "--rulebook", "a"], "còn thiếu: --values");
    check(&["evaluate", "--rulebook", "a", "--values", "b", "--format", "xml"], "chọn một trong: json, text");
    check(&["completions", "cmd"], "chọn một trong");
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("none").display().to_string();
    check(&["migrate", "--database", "mysql://x", "--data", &nowhere], "không phải là sqlite: hoặc postgres:");
    check(&["audit", "verify", "--data", &nowhere], "không có cơ sở dữ liệu");
    check(&["backup", "--data", &nowhere, "-o", "x.zip"], "không có cơ sở dữ liệu");
    check(&["restore", &format!("{nowhere}.zip"), "--data", &nowhere], "không đọc được tệp");
    let empty = folder.path().join("empty").display().to_string();
    check(&["doctor", "--rulebooks", &empty], "không đọc được tệp");
    std::fs::create_dir(&empty).unwrap();
    check(&["doctor", "--rulebooks", &empty], "không đọc được tệp");
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        for word in ["serve", "demo", "migrate", "import", "evaluate", "doctor", "backup", "restore", "audit"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn doctor_checks_the_law_without_a_database() {
    let ran = run(&["doctor"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("commune-2021-2025") && ran.out.contains("chỉ số"), "{}", ran.out);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("measures.toml"), "nonsense = 1\n").unwrap();
    let ran = run(&["doctor", "--rulebooks", &folder.path().display().to_string()]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("measures.toml"), "{}", ran.err);
}
