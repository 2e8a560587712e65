//! Turns the text of a `.wast` script into commands.
//!
//! Modules are encoded here, once: text the parser rejects becomes [`ModuleSource::RejectedText`], which is what an
//! assertion about malformed text asks for and what any other command fails with. A construct outside the core
//! specification (components, threads of a script) becomes [`Command::Unsupported`] and is reported as skipped.

use std::fmt;

use wast::{
    QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat,
    core::{AbstractHeapType, HeapType, NanPattern, V128Pattern as WastV128, WastArgCore, WastRetCore},
    lexer::Lexer,
    parser::{self, ParseBuffer},
    token::{F32, F64, Id, Span},
};

use crate::{Action, Command, Expected, FloatPattern, Heap, ModuleSource, Script, Step, V128Pattern, Value};

/// A script whose text cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Where, counted from 1.
    pub line: u32,
    /// What the parser says.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {}", self.message, self.line)
    }
}

impl std::error::Error for ParseError {}

/// Parses a script.
///
/// # Errors
///
/// The text is not a script: the parser's message and line. A malformed module *inside* a script is no error.
pub fn parse(text: &str) -> Result<Script, ParseError> {
    let at = |error: wast::Error| ParseError { line: line_of(error.span(), text), message: error.message() };
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(at)?;
    let script = parser::parse::<Wast<'_>>(&buffer).map_err(at)?;
    let steps = script.directives.into_iter().map(|directive| {
        let line = line_of(directive.span(), text);
        let assertions_count = assertions_count(&directive);
        let command =
            command(directive).unwrap_or_else(|Unsupported(reason)| Command::Unsupported { reason, assertions_count });
        Step { line, command }
    });
    Ok(Script { steps: steps.collect() })
}

/// The reason a directive cannot be expressed as a command.
struct Unsupported(String);

fn line_of(span: Span, text: &str) -> u32 {
    u32::try_from(span.linecol_in(text).0 + 1).unwrap_or(u32::MAX)
}

fn assertions_count(directive: &WastDirective<'_>) -> u32 {
    match directive {
        WastDirective::Module(_)
        | WastDirective::ModuleDefinition(_)
        | WastDirective::ModuleInstance { .. }
        | WastDirective::Register { .. }
        | WastDirective::Invoke(_)
        | WastDirective::Wait { .. } => 0,
        WastDirective::Thread(thread) => thread.directives.iter().map(assertions_count).sum(),
        _ => 1,
    }
}

fn command(directive: WastDirective<'_>) -> Result<Command, Unsupported> {
    Ok(match directive {
        WastDirective::Module(module) => Command::Module { name: name(module.name()), module: encode(module)? },
        WastDirective::ModuleDefinition(module) => {
            Command::ModuleDefinition { name: name(module.name()), module: encode(module)? }
        }
        WastDirective::ModuleInstance { instance, module, .. } => {
            Command::ModuleInstance { name: name(instance), definition: name(module) }
        }
        WastDirective::Register { name: import_name, module, .. } => {
            Command::Register { import_name: import_name.into(), instance: name(module) }
        }
        WastDirective::Invoke(call) => Command::Action(invoke(call)?),
        WastDirective::AssertReturn { exec, results, .. } => {
            let results = results.into_iter().map(expected).collect::<Result<_, _>>()?;
            Command::AssertReturn { action: action(exec)?, results }
        }
        WastDirective::AssertTrap { exec, message, .. } => {
            Command::AssertTrap { action: action(exec)?, message: message.into() }
        }
        WastDirective::AssertExhaustion { call, message, .. } => {
            Command::AssertExhaustion { action: invoke(call)?, message: message.into() }
        }
        WastDirective::AssertException { exec, .. } => Command::AssertException { action: action(exec)? },
        WastDirective::AssertInvalid { module, message, .. } => {
            Command::AssertInvalid { module: encode(module)?, message: message.into() }
        }
        WastDirective::AssertMalformed { module, message, .. } => {
            Command::AssertMalformed { module: encode(module)?, message: message.into() }
        }
        WastDirective::AssertUnlinkable { module, message, .. } => {
            Command::AssertUnlinkable { module: encode(QuoteWat::Wat(module))?, message: message.into() }
        }
        WastDirective::AssertMalformedCustom { module, message, .. }
        | WastDirective::AssertInvalidCustom { module, message, .. } => match encode(module)? {
            rejected @ ModuleSource::RejectedText(_) => {
                Command::AssertMalformed { module: rejected, message: message.into() }
            }
            // An engine must ignore what a custom section holds, so that there is nothing to assert.
            _ => return Err(Unsupported("about custom sections, which engines ignore".into())),
        },
        WastDirective::AssertSuspension { .. } => return Err(Unsupported("needs stack-switching".into())),
        WastDirective::Thread(_) | WastDirective::Wait { .. } => return Err(Unsupported("needs threads".into())),
    })
}

fn action(exec: WastExecute<'_>) -> Result<Action, Unsupported> {
    Ok(match exec {
        WastExecute::Invoke(call) => invoke(call)?,
        WastExecute::Get { module, global, .. } => Action::Get { instance: name(module), field: global.into() },
        WastExecute::Wat(module) => Action::Instantiate(encode(QuoteWat::Wat(module))?),
    })
}

fn invoke(call: WastInvoke<'_>) -> Result<Action, Unsupported> {
    let args = call.args.into_iter().map(argument).collect::<Result<_, _>>()?;
    Ok(Action::Invoke { instance: name(call.module), field: call.name.into(), args })
}

fn name(id: Option<Id<'_>>) -> Option<String> {
    id.map(|id| id.name().into())
}

fn encode(mut module: QuoteWat<'_>) -> Result<ModuleSource, Unsupported> {
    if matches!(module, QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..)) {
        return Err(Unsupported("needs component-model".into()));
    }
    Ok(match module.encode() {
        Ok(bytes) => ModuleSource::Binary(bytes),
        Err(error) => ModuleSource::RejectedText(error.message()),
    })
}

fn argument(argument: WastArg<'_>) -> Result<Value, Unsupported> {
    let WastArg::Core(argument) = argument else { return Err(Unsupported("needs component-model".into())) };
    Ok(match argument {
        WastArgCore::I32(value) => Value::I32(value),
        WastArgCore::I64(value) => Value::I64(value),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::V128(value) => Value::V128(value.to_le_bytes()),
        WastArgCore::RefNull(ty) => Value::RefNull(heap(&ty)),
        WastArgCore::RefExtern(number) => Value::RefExtern(number),
        WastArgCore::RefHost(number) => Value::RefHost(number),
    })
}

fn expected(result: WastRet<'_>) -> Result<Expected, Unsupported> {
    let WastRet::Core(result) = result else { return Err(Unsupported("needs component-model".into())) };
    Ok(expected_core(result))
}

fn expected_core(result: WastRetCore<'_>) -> Expected {
    match result {
        WastRetCore::I32(value) => Expected::I32(value),
        WastRetCore::I64(value) => Expected::I64(value),
        WastRetCore::F32(pattern) => Expected::F32(f32_pattern(pattern)),
        WastRetCore::F64(pattern) => Expected::F64(f64_pattern(pattern)),
        WastRetCore::V128(pattern) => Expected::V128(v128_pattern(pattern)),
        WastRetCore::RefNull(ty) => Expected::RefNull(ty.as_ref().map(heap)),
        WastRetCore::RefExtern(number) => Expected::RefExtern(number),
        WastRetCore::RefHost(number) => Expected::RefHost(number),
        WastRetCore::RefFunc(_) => Expected::Ref(Heap::Func),
        WastRetCore::RefAny => Expected::Ref(Heap::Any),
        WastRetCore::RefEq => Expected::Ref(Heap::Eq),
        WastRetCore::RefArray => Expected::Ref(Heap::Array),
        WastRetCore::RefStruct => Expected::Ref(Heap::Struct),
        WastRetCore::RefI31 | WastRetCore::RefI31Shared => Expected::Ref(Heap::I31),
        WastRetCore::Either(patterns) => Expected::Either(patterns.into_iter().map(expected_core).collect()),
    }
}

fn f32_pattern(pattern: NanPattern<F32>) -> FloatPattern<u32> {
    match pattern {
        NanPattern::CanonicalNan => FloatPattern::CanonicalNan,
        NanPattern::ArithmeticNan => FloatPattern::ArithmeticNan,
        NanPattern::Value(value) => FloatPattern::Bits(value.bits),
    }
}

fn f64_pattern(pattern: NanPattern<F64>) -> FloatPattern<u64> {
    match pattern {
        NanPattern::CanonicalNan => FloatPattern::CanonicalNan,
        NanPattern::ArithmeticNan => FloatPattern::ArithmeticNan,
        NanPattern::Value(value) => FloatPattern::Bits(value.bits),
    }
}

fn v128_pattern(pattern: WastV128) -> V128Pattern {
    use std::array::from_fn;
    match pattern {
        WastV128::I8x16(lanes) => V128Pattern::Bytes(lanes.map(i8::cast_unsigned)),
        WastV128::I16x8(lanes) => V128Pattern::Bytes(from_fn(|at| lanes[at / 2].to_le_bytes()[at % 2])),
        WastV128::I32x4(lanes) => V128Pattern::Bytes(from_fn(|at| lanes[at / 4].to_le_bytes()[at % 4])),
        WastV128::I64x2(lanes) => V128Pattern::Bytes(from_fn(|at| lanes[at / 8].to_le_bytes()[at % 8])),
        WastV128::F32x4(lanes) => V128Pattern::F32x4(lanes.map(f32_pattern)),
        WastV128::F64x2(lanes) => V128Pattern::F64x2(lanes.map(f64_pattern)),
    }
}

fn heap(ty: &HeapType<'_>) -> Heap {
    let HeapType::Abstract { ty, .. } = ty else { return Heap::Concrete };
    match ty {
        AbstractHeapType::Func => Heap::Func,
        AbstractHeapType::NoFunc => Heap::NoFunc,
        AbstractHeapType::Extern => Heap::Extern,
        AbstractHeapType::NoExtern => Heap::NoExtern,
        AbstractHeapType::Any => Heap::Any,
        AbstractHeapType::Eq => Heap::Eq,
        AbstractHeapType::I31 => Heap::I31,
        AbstractHeapType::Struct => Heap::Struct,
        AbstractHeapType::Array => Heap::Array,
        AbstractHeapType::None => Heap::None,
        AbstractHeapType::Exn => Heap::Exn,
        AbstractHeapType::NoExn => Heap::NoExn,
        AbstractHeapType::Cont => Heap::Cont,
        AbstractHeapType::NoCont => Heap::NoCont,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_carry_their_line_and_content() {
        let script = parse(
            "(module $m (func (export \"f\") (param i32)))\n\n(register \"lib\" $m)\n\
             (assert_return (invoke $m \"f\" (i32.const -1)))",
        )
        .expect("a script");
        let lines: Vec<_> = script.steps.iter().map(|step| step.line).collect();
        assert_eq!(lines, [1, 3, 4]);
        assert!(matches!(&script.steps[0].command, Command::Module { name: Some(name), .. } if name == "m"));
        let action = Action::Invoke { instance: Some("m".into()), field: "f".into(), args: vec![Value::I32(-1)] };
        assert_eq!(script.steps[2].command, Command::AssertReturn { action, results: vec![] });
    }

    #[test]
    fn vectors_references_and_nan_patterns_parse() {
        let script = parse(
            "(assert_return (invoke \"f\" (v128.const i16x8 1 2 3 4 5 6 7 8) (ref.null any))\
             (v128.const f64x2 nan:canonical 1) (f32.const nan:arithmetic) (ref.i31) (either (i32.const 1) (i32.const 2)))",
        )
        .expect("a script");
        let Command::AssertReturn { results, .. } = &script.steps[0].command else { panic!("{script:?}") };
        assert_eq!(results[1], Expected::F32(FloatPattern::ArithmeticNan));
        assert_eq!(results[2], Expected::Ref(Heap::I31));
        let lanes = [FloatPattern::CanonicalNan, FloatPattern::Bits(1f64.to_bits())];
        assert_eq!(results[0], Expected::V128(V128Pattern::F64x2(lanes)));
    }

    #[test]
    fn malformed_text_is_kept_apart_from_malformed_bytes() {
        let script = parse(
            "(assert_malformed (module quote \"(func (i32.const\") \"x\")\
             (assert_malformed (module binary \"\\00asm\") \"x\")",
        )
        .expect("a script");
        let kind = |at: usize| match &script.steps[at].command {
            Command::AssertMalformed { module: ModuleSource::RejectedText(_), .. } => "text",
            Command::AssertMalformed { module: ModuleSource::Binary(_), .. } => "binary",
            _ => "other",
        };
        assert_eq!((kind(0), kind(1)), ("text", "binary"));
    }

    #[test]
    fn what_cannot_be_expressed_says_why() {
        let script = parse("(component) (thread $t (assert_return (invoke \"f\")) (assert_return (invoke \"g\")))")
            .expect("a script");
        assert!(
            matches!(&script.steps[0].command, Command::Unsupported { reason, .. } if reason == "needs component-model")
        );
        assert_eq!(script.steps[1].command.assertions_count(), 2);
    }

    #[test]
    fn a_broken_script_names_its_line() {
        let error = parse("(module)\n(assert_return (invoke 1))").expect_err("no script");
        assert_eq!(error.line, 2);
    }
}
