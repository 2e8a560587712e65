//! What an import needs from outside, and how `sheave run` grants it.

use crate::failure::closest;
use serde::Serialize;
use sheave_hal::wasi::p1;

/// Something a guest can be granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Directories and the files below.
    Files,
    /// Standard streams, and descriptors in general.
    Streams,
    /// The command line.
    Arguments,
    /// Environment variables.
    Environment,
    /// Clocks, and waiting.
    Clock,
    /// Random numbers.
    Random,
    /// Network.
    Sockets,
    /// Nothing: the function works without.
    Nothing,
    /// Not part of WASI preview 1: the embedding would have to provide it.
    Host,
}

impl Capability {
    /// What an import needs.
    pub fn of(module: &str, name: &str) -> Capability {
        let function = p1::FUNCTIONS.iter().find(|function| module == p1::MODULE && function.name == name);
        let Some(function) = function else { return Capability::Host };
        match function.needs {
            "arguments" => Capability::Arguments,
            "environment" => Capability::Environment,
            "random" => Capability::Random,
            "socket" => Capability::Sockets,
            "nothing" => Capability::Nothing,
            needs if needs.starts_with("clock") => Capability::Clock,
            needs if needs.contains("std") || needs == "descriptor" => Capability::Streams,
            _ => Capability::Files,
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Capability::Files => "files",
            Capability::Streams => "streams",
            Capability::Arguments => "arguments",
            Capability::Environment => "environment",
            Capability::Clock => "clock",
            Capability::Random => "random",
            Capability::Sockets => "sockets",
            Capability::Nothing => "nothing",
            Capability::Host => "host",
        }
    }

    /// How it is granted.
    pub fn grant(self) -> &'static str {
        match self {
            Capability::Files => "grant with --dir",
            Capability::Environment => "grant with --env",
            Capability::Streams | Capability::Arguments | Capability::Clock | Capability::Random => "granted by run",
            Capability::Sockets => "cannot be granted yet",
            Capability::Nothing => "works without a grant",
            Capability::Host => "not provided by run; an embedding can",
        }
    }
}

/// Advice on an import that nothing defines.
pub fn unknown_import(module: &str, name: &str) -> String {
    let names = p1::FUNCTIONS.iter().map(|function| function.name);
    match module {
        p1::MODULE => match closest(name, names) {
            Some(close) => {
                format!("did you mean {close:?}, which needs: {}?", Capability::of(p1::MODULE, close).name())
            }
            None => format!("WASI preview 1 has no {name:?}"),
        },
        "wasi_unstable" => "this is WASI preview 0: build with a toolchain for preview 1 (wasm32-wasip1)".into(),
        _ if module.starts_with("wasi:") => "this is WASI preview 2 or later: build for wasm32-wasip1".into(),
        "wasi" if name == "thread-spawn" => "WASI threads are not supported, only shared memories of an embedding: build for wasm32-wasip1 without threads".into(),
        _ => {
            let source = match module {
                "env" => "often a C function that was not linked in; ",
                "wbg" | "__wbindgen_placeholder__" => "made by wasm-bindgen for JavaScript hosts; ",
                "spectest" => "the test suite's module: see `sheave wast`; ",
                _ => "",
            };
            format!(
                "{source}`sheave run` provides only {:?}; a host program can define it with the crate sheave",
                p1::MODULE
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_wasi_belongs_to_a_capability() {
        for function in p1::FUNCTIONS {
            assert_ne!(Capability::of(p1::MODULE, function.name), Capability::Host, "{}", function.name);
        }
        for (name, expected) in [
            ("path_open", Capability::Files),
            ("fd_readdir", Capability::Files),
            ("fd_write", Capability::Streams),
            ("fd_close", Capability::Streams),
            ("poll_oneoff", Capability::Clock),
            ("random_get", Capability::Random),
            ("environ_get", Capability::Environment),
            ("proc_exit", Capability::Nothing),
        ] {
            assert_eq!(Capability::of(p1::MODULE, name), expected, "{name}");
        }
        assert_eq!(Capability::of("env", "fd_write"), Capability::Host);
    }

    #[test]
    fn unknown_imports_get_advice() {
        assert!(unknown_import(p1::MODULE, "fd_wirte").contains("fd_write"));
        assert!(unknown_import("wasi_unstable", "fd_write").contains("preview 0"));
        assert!(unknown_import("env", "puts").contains("C function"));
    }
}
