#!/bin/sh
# Builds the guests, from any folder: `build.sh [all|c|rust|small|native|bless]`.
#   all     all of the next three
#   c       c/*.c           -> *.wasm, with $CLANG or clang 19 or later, its wasm32 run-time library and wasi-libc ($WASI_SYSROOT, or Debian's)
#   rust    rust/src/bin/*  -> *.wasm, with your own Rust toolchain if it has wasm32-wasip1 (rustup target add wasm32-wasip1), else
#                              Debian's rustc-web and rust-web-src
#   small   small/c/*.c and small/rust/src/bin/* -> small/*.wasm, with 1-byte pages: clang; your own Rust toolchain if it has
#              wasm32-unknown-unknown, else Debian's compiler with the linker of yours (Rust 1.95)
#   native  the same sources (but for small) for this machine, into $CARGO_TARGET_DIR/native (rust/target/native unless you set it)
#   bless   native, then writes expect/*.txt: what each run of guests.toml prints natively
# The committed .wasm files were made with Debian's clang-19 19.1.7, wasi-libc of 2022-05-10 and rustc-web 1.96; other compilers give
# other bytes, the same outputs. `apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 rustc-web rust-web-src` gets all of them.
set -eu
cd "$(dirname "$0")"
GUESTS=$PWD
OUT=${CARGO_TARGET_DIR:-$GUESTS/rust/target}
export CARGO_TARGET_DIR="$OUT"
TARGET=wasm32-wasip1
CFLAGS="-O2 -std=c17 -Wall -Wextra -Werror -ffp-contract=off"

fail() { echo "build.sh: $1" >&2; exit 1; }

find_clang() {
    for clang in ${CLANG:-} clang-19 clang-20 clang-21 clang; do
        command -v "$clang" >/dev/null 2>&1 && { echo "$clang"; return; }
    done
    fail "no clang found: install clang-19, or set CLANG"
}

build_c() {
    clang=$(find_clang)
    sysroot=${WASI_SYSROOT:-/usr}
    [ -e "$sysroot/lib/wasm32-wasi/libc.a" ] || fail "no wasi-libc in $sysroot: install wasi-libc (Debian), or set WASI_SYSROOT to a WASI SDK's share/wasi-sysroot"
    # The features of the interpreter's base set; whichever of them the compiler has on by default, these and no others are used.
    features="-mmutable-globals -msign-ext -mnontrapping-fptoint -mbulk-memory -mmultivalue -mreference-types"
    for source in c/*.c; do
        # shellcheck disable=SC2086 # the flags are words
        "$clang" --target=wasm32-wasi --sysroot="$sysroot" $CFLAGS $features -Wl,--strip-all -Wl,-z,stack-size=1048576 "$source" -o "$(basename "$source" .c).wasm"
        chmod 644 "$(basename "$source" .c).wasm"
    done
}

build_rust() {
    # Panic messages name source files; where this machine keeps its crates is left out of them.
    remap="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$GUESTS=guests"
    if [ -d "$(rustc --print target-libdir --target $TARGET 2>/dev/null)" ]; then
        (cd rust && CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$remap" cargo build --quiet --release --locked --target $TARGET)
    elif [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ]; then
        linker=$(command -v wasm-ld-19 || command -v wasm-ld) || fail "no wasm-ld found: install lld-19"
        libc=/usr/lib/wasm32-wasi
        [ -e $libc/libc.a ] || fail "no wasi-libc: install wasi-libc (Debian)"
        (cd rust && env -u RUSTUP_TOOLCHAIN RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_WASIP1_LINKER="$linker" \
            CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$remap -Clink-self-contained=no -L$libc -Clink-arg=$libc/crt1-command.o -Clink-arg=-lc" \
            cargo build --quiet --release --locked --target $TARGET -Zbuild-std=std,panic_abort)
    else
        fail "run \`rustup target add $TARGET\`, or install rustc-web, rust-web-src, lld-19 and wasi-libc (Debian)"
    fi
    for source in rust/src/bin/*.rs; do
        name=$(basename "$source" .rs)
        cp "$OUT/$TARGET/release/$name.wasm" "$name.wasm"
        chmod 644 "$name.wasm"
    done
}

# Guests whose memory is counted in bytes: docs/small-memories.md says what the flags are for. Those of Rust stand in small/rust/.cargo/config.toml.
build_small() {
    target=wasm32-unknown-unknown
    # The linker of LLVM 21 or later: Rust's own, as a program of rustc and, under the name that clang looks for, in gcc-ld.
    tools=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
    "$tools/gcc-ld/wasm-ld" --help 2>/dev/null | grep -q -e --page-size || fail "no linker with --page-size in $tools: install Rust 1.95"
    if [ -d "$(rustc --print target-libdir --target $target 2>/dev/null)" ]; then
        (cd small/rust && cargo build --quiet --release --locked)
    elif [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core" ]; then
        (cd small/rust && env -u RUSTUP_TOOLCHAIN RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$tools/rust-lld" \
            cargo build --quiet --release --locked -Zbuild-std=core,alloc)
    else
        fail "run \`rustup target add $target\`, or install rustc-web and rust-web-src (Debian)"
    fi
    for source in small/rust/src/bin/*.rs; do
        name=$(basename "$source" .rs)
        cp "$OUT/$target/release/$name.wasm" "small/$name.wasm"
        chmod 644 "small/$name.wasm"
    done
    clang=$(find_clang)
    for source in small/c/*.c; do
        "$clang" --target=wasm32 -Oz -std=c17 -Wall -Wextra -Werror -ffreestanding -nostdlib -fuse-ld="$tools/gcc-ld/wasm-ld" \
            -Wl,--no-entry,--page-size=1,-z,stack-size=256,--stack-first,--no-growable-memory,--strip-all "$source" -o "small/$(basename "$source" .c).wasm"
        chmod 644 "small/$(basename "$source" .c).wasm"
    done
}

build_native() {
    mkdir -p "$OUT/native"
    clang=$(find_clang)
    for source in c/*.c; do
        # shellcheck disable=SC2086 # the flags are words
        "$clang" $CFLAGS -D_POSIX_C_SOURCE=200809L "$source" -o "$OUT/native/$(basename "$source" .c)" -lm
    done
    (cd rust && cargo build --quiet --release --locked)
    for source in rust/src/bin/*.rs; do
        name=$(basename "$source" .rs)
        cp "$OUT/release/$name" "$OUT/native/$name"
    done
}

# The runs of guests.toml, one a line: number, name, exit code, stdin file, then the arguments, each ended by a tab.
runs() {
    awk '
        function words(text,   list) {
            list = ""
            while (match(text, /"([^"\\]|\\.)*"/)) {
                word = substr(text, RSTART + 1, RLENGTH - 2)
                gsub(/\\"/, "\"", word)
                gsub(/\\\\/, "\\", word)
                list = list word "\t"
                text = substr(text, RSTART + RLENGTH)
            }
            return list
        }
        function flush() { if (name != "" && number > 0) printf "%d\t%s\t%s\t%s\t%s\n", number, name, code, input, args }
        /^\[\[guest\]\]/ { flush(); name = ""; number = 0 }
        /^\[\[guest\.run\]\]/ { flush(); number++; code = 0; input = "-"; args = "" }
        /^name *=/ { name = words($0); sub(/\t/, "", name) }
        /^args *=/ { args = words($0) }
        /^stdin *=/ { input = words($0); sub(/\t/, "", input) }
        /^exit_code *=/ { code = $3 }
        END { flush() }
    ' guests.toml
}

bless() {
    tab=$(printf '\t')
    runs >"$OUT/native/runs"
    while IFS= read -r line; do
        number=${line%%"$tab"*} line=${line#*"$tab"}
        name=${line%%"$tab"*} line=${line#*"$tab"}
        code=${line%%"$tab"*} line=${line#*"$tab"}
        input=${line%%"$tab"*} line=${line#*"$tab"}
        set --
        while [ -n "$line" ]; do
            set -- "$@" "${line%%"$tab"*}"
            line=${line#*"$tab"}
        done
        case $input in -) input=/dev/null ;; *) input=$GUESTS/inputs/$input ;; esac
        got=0
        (cd inputs && "$OUT/native/$name" "$@") <"$input" >"expect/$name-$number.txt" 2>"$OUT/native/stderr" || got=$?
        [ "$got" = "$code" ] || fail "$name, run $number: exit code $got, guests.toml says $code: $(cat "$OUT/native/stderr")"
    done <"$OUT/native/runs"
    echo "expect/: $(wc -l <"$OUT/native/runs") runs"
}

case ${1:-all} in
    c) build_c ;;
    rust) build_rust ;;
    small) build_small ;;
    all) build_c && build_rust && build_small ;;
    native) build_native ;;
    bless) build_native && bless ;;
    *) echo "usage: build.sh [all|c|rust|small|native|bless]" >&2; exit 2 ;;
esac
