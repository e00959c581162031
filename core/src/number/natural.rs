//! Natural numbers of any size, with just the operations needed to parse and print a long double.

use alloc::vec;
use alloc::vec::Vec;

use super::rounding::Unrounded;

/// Limbs of 32 bits, least significant first. The last limb is not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Natural(Vec<u32>);

impl From<u64> for Natural {
    fn from(value: u64) -> Self {
        let mut number = Self(vec![value as u32, (value >> 32) as u32]);
        number.trim();
        number
    }
}

impl Natural {
    /// Computes `self * factor + addend`.
    pub(super) fn multiply_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Computes `self * 5^power`.
    pub(super) fn multiply_by_power_of_five(&mut self, power: u32) {
        /// The greatest power of five that fits a limb.
        const STEP: u32 = 13;
        for _ in 0..power / STEP {
            self.multiply_add(5u32.pow(STEP), 0);
        }
        self.multiply_add(5u32.pow(power % STEP), 0);
    }

    /// Computes `self * 2^bits`.
    pub(super) fn shift_left(&mut self, bits: u32) {
        self.multiply_add(1 << (bits % 32), 0);
        if !self.0.is_empty() {
            self.0.splice(..0, core::iter::repeat_n(0, (bits / 32) as usize));
        }
    }

    /// Returns the topmost 96 to 128 bits, and whether any other bit is set.
    pub(super) fn top(&self) -> Unrounded {
        let (low, high) = self.0.split_at(self.0.len().saturating_sub(4));
        Unrounded {
            mantissa: high
                .iter()
                .rev()
                .fold(0, |mantissa, &limb| mantissa << 32 | u128::from(limb)),
            exponent: 32 * low.len() as i64,
            inexact: low.iter().any(|&limb| limb != 0),
        }
    }

    /// Computes `self / divisor` to at least 66 bits. Neither may be zero.
    pub(super) fn divide(mut self, mut divisor: Self) -> Unrounded {
        const BITS: i64 = 67;
        let magnitude = self.bits() - divisor.bits();
        let aligned = if magnitude < 0 { &mut self } else { &mut divisor };
        aligned.shift_left(magnitude.unsigned_abs() as u32);
        let mut quotient = 0;
        for _ in 0..BITS {
            quotient <<= 1;
            if self >= divisor {
                self.subtract(&divisor);
                quotient |= 1;
            }
            self.multiply_add(2, 0);
        }
        Unrounded {
            mantissa: quotient,
            exponent: magnitude - (BITS - 1),
            inexact: !self.0.is_empty(),
        }
    }

    /// Appends the decimal digits.
    pub(super) fn append_decimal(mut self, out: &mut Vec<u8>) {
        let mut groups = Vec::new();
        while !self.0.is_empty() {
            groups.push(self.divide_by_billion());
        }
        let mut groups = groups.iter().rev();
        out.extend_from_slice(itoa::Buffer::new().format(*groups.next().unwrap_or(&0)).as_bytes());
        for group in groups {
            let mut buffer = itoa::Buffer::new();
            // A leading one preserves the zeros.
            out.extend_from_slice(&buffer.format(BILLION + group).as_bytes()[1..]);
        }
    }

    /// Divides by a billion and returns the remainder.
    fn divide_by_billion(&mut self) -> u32 {
        let mut remainder = 0;
        for limb in self.0.iter_mut().rev() {
            let dividend = remainder << 32 | u64::from(*limb);
            *limb = (dividend / u64::from(BILLION)) as u32;
            remainder = dividend % u64::from(BILLION);
        }
        self.trim();
        remainder as u32
    }

    fn subtract(&mut self, other: &Self) {
        let mut borrow = 0i64;
        for (i, limb) in self.0.iter_mut().enumerate() {
            let difference =
                i64::from(*limb) - i64::from(other.0.get(i).copied().unwrap_or(0)) + borrow;
            *limb = difference as u32;
            borrow = difference >> 32;
        }
        self.trim();
    }

    fn bits(&self) -> i64 {
        32 * self.0.len() as i64 - i64::from(self.0.last().map_or(0, |limb| limb.leading_zeros()))
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

const BILLION: u32 = 1_000_000_000;

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        let by_len = self.0.len().cmp(&other.0.len());
        Some(by_len.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev())))
    }
}
