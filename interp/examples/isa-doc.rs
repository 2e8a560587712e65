//! Prints docs/isa.md, the instruction table as text. `cargo xtask gen` writes it, `cargo xtask gen --check` compares.

fn main() {
    print!("{}", sheave_interp::isa::isa_markdown());
}
