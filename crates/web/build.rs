//! The built islands are embedded. A build without them (a plain `cargo check`) finds an empty folder; `xtask` builds them first.
fn main() {
    let dist = std::path::Path::new("../../islands/dist");
    if !dist.exists() {
        std::fs::create_dir_all(dist).expect("islands/dist can be made");
    }
    println!("cargo:rerun-if-changed=../../islands/dist");
    println!("cargo:rerun-if-changed=templates");
}
