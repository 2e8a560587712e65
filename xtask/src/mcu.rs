//! Builds for microcontrollers: every promised combination of crate, features and bare-metal target, and for one target each feature of
//! what guests may contain alone. This is what proves that the core needs no std, that the runtime and the HAL need no allocator, and that
//! `exec` and `translate` compile each without the other. Warnings are errors here: code left dead by a missing feature shows up. All is
//! checked and not compiled to machine code, which the boards' programs and `cargo xtask size` are.

use std::borrow::Cow;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::process::{cargo, output, root, target_dir};
use crate::sysroot::Toolchain;
use crate::tally::Tally;

/// A bare-metal target.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    triple: &'static str,
    /// Chips one meets there.
    chips: &'static str,
    /// Whether atomic read-modify-write instructions exist; without them `alloc` has no `Arc`.
    has_compare_and_swap: bool,
}

static TARGETS: [Target; 3] = [
    Target { triple: "thumbv7em-none-eabihf", chips: "Cortex-M4F, M7F", has_compare_and_swap: true },
    Target { triple: "thumbv6m-none-eabi", chips: "Cortex-M0, M0+", has_compare_and_swap: false },
    Target { triple: "riscv32imac-unknown-none-elf", chips: "RV32: FE310, ESP32-C6", has_compare_and_swap: true },
];

/// A crate and the features it is built with, beside `--no-default-features`; and why.
#[derive(Clone)]
struct Build {
    package: &'static str,
    features: Cow<'static, str>,
    what: &'static str,
}

static BUILDS: [Build; 12] = [
    Build {
        package: "sheave-interp",
        features: Cow::Borrowed("exec"),
        what: "runs images of i32 at level base; no allocator",
    },
    Build { package: "sheave-interp", features: Cow::Borrowed("exec,complete"), what: "runs all images; no allocator" },
    Build { package: "sheave-interp", features: Cow::Borrowed("translate"), what: "makes images; needs an allocator" },
    Build {
        package: "sheave-interp",
        features: Cow::Borrowed("exec,translate"),
        what: "both, as on a large microcontroller",
    },
    Build { package: "sheave", features: Cow::Borrowed(""), what: "embedding API in a borrowed arena, the smallest" },
    Build {
        package: "sheave",
        features: Cow::Borrowed("floats,level-full"),
        what: "the same with some of what can be left out",
    },
    Build { package: "sheave", features: Cow::Borrowed("complete"), what: "the same with all of it" },
    Build {
        package: "sheave",
        features: Cow::Borrowed("alloc,wasm2"),
        what: "embedding API that owns its store, as boards have it",
    },
    Build { package: "sheave", features: Cow::Borrowed("alloc,complete"), what: "embedding API that owns its store" },
    Build { package: "sheave-hal", features: Cow::Borrowed(""), what: "capabilities without an allocator" },
    Build { package: "sheave-hal", features: Cow::Borrowed("alloc"), what: "capabilities with an allocator" },
    Build {
        package: "sheave-conformance",
        features: Cow::Borrowed(""),
        what: "player of the test suite; needs an allocator",
    },
];

/// A build that is known to fail: it runs all the same, and is an error once it succeeds or fails in another way.
struct KnownFailure {
    /// What the compiler's output holds.
    message: &'static str,
    why: &'static str,
}

const NO_VALIDATOR: KnownFailure = KnownFailure {
    message: "could not compile `wasmparser`",
    why: "the validator of wasmparser needs compare-and-swap; such chips run images made elsewhere",
};

/// The part of a manifest with features.
#[derive(Deserialize)]
struct Manifest {
    features: Features,
}

#[derive(Deserialize)]
struct Features {
    /// All that guests may contain.
    complete: Vec<String>,
    wasm2: Vec<String>,
}

/// What is built for a target: for the first, each feature alone too.
fn builds(target: &Target) -> Result<Vec<Cow<'static, Build>>> {
    let mut builds: Vec<Cow<'static, Build>> = BUILDS.iter().map(Cow::Borrowed).collect();
    if *target == TARGETS[0] {
        let path = root().join("interp/Cargo.toml");
        let text =
            std::fs::read_to_string(&path).map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
        let manifest: Manifest =
            toml::from_str(&text).map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
        let alone = |feature| Build { package: "sheave", features: Cow::Owned(feature), what: "with no other feature" };
        let features = manifest.features.complete.into_iter().chain(manifest.features.wasm2);
        builds.extend(features.map(|feature| Cow::Owned(alone(feature))));
    }
    Ok(builds)
}

impl Build {
    /// Cargo's arguments.
    fn arguments(&self, target: &Target) -> Vec<&str> {
        let mut arguments = vec!["check", "--lib", "--package", self.package, "--no-default-features"];
        if !self.features.is_empty() {
            arguments.extend(["--features", &self.features]);
        }
        arguments.extend(["--profile", "size", "--target", target.triple]);
        arguments
    }

    fn known_failure(&self, target: &Target) -> Option<KnownFailure> {
        (self.features.contains("translate") && !target.has_compare_and_swap).then_some(NO_VALIDATOR)
    }

    fn name(&self) -> String {
        let features = if self.features.is_empty() { "no features" } else { &*self.features };
        format!("{} ({features})", self.package)
    }
}

/// Prints the builds.
///
/// # Errors
/// One of `only` is not a target of ours.
pub fn list(only: &[String]) -> Result<()> {
    for target in chosen(only)? {
        println!("{} ({})", target.triple, target.chips);
        for build in builds(target)? {
            let known = build.known_failure(target).map(|known| format!("; known to fail: {}", known.why));
            println!("  cargo {}", build.arguments(target).join(" "));
            println!("    {}{}", build.what, known.unwrap_or_default());
        }
    }
    Ok(())
}

/// Builds everything for the targets in `only`, or for all if it is empty; a failure does not stop the rest.
///
/// # Errors
/// One of `only` is not a target of ours.
pub fn run(only: &[String]) -> Result<Tally> {
    let mut tally = Tally::new(0, 0);
    for target in chosen(only)? {
        let toolchain = match Toolchain::find(target.triple) {
            Ok(toolchain) => toolchain,
            Err(error) => {
                println!("error: {error}");
                tally = tally + Tally::new(0, 1);
                continue;
            }
        };
        println!("{} ({}), built by {}", target.triple, target.chips, toolchain.name());
        for build in builds(target)? {
            let is_good = run_one(&build, target, &toolchain);
            tally = tally + Tally::new(is_good.into(), (!is_good).into());
        }
    }
    println!("{tally}");
    Ok(tally)
}

/// Runs a build and says what became of it; gives whether that is as it should be.
fn run_one(build: &Build, target: &Target, toolchain: &Toolchain) -> bool {
    let mut command = cargo(&build.arguments(target));
    command.arg("--quiet").env("RUSTFLAGS", "-D warnings");
    // A folder of its own: a second compiler in the shared one would make cargo ask both for their versions each time.
    command.arg("--target-dir").arg(target_dir().join("mcu"));
    toolchain.apply(&mut command);
    let Err(error) = output(&mut command) else {
        let known = build.known_failure(target);
        println!("  {:6} {}: {}", if known.is_none() { "ok" } else { "FAILED" }, build.name(), build.what);
        if known.is_some() {
            println!("         it is listed as a known failure and builds: strike it off in xtask/src/mcu.rs");
        }
        return known.is_none();
    };
    let known = build.known_failure(target).filter(|known| error.to_string().contains(known.message));
    match &known {
        Some(known) => println!("  known  {} does not build: {}", build.name(), known.why),
        None => println!("  FAILED {}: {}\n{error}", build.name(), build.what),
    }
    known.is_some()
}

fn chosen(only: &[String]) -> Result<Vec<&'static Target>> {
    if let Some(unknown) = only.iter().find(|name| !TARGETS.iter().any(|target| target.triple == name.as_str())) {
        let known: Vec<&str> = TARGETS.iter().map(|target| target.triple).collect();
        return Err(Error::new(format!("unknown target {unknown}")).hint(format!("one of {}", known.join(", "))));
    }
    let wanted = |target: &&Target| only.is_empty() || only.iter().any(|name| name == target.triple);
    Ok(TARGETS.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_is_named_with_those_there_are() {
        let error = chosen(&["avr".into()]).unwrap_err().to_string();
        assert!(error.contains("unknown target avr") && error.contains("thumbv6m-none-eabi"), "{error}");
    }

    #[test]
    fn targets_are_chosen_by_name() {
        assert_eq!(chosen(&[]).unwrap().len(), TARGETS.len());
        assert_eq!(chosen(&["thumbv6m-none-eabi".into()]).unwrap(), [&TARGETS[1]]);
    }

    #[test]
    fn a_build_without_features_names_none() {
        let of = |features: &'static str| {
            Build { package: "p", features: features.into(), what: "" }.arguments(&TARGETS[0]).join(" ")
        };
        assert!(!of("").contains("--features"));
        assert!(of("alloc").contains("--no-default-features --features alloc "));
    }

    #[test]
    fn each_feature_is_built_alone_for_one_target() {
        let alone = |target| builds(target).unwrap().iter().any(|build| build.features == "tail-call");
        assert!(alone(&TARGETS[0]) && !alone(&TARGETS[1]));
    }

    #[test]
    fn translation_is_known_to_fail_only_without_compare_and_swap() {
        let is_known = |features: &'static str, target| {
            Build { package: "p", features: features.into(), what: "" }.known_failure(target).is_some()
        };
        assert!(is_known("exec,translate", &TARGETS[1]));
        assert!(!is_known("exec", &TARGETS[1]));
        assert!(!is_known("translate", &TARGETS[0]));
    }
}
