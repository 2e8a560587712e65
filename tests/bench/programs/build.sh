#!/bin/sh
# Builds the benchmark's programs: `build.sh [all|c|rust|vectors|check]`, from any folder.
#   c      programs/c/*.c         -> programs/wasm/*.wasm, with $CLANG or clang 19 or later, or clang
#   rust   programs/rust/examples -> programs/wasm/*.wasm, with your own Rust toolchain if it has wasm32-unknown-unknown
#          (rustup target add wasm32-unknown-unknown), else Debian's rustc-web + rust-web-src
#   vectors  programs/vectors/examples -> programs/wasm/vectors/*.scalar.wasm and *.simd.wasm, in the same way
#   check  compiles the same sources for this machine and compares every checksum with programs.toml
# The committed .wasm files were made with Debian's clang-19 19.1.7 and rustc-web 1.96; another compiler gives other bytes
# and other timings, the same checksums.
set -eu
cd "$(dirname "$0")"
OUT=${CARGO_TARGET_DIR:-$PWD/rust/target}
export CARGO_TARGET_DIR="$OUT"

find_clang() {
    for clang in ${CLANG:-} clang-19 clang-20 clang-21 clang; do
        command -v "$clang" >/dev/null 2>&1 && { echo "$clang"; return; }
    done
    echo "build.sh: no clang found: install clang-19 and lld-19, or set CLANG" >&2
    exit 1
}

build_c() {
    clang=$(find_clang)
    for source in c/*.c; do
        name=$(basename "$source" .c)
        "$clang" --target=wasm32 -O3 -std=c17 -Wall -Wextra -Werror -Wno-incompatible-library-redeclaration -ffp-contract=off -nostdlib -fno-builtin-malloc -fno-builtin-free \
            -mbulk-memory -mmutable-globals -msign-ext -mnontrapping-fptoint -mmultivalue -mreference-types \
            -Wl,--no-entry -Wl,--strip-all -Wl,--lto-O3 "$source" -o "wasm/$name.wasm"
        chmod 644 "wasm/$name.wasm"
    done
}

# A folder's examples for WebAssembly, with further flags of the compiler and of cargo.
cargo_wasm() {
    folder=$1 flags=$2
    shift 2
    target=wasm32-unknown-unknown
    # No path of the building machine in the modules: panic messages name crates instead.
    RUSTFLAGS="$flags--remap-path-prefix=$PWD/$folder=guests --remap-path-prefix=/usr/lib/rustlib/src/rust=rust"
    for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
        RUSTFLAGS="$RUSTFLAGS --remap-path-prefix=$registry=crates"
    done
    export RUSTFLAGS
    # Crate ahash (of rhai) draws keys when it is compiled: from this seed, so that two builds give the same bytes.
    export CONST_RANDOM_SEED=sheave
    if [ -d "$(rustc --print target-libdir --target $target)" ]; then
        (cd "$folder" && cargo build --quiet --release --examples --target $target "$@")
    elif [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ]; then
        linker=$(command -v wasm-ld-19 || command -v wasm-ld || command -v rust-lld || echo rust-lld)
        (cd "$folder" && env -u RUSTUP_TOOLCHAIN RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker" \
            cargo build --quiet --release --examples --target $target -Zbuild-std=std,panic_abort "$@")
    else
        echo "build.sh: run \`rustup target add $target\`, or install rustc-web and rust-web-src (Debian)" >&2
        exit 1
    fi
    unset RUSTFLAGS
}

# Copies what was built of a folder's examples: `install_wasm FOLDER TO SUFFIX`.
install_wasm() {
    for source in "$1"/examples/*.rs; do
        name=$(basename "$source" .rs)
        install -m 644 "$OUT/wasm32-unknown-unknown/release/examples/$name.wasm" "$2/$name$3.wasm"
    done
}

build_rust() { cargo_wasm rust "" && install_wasm rust wasm ""; }

build_vectors() {
    mkdir -p wasm/vectors
    cargo_wasm vectors "" && install_wasm vectors wasm/vectors .scalar
    cargo_wasm vectors "-Ctarget-feature=+simd128 " --features simd && install_wasm vectors wasm/vectors .simd
}

# Lines of programs.toml: name = "crc32", n = 40, checksum = -1 become `crc32 40 -1`.
manifest() { awk -F' *= *' '/^name/ {gsub(/"/, "", $2); name = $2} /^n /{n = $2} /^checksum/ {print name, n, $2}' ../programs.toml; }

check() {
    clang=$(find_clang)
    # Two programs of one name, into folders of their own.
    for folder in rust vectors; do
        (cd "$folder" && CARGO_TARGET_DIR="$OUT/$folder" cargo build --quiet --release --bin check)
    done
    mkdir -p "$OUT/native"
    failures=0
    manifest >"$OUT/native/list"
    while read -r name n expected; do
        if [ -f "c/$name.c" ]; then
            "$clang" -O2 -std=gnu17 -ffp-contract=off "c/$name.c" -o "$OUT/native/$name"
            got=$("$OUT/native/$name" "$n")
        elif [ -f "wasm/vectors/$name.wasm" ]; then
            got=$("$OUT/vectors/release/check" "${name%.*}" "$n")
        else
            got=$("$OUT/rust/release/check" "$name" "$n")
        fi
        if [ "$got" = "$expected" ]; then echo "ok   $name $got"; else echo "FAIL $name: native $got, programs.toml $expected"; failures=$((failures + 1)); fi
    done <"$OUT/native/list"
    [ "$failures" = 0 ]
}

case ${1:-all} in
    c) build_c ;;
    rust) build_rust ;;
    vectors) build_vectors ;;
    all) build_c && build_rust && build_vectors ;;
    check) check ;;
    *) echo "usage: build.sh [all|c|rust|vectors|check]" >&2; exit 2 ;;
esac
