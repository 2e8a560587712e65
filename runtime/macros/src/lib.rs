//! `embed_image!`, exported by the crate `sheave` with feature `embed`: an image becomes part of a program as a `Module` that the compiler
//! has verified.
//!
//! Runs on the machine that compiles, with the reader and the verifier of `sheave-interp` as they would run on the device. What only the
//! program's own build knows, which handlers it has, is left to a `const` in the expansion. Invariant: the expansion holds the very
//! bytes that were verified, not the name of a file that could change.

use proc_macro::{Delimiter, Literal, TokenStream, TokenTree};
use sheave_interp::{
    image::{OwnedImage, for_each_instruction, format, needed_groups, verify},
    isa,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// See `sheave::embed_image`.
#[proc_macro]
pub fn embed_image(argument: TokenStream) -> TokenStream {
    let expansion = path(argument).and_then(|path| expand(&path));
    let text = expansion.unwrap_or_else(|message| format!("::core::compile_error!({message:?})"));
    text.parse().expect("an expansion is Rust")
}

/// The file named: relative to the one that calls the macro, as for `include_bytes!`.
fn path(argument: TokenStream) -> Result<PathBuf, String> {
    let path = PathBuf::from(text(argument)?);
    if path.is_absolute() {
        return Ok(path);
    }
    let caller = proc_macro::Span::call_site().local_file().unwrap_or_default();
    // Absolute, because `include_bytes!` in the expansion has no file that it would be relative to.
    std::path::absolute(caller.with_file_name("").join(&path)).map_err(|error| format!("{}: {error}", path.display()))
}

/// The value of a string literal, of `env!("…")`, or of `concat!(…)` of such, with a comma behind it or not: what paths are made of.
/// A macro gets other macros unexpanded.
fn text(tokens: TokenStream) -> Result<String, String> {
    let usage = "embed_image! takes the path of an image: a string, env!(\"…\"), or concat!(…) of those";
    let mut tokens = tokens.into_iter().peekable();
    let value = match tokens.next() {
        Some(TokenTree::Literal(literal)) => string(&literal).ok_or(usage)?,
        // What stands for an expression in a macro of the caller's comes in an invisible group.
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => text(group.stream())?,
        Some(TokenTree::Ident(name)) => {
            let (Some(TokenTree::Punct(mark)), Some(TokenTree::Group(arguments))) = (tokens.next(), tokens.next())
            else {
                return Err(usage.into());
            };
            match (name.to_string().as_str(), mark.as_char()) {
                ("env", '!') => {
                    // A second argument is the message of `env!` itself.
                    let first = arguments.stream().into_iter().take(1).collect();
                    let variable = text(first)?;
                    std::env::var(&variable).map_err(|_| format!("environment variable {variable} is not set"))?
                }
                ("concat", '!') => {
                    parts(arguments.stream()).into_iter().map(text).collect::<Result<String, String>>()?
                }
                _ => return Err(usage.into()),
            }
        }
        _ => return Err(usage.into()),
    };
    match (tokens.next(), tokens.next()) {
        (None, None) => Ok(value),
        (Some(TokenTree::Punct(comma)), None) if comma.as_char() == ',' => Ok(value),
        _ => Err(usage.into()),
    }
}

/// Arguments between commas.
fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
    let parts = tokens.split(is_comma).filter(|part| !part.is_empty());
    parts.map(|part| part.iter().cloned().collect()).collect()
}

/// The value of a string literal without escapes but for those of paths.
fn string(literal: &Literal) -> Option<String> {
    let inside = literal.to_string().strip_prefix('"')?.strip_suffix('"')?.to_owned();
    let unescaped = inside.replace(r"\\", "\u{0}").replace("\\\"", "\"");
    (!unescaped.contains('\\')).then(|| unescaped.replace('\u{0}', "\\"))
}

fn expand(path: &Path) -> Result<String, String> {
    let named = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("{named}: {error}"))?;
    let hint = "make the image with `sheave compile` of this version, at level full or base";
    let refused = |error| format!("{named}: {error}; {hint}");
    let image = OwnedImage::new(&bytes).map_err(refused)?;
    let parsed = image.parse().map_err(refused)?;
    verify(&parsed).map_err(refused)?;
    let mut instructions = BTreeMap::new();
    for_each_instruction(&parsed, |_, token| {
        instructions.entry(token).or_insert_with(|| isa::name(token));
        Ok(())
    })
    .map_err(refused)?;
    let instructions: String =
        instructions.iter().map(|(token, name)| format!("({token}, {:?}), ", message(path, name))).collect();
    let literal = Literal::byte_string(&bytes);
    let (version, hash, needed) = (format::VERSION, isa::HASH, needed_groups(&parsed));
    let names = isa::table::group::NAMES.iter().enumerate().filter(|(bit, _)| needed >> bit & 1 != 0);
    let groups: String = names
        .map(|(bit, name)| {
            let message = format!("{named}: this build of sheave lacks the feature `{name}`, which the image needs");
            format!("({}, {message:?}), ", 1 << bit)
        })
        .collect();
    Ok(format!(
        "{{
            #[repr(C, align(8))]
            struct Aligned<Bytes: ?Sized>(Bytes);
            const IMAGE: &Aligned<[u8]> = &Aligned(*{literal});
            // Only tells the compiler that the program depends on the file.
            const _: &[u8] = ::core::include_bytes!({:?});
            const _: () = ::sheave::embed::require({version}, {hash}, &[{groups}], &[{instructions}]);
            // SAFETY: the macro has parsed and verified these bytes, with the version that the line above compares; the same line has
            // looked for their handlers.
            const MODULE: ::sheave::arena::Module<'static> = unsafe {{ ::sheave::arena::Module::embedded(&IMAGE.0) }};
            MODULE
        }}",
        path.to_str().ok_or_else(|| format!("{named}: a path that is not UTF-8"))?,
    ))
}

/// What is said if the build has no handler for an instruction.
fn message(path: &Path, instruction: &str) -> String {
    format!(
        "{}: this build of sheave has no handler for `{instruction}`: enable the feature that `sheave compile --profile` names, or list it in SHEAVE_HANDLERS",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        let path = std::env::temp_dir().join(format!("sheave-macros-{}.image", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let refusal = expand(&path).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        refusal
    }

    #[test]
    fn what_is_no_image_is_refused_by_its_path() {
        let refusal = refusal(b"\0asm\x01\0\0\0");
        assert!(refusal.contains(".image: bad image: not an image"), "{refusal}");
        assert!(refusal.contains("sheave compile"), "{refusal}");
        assert!(expand(Path::new("no/such.image")).unwrap_err().starts_with("no/such.image: "));
    }
}
