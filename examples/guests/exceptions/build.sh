#!/bin/sh
# Builds calculator.wasm from calculator.cpp: with clang 19 (Debian: clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32), whose exceptions are
# those of the proposal's older form, and with Binaryen's wasm-opt (npm: binaryen, pinned to 132.0.0), which makes the standard's of them.
# The committed file was made so.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${CLANG:-clang-19}" --target=wasm32-wasi --sysroot="${WASI_SYSROOT:-/usr}" -isystem "${WASI_SYSROOT:-/usr}/include/wasm32-wasi" -O2 -fwasm-exceptions \
    -fno-rtti calculator.cpp -o "$scratch/legacy.wasm"
npm install --silent --prefix "$scratch" binaryen@132.0.0
node "$scratch/node_modules/binaryen/bin/wasm-opt" --enable-exception-handling --enable-reference-types --enable-multivalue --enable-bulk-memory \
    --enable-bulk-memory-opt --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int --translate-to-exnref -O2 --strip-debug \
    --strip-producers "$scratch/legacy.wasm" -o calculator.wasm
