//! What an i32 can be, as far as an analysis knows: a set of numbers, evenly spaced, some distance from a base.
//!
//! Numbers are those of Wasm, modulo 2^32; a set is an interval of integers that stand for them, which begins between -2^31 and 2^31. Invariants:
//! `low <= high`, there are no more than 2^32 integers from one to the other, and `step` divides what lies between (it is 0 if that is nothing). A
//! distance from the stack pointer is at most 2^30 in either direction; what could be more is [`Value::ANY`].

/// What the numbers of a [`Value`] are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing: they are the numbers themselves.
    Zero,
    /// The stack pointer when this function was entered.
    Own,
    /// Some stack pointer of the past, not above where the stack begins; not always the same one.
    Stack,
}

/// A set of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    pub base: Base,
    pub low: i64,
    pub high: i64,
    step: i64,
}

/// How many numbers there are.
const ALL: i64 = 1 << 32;
/// The largest i32, and one.
const HALF: i64 = 1 << 31;
/// How far from a stack pointer is still known.
pub const REACH: i64 = 1 << 30;

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The number with all bits set up to the highest of `number`.
fn bits(number: i64) -> i64 {
    (1 << (64 - number.leading_zeros())) - 1
}

impl Value {
    /// Nothing is known.
    pub const ANY: Value = Value { base: Base::Zero, low: 0, high: ALL - 1, step: 1 };
    /// The stack pointer when the function was entered.
    pub const OWN: Value = Value { base: Base::Own, low: 0, high: 0, step: 0 };

    /// One number.
    pub fn constant(number: i32) -> Value {
        Value::range(number.into(), number.into())
    }

    /// All from `low` to `high`.
    pub fn range(low: i64, high: i64) -> Value {
        Value::made(Base::Zero, low, high, 1)
    }

    /// Makes the invariants hold: `low` is in it, and whatever is `step`s above it, up to `high`.
    fn made(base: Base, low: i64, high: i64, step: i64) -> Value {
        let high = if step == 0 { low } else { high - (high - low) % step };
        let step = if low == high { 0 } else { step };
        if base != Base::Zero {
            let is_in_reach = low >= -REACH && high <= REACH;
            return if is_in_reach { Value { base, low, high, step } } else { Value::ANY };
        }
        if high - low >= ALL {
            return Value::ANY;
        }
        let turns = (low + HALF).div_euclid(ALL) * ALL;
        Value { base, low: low - turns, high: high - turns, step }
    }

    /// The number, if there is but one.
    pub fn as_constant(self) -> Option<i64> {
        (self.base == Base::Zero && self.low == self.high).then_some(self.low)
    }

    /// The lowest and the highest, read as u32; all that there are if it is not known.
    pub fn unsigned(self) -> (i64, i64) {
        match self {
            Value { base: Base::Zero, low: 0.., high: ..ALL, .. } => (self.low, self.high),
            Value { base: Base::Zero, high: ..0, .. } => (self.low + ALL, self.high + ALL),
            _ => (0, ALL - 1),
        }
    }

    /// The lowest and the highest, read as i32.
    fn signed(self) -> (i64, i64) {
        match self {
            Value { base: Base::Zero, high: ..HALF, .. } => (self.low, self.high),
            _ => (-HALF, HALF - 1),
        }
    }

    /// The distance of the numbers from each other, if they are those from `low` to `high` in this reading.
    fn step_within(self, (low, high): (i64, i64)) -> i64 {
        let is_same = (low - self.low) % ALL == 0 && self.high - self.low == high - low;
        if self.base == Base::Zero && is_same { self.step.max(1) } else { 1 }
    }

    pub fn add(self, other: Value) -> Value {
        let base = match (self.base, other.base) {
            (base, Base::Zero) | (Base::Zero, base) => base,
            _ => return Value::ANY,
        };
        Value::made(base, self.low + other.low, self.high + other.high, gcd(self.step, other.step))
    }

    pub fn sub(self, other: Value) -> Value {
        let base = match (self.base, other.base) {
            (base, Base::Zero) => base,
            (Base::Own, Base::Own) => Base::Zero,
            _ => return Value::ANY,
        };
        Value::made(base, self.low - other.high, self.high - other.low, gcd(self.step, other.step))
    }

    pub fn mul(self, other: Value) -> Value {
        match (self.as_constant(), other.as_constant()) {
            (_, Some(factor)) => self.times(factor),
            (Some(factor), _) => other.times(factor),
            _ => Value::ANY,
        }
    }

    fn times(self, factor: i64) -> Value {
        let ends = [self.low, self.high].map(|end| end.checked_mul(factor));
        match ends {
            [Some(a), Some(b)] if self.base == Base::Zero => {
                Value::made(Base::Zero, a.min(b), a.max(b), self.step.saturating_mul(factor.abs()))
            }
            _ => Value::ANY,
        }
    }

    pub fn shl(self, other: Value) -> Value {
        other.as_constant().map_or(Value::ANY, |count| self.times(1 << (count & 31)))
    }

    pub fn shr_u(self, other: Value) -> Value {
        let Some(count) = other.as_constant().map(|count| count & 31) else { return Value::ANY };
        let (low, high) = self.unsigned();
        let step = self.step_within((low, high));
        let is_even = (low | step) & ((1 << count) - 1) == 0;
        Value::made(Base::Zero, low >> count, high >> count, if is_even { step >> count } else { 1 })
    }

    pub fn and(self, other: Value) -> Value {
        match (self.as_constant(), other.as_constant()) {
            (Some(a), Some(b)) => Value::range(a & b, a & b),
            (_, Some(mask)) => self.masked(mask),
            (Some(mask), _) => other.masked(mask),
            _ => Value::range(0, self.unsigned().1.min(other.unsigned().1)),
        }
    }

    fn masked(self, mask: i64) -> Value {
        if self.base != Base::Zero && mask < 0 && (-mask) & (-mask - 1) == 0 {
            // An address that is aligned: down by less than the alignment.
            return Value::made(self.base, self.low + mask + 1, self.high, 1);
        }
        let mask = mask.rem_euclid(ALL);
        let high = self.unsigned().1;
        if mask & (mask + 1) == 0 && high <= mask {
            return self;
        }
        let lowest_bit = if mask == 0 { 1 } else { mask & -mask };
        Value::made(Base::Zero, 0, high.min(mask), lowest_bit)
    }

    pub fn or(self, other: Value) -> Value {
        let (left, right) = (self.unsigned(), other.unsigned());
        Value::made(Base::Zero, left.0.max(right.0), bits(left.1 | right.1), 1)
    }

    pub fn xor(self, other: Value) -> Value {
        Value::range(0, bits(self.unsigned().1 | other.unsigned().1))
    }

    pub fn rem_u(self, other: Value) -> Value {
        let divisor = other.unsigned();
        if self.unsigned().1 < divisor.0 { self } else { Value::range(0, (divisor.1 - 1).max(0)) }
    }

    pub fn div_u(self, other: Value) -> Value {
        let ((low, high), divisor) = (self.unsigned(), other.unsigned());
        Value::range(low / divisor.1.max(1), high / divisor.0.max(1))
    }

    /// The same for a function that is called: a distance from the caller's stack pointer is one from a stack pointer of the past.
    pub fn passed(self) -> Value {
        Value { base: if self.base == Base::Own { Base::Stack } else { self.base }, ..self }
    }

    /// What is in either.
    pub fn join(self, other: Value) -> Value {
        let base = match (self.base, other.base) {
            (a, b) if a == b => a,
            (Base::Zero, _) | (_, Base::Zero) => return Value::ANY,
            _ => Base::Stack,
        };
        let step = gcd(gcd(self.step, other.step), (self.low - other.low).abs());
        Value::made(base, self.low.min(other.low), self.high.max(other.high), step)
    }

    /// As [`join`](Self::join), but where it is more than `self`, up to the next of `limits` (sorted) at once, or to everything.
    pub fn widen(self, other: Value, limits: &[i64]) -> Value {
        let joined = self.join(other);
        if joined.base != self.base {
            return joined;
        }
        let (mut low, mut high, step) = (joined.low, joined.high, joined.step.max(1));
        if joined.low < self.low {
            let Some(limit) = limits.iter().rev().find(|limit| **limit <= low) else { return Value::ANY };
            low -= (low - limit) / step * step;
        }
        if joined.high > self.high {
            let Some(limit) = limits.iter().find(|limit| **limit >= high) else { return Value::ANY };
            high = *limit;
        }
        Value::made(joined.base, low, high, step)
    }

    /// What it becomes when `delta` is added to it, up to so many times.
    pub fn repeated(self, delta: i64, times: i64) -> Value {
        let Some(way) = delta.checked_mul(times) else { return Value::ANY };
        Value::made(self.base, self.low + way.min(0), self.high + way.max(0), gcd(self.step, delta.abs()))
    }

    /// How often `delta` can be added to one of the numbers before it is none of them; nothing if that may go on.
    pub fn additions(self, delta: i64) -> Option<i64> {
        let way = self.high - self.low;
        // More, and it might come round to them from the other side.
        (delta != 0 && delta.abs() < ALL - way).then(|| way / delta.abs())
    }

    /// Those of `self` for which a comparison with some of `other` holds; nothing if there are none.
    pub fn where_holds(self, relation: Relation, is_signed: bool, other: Value) -> Option<Value> {
        if matches!(relation, Relation::Eq | Relation::Ne) {
            return self.where_same(relation == Relation::Eq, other);
        }
        // A stack pointer may have wrapped: only whether two are the same says something.
        if self.base != Base::Zero || other.base != Base::Zero {
            return Some(self);
        }
        let view = if is_signed { Value::signed } else { Value::unsigned };
        let ((mut low, mut high), limit) = (view(self), view(other));
        let step = self.step_within((low, high));
        let up = |limit: i64| if limit <= low { low } else { low + (limit - low + step - 1) / step * step };
        match relation {
            Relation::Below => high = high.min(limit.1 - 1),
            Relation::AtMost => high = high.min(limit.1),
            Relation::Above => low = up(limit.0 + 1),
            _ => low = up(limit.0),
        }
        (low <= high).then(|| Value::made(Base::Zero, low, high, step))
    }

    fn where_same(self, is_same: bool, other: Value) -> Option<Value> {
        if self.base == Base::Stack || self.base != other.base {
            return Some(self);
        }
        if other.low != other.high {
            return Some(self);
        }
        let (mut low, mut high, step) = (self.low, self.high, self.step.max(1));
        // The integer for that number that could be in this interval.
        let number = if self.base == Base::Zero { low + (other.low - low).rem_euclid(ALL) } else { other.low };
        if is_same {
            let is_in = (low..=high).contains(&number) && (number - low) % step == 0;
            return is_in.then(|| Value::made(self.base, number, number, 0));
        }
        low += if low == number { step } else { 0 };
        high -= if high == number { step } else { 0 };
        (low <= high).then(|| Value::made(self.base, low, high, step))
    }
}

/// A comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Eq,
    Ne,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Relation {
    /// What holds where this does not.
    pub fn negated(self) -> Relation {
        match self {
            Relation::Eq => Relation::Ne,
            Relation::Ne => Relation::Eq,
            Relation::Below => Relation::AtLeast,
            Relation::AtLeast => Relation::Below,
            Relation::Above => Relation::AtMost,
            Relation::AtMost => Relation::Above,
        }
    }

    /// The same with its sides exchanged.
    pub fn mirrored(self) -> Relation {
        match self {
            Relation::Below => Relation::Above,
            Relation::Above => Relation::Below,
            Relation::AtMost => Relation::AtLeast,
            Relation::AtLeast => Relation::AtMost,
            same => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some sets, with their members.
    fn samples() -> Vec<(Value, Vec<u32>)> {
        let sets = [
            (0, 0, 1),
            (1, 1, 1),
            (0, 9, 3),
            (4, 20, 4),
            (7, 12, 5),
            (0, 255, 51),
            (31, 33, 1),
            (-5, -1, 1),
            (-4, 8, 4),
            (-1, -1, 1),
            (ALL - 4, ALL + 3, 1),
            (HALF - 1, HALF + 2, 1),
            (0, ALL - 1, 1 << 28),
            (-HALF, HALF - 1, (1 << 29) - 1),
            (-HALF, HALF - 1, ALL - 1),
            (-HALF + 5, HALF + 4, (ALL - 1) / 5),
        ];
        let made = |(low, high, step): (i64, i64, i64)| {
            let members = (low..=high).step_by(step as usize).map(|number| number.rem_euclid(ALL) as u32).collect();
            (Value::made(Base::Zero, low, high, step), members)
        };
        sets.into_iter().map(made).collect()
    }

    fn has(value: Value, number: u32) -> bool {
        let way = (i64::from(number) - value.low).rem_euclid(ALL);
        value.base == Base::Zero && way <= value.high - value.low && way % value.step.max(1) == 0
    }

    #[test]
    fn operators_give_all_that_can_come_out() {
        type Pair = (&'static str, fn(Value, Value) -> Value, fn(u32, u32) -> Option<u32>);
        let operators: [Pair; 11] = [
            ("add", Value::add, |a, b| Some(a.wrapping_add(b))),
            ("sub", Value::sub, |a, b| Some(a.wrapping_sub(b))),
            ("mul", Value::mul, |a, b| Some(a.wrapping_mul(b))),
            ("shl", Value::shl, |a, b| Some(a.wrapping_shl(b))),
            ("shr_u", Value::shr_u, |a, b| Some(a.wrapping_shr(b))),
            ("and", Value::and, |a, b| Some(a & b)),
            ("or", Value::or, |a, b| Some(a | b)),
            ("xor", Value::xor, |a, b| Some(a ^ b)),
            ("rem_u", Value::rem_u, |a, b| a.checked_rem(b)),
            ("div_u", Value::div_u, |a, b| a.checked_div(b)),
            ("join", Value::join, |a, _| Some(a)),
        ];
        for (name, on_values, on_numbers) in operators {
            for (left, lefts) in samples() {
                for (right, rights) in samples() {
                    let found = on_values(left, right);
                    for (a, b) in lefts.iter().flat_map(|a| rights.iter().map(move |b| (*a, *b))) {
                        let Some(number) = on_numbers(a, b) else { continue };
                        assert!(has(found, number), "{name} {left:?} {right:?}: {number} is not in {found:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn comparisons_drop_only_what_they_exclude() {
        let relations =
            [Relation::Eq, Relation::Ne, Relation::Below, Relation::AtMost, Relation::Above, Relation::AtLeast];
        fn holds<T: Ord>(relation: Relation, a: T, b: T) -> bool {
            match relation {
                Relation::Eq => a == b,
                Relation::Ne => a != b,
                Relation::Below => a < b,
                Relation::AtMost => a <= b,
                Relation::Above => a > b,
                Relation::AtLeast => a >= b,
            }
        }
        for (relation, is_signed) in relations.into_iter().flat_map(|relation| [(relation, false), (relation, true)]) {
            let holds = |relation: Relation, a: u32, b: u32| {
                if is_signed { holds(relation, a as i32, b as i32) } else { holds(relation, a, b) }
            };
            for (left, lefts) in samples() {
                for (right, rights) in samples() {
                    let found = left.where_holds(relation, is_signed, right);
                    for (a, b) in lefts.iter().flat_map(|a| rights.iter().map(move |b| (*a, *b))) {
                        let is_kept = found.is_some_and(|found| has(found, a));
                        assert!(is_kept || !holds(relation, a, b), "{left:?} {relation:?} {right:?}: {a} of {found:?}");
                        assert_eq!(holds(relation, a, b), !holds(relation.negated(), a, b));
                        assert_eq!(holds(relation, a, b), holds(relation.mirrored(), b, a));
                    }
                }
            }
        }
    }

    #[test]
    fn a_count_by_four_up_to_a_bound_stays_below_it() {
        let (start, bound) = (Value::constant(0), Value::constant(1024));
        let widened = start.widen(start.add(Value::constant(4)), &[0, 1023]);
        assert_eq!((widened.low, widened.high, widened.step), (0, 1020, 4));
        let next = widened.add(Value::constant(4)).where_holds(Relation::Ne, false, bound).expect("some");
        assert_eq!(widened.join(next), widened, "it is a fixed point");
    }

    #[test]
    fn additions_are_counted_unless_they_may_come_round() {
        assert_eq!(Value::range(0, 255).additions(1), Some(255));
        assert_eq!(Value::range(-64, -4).additions(-4), Some(15));
        assert_eq!(Value::ANY.additions(1), None);
        assert_eq!(Value::range(1, ALL - 2).additions(3), None, "2^32 - 2 and 3 is 1 again");
        let places = Value::constant(1024).repeated(4, 255);
        assert_eq!((places.low, places.high, places.step), (1024, 2044, 4));
        assert_eq!(Value::OWN.repeated(-8, 2).low, -16);
    }

    #[test]
    fn distances_from_a_stack_pointer_are_kept() {
        let frame = Value::OWN.sub(Value::constant(32));
        assert_eq!((frame.base, frame.low, frame.high), (Base::Own, -32, -32));
        assert_eq!(frame.add(Value::constant(32)), Value::OWN);
        assert_eq!(frame.add(Value::constant(-16)).low, -48);
        let place = frame.add(Value::range(0, 9));
        assert_eq!((place.base, place.low, place.high), (Base::Own, -32, -23));
        assert_eq!(Value::OWN.add(Value::ANY), Value::ANY);
        let aligned = frame.and(Value::constant(-16));
        assert_eq!((aligned.base, aligned.low, aligned.high), (Base::Own, -47, -32));
        let mixed = frame.join(Value { base: Base::Stack, ..Value::OWN });
        assert_eq!((mixed.base, mixed.low, mixed.high), (Base::Stack, -32, 0));
        assert_eq!(frame.join(Value::constant(5)), Value::ANY);
        assert_eq!(frame.where_holds(Relation::Below, false, Value::OWN), Some(frame), "it may have wrapped");
    }
}
