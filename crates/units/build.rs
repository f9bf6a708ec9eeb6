//! A new file in an embedded folder must rebuild the crate that embeds it.
fn main() {
    println!("cargo:rerun-if-changed=../../reference");
    println!("cargo:rerun-if-changed=templates");
}
