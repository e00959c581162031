//! The digits of doubles as Redis 7.2 prints them, by the Grisu2 algorithm of Florian Loitsch.
//!
//! Grisu2 works with 64 bits and a table of powers of ten. Its digits always read back as the same
//! double. In one case of a thousand they are not the fewest, as in `99999999999999990000000` for
//! 1e23. Clients of Redis see these cases, so an algorithm that always finds the fewest would print
//! other text.

use core::ops::RangeInclusive;

use super::NumberText;

/// Bit of a significand that doubles leave out.
const HIDDEN_BIT: u64 = 1 << 52;

/// Exponent of the first power of ten, and distance to the next one.
const FIRST_POWER: i32 = -348;
const POWER_STEP: i32 = 8;

/// Exponents of two that a scaled number may have, so that its integer part has at most 32 bits.
const SCALED: RangeInclusive<i32> = -60..=-32;

/// Returns the digits of a finite double above zero, and the power of ten that the first of them
/// stands for.
pub(super) fn digits(value: f64) -> (NumberText, i64) {
    let value = Binary::from(value);
    let (lower, upper) = value.boundaries();
    let (power, exponent) = power_for(upper.exponent);
    let [value, lower, mut upper] =
        [value.normalized(), lower, upper].map(|number| number.times(power));
    // The products are off by at most one unit, so the interval is narrowed by that.
    upper.significand -= 1;
    let delta = upper.significand - (lower.significand + 1);
    let (text, dropped) = generate(upper, delta, upper.significand - value.significand);
    let first = i64::from(dropped - exponent) + text.len() as i64 - 1;
    (text, first)
}

/// `significand * 2^exponent`
#[derive(Clone, Copy)]
struct Binary {
    significand: u64,
    exponent: i32,
}

impl From<f64> for Binary {
    fn from(value: f64) -> Self {
        /// Bias of exponents, plus the bits of the fraction.
        const BIAS: i32 = 1023 + 52;
        let fraction = value.to_bits() & (HIDDEN_BIT - 1);
        match (value.to_bits() >> 52 & 0x7ff) as i32 {
            0 => Self { significand: fraction, exponent: 1 - BIAS },
            biased => Self { significand: fraction | HIDDEN_BIT, exponent: biased - BIAS },
        }
    }
}

impl Binary {
    /// The same number with the highest bit set.
    fn normalized(self) -> Self {
        let shift = self.significand.leading_zeros();
        Self { significand: self.significand << shift, exponent: self.exponent - shift as i32 }
    }

    /// The points half way to the next lower double and to the next higher one, with the same
    /// exponent.
    fn boundaries(self) -> (Self, Self) {
        let upper = Self { significand: (self.significand << 1) + 1, exponent: self.exponent - 1 };
        let upper = upper.normalized();
        // Doubles below a power of two lie closer together.
        let shift = if self.significand == HIDDEN_BIT { 2 } else { 1 };
        let lower = (self.significand << shift) - 1;
        let significand = lower << (self.exponent - shift - upper.exponent);
        (Self { significand, exponent: upper.exponent }, upper)
    }

    /// The upper 64 bits of the product, rounded.
    fn times(self, other: Self) -> Self {
        let product = u128::from(self.significand) * u128::from(other.significand);
        let significand = ((product + (1 << 63)) >> 64) as u64;
        Self { significand, exponent: self.exponent + other.exponent + 64 }
    }
}

/// Returns a power of ten that brings a number with this exponent into [`SCALED`], and its exponent
/// of ten. Where two powers would do, the estimate decides.
fn power_for(exponent: i32) -> (Binary, i32) {
    const LOG10_OF_2: f64 = 0.301_029_995_663_981_14;
    let estimate = (f64::from(-(exponent + POWERS.len() as i32)) * LOG10_OF_2) as i32;
    let mut index = (estimate - FIRST_POWER) / POWER_STEP;
    loop {
        let ten = FIRST_POWER + index * POWER_STEP;
        // The integer part of the logarithm to the base two.
        let two = ((i64::from(ten) * 1_741_647) >> 19) as i32;
        let power = Binary { significand: POWERS[index as usize], exponent: two - 63 };
        let scaled = exponent + power.exponent + 64;
        if SCALED.contains(&scaled) {
            return (power, ten);
        }
        index += if scaled < *SCALED.start() { 1 } else { -1 };
    }
}

/// Returns the fewest digits of `upper` that drop less than `delta`, and the number of integer
/// digits that are dropped. The value is `distance` below `upper`.
fn generate(upper: Binary, mut delta: u64, mut distance: u64) -> (NumberText, i32) {
    let (shift, mut text) = (-upper.exponent, NumberText::default());
    let one = 1_u64 << shift;
    let (mut integer, mut fraction) = (upper.significand >> shift, upper.significand & (one - 1));
    for left in (0..10).rev() {
        let unit = 10_u64.pow(left);
        text.push_digit(integer / unit);
        integer %= unit;
        let rest = (integer << shift) + fraction;
        if rest <= delta {
            text.approach(distance, rest, unit << shift, delta);
            return (text, left as i32);
        }
    }
    let mut dropped = 0;
    loop {
        fraction *= 10;
        delta = delta.wrapping_mul(10);
        distance = distance.wrapping_mul(10);
        dropped -= 1;
        text.push_digit(fraction >> shift);
        fraction &= one - 1;
        if fraction < delta {
            text.approach(distance, fraction, one, delta);
            return (text, dropped);
        }
    }
}

impl NumberText {
    /// Appends a digit, unless it would be a leading zero.
    fn push_digit(&mut self, digit: u64) {
        if digit > 0 || self.len > 0 {
            self.push(&[b'0' + digit as u8]);
        }
    }

    /// Lowers the last digit, worth `unit`, while that comes closer to the value and stays within
    /// `delta`. The digits are `rest` below the upper boundary, the value is `distance` below it.
    fn approach(&mut self, distance: u64, mut rest: u64, unit: u64, delta: u64) {
        while rest < distance
            && delta - rest >= unit
            && (rest + unit < distance || distance - rest > rest + unit - distance)
        {
            self.bytes[self.len - 1] -= 1;
            rest += unit;
        }
    }
}

/// Upper 64 bits of the powers of ten, rounded.
const POWERS: [u64; 87] = [
    0xfa8f_d5a0_081c_0288,
    0xbaae_e17f_a23e_bf76,
    0x8b16_fb20_3055_ac76,
    0xcf42_894a_5dce_35ea,
    0x9a6b_b0aa_5565_3b2d,
    0xe61a_cf03_3d1a_45df,
    0xab70_fe17_c79a_c6ca,
    0xff77_b1fc_bebc_dc4f,
    0xbe56_91ef_416b_d60c,
    0x8dd0_1fad_907f_fc3c,
    0xd351_5c28_3155_9a83,
    0x9d71_ac8f_ada6_c9b5,
    0xea9c_2277_23ee_8bcb,
    0xaecc_4991_4078_536d,
    0x823c_1279_5db6_ce57,
    0xc210_9436_4dfb_5637,
    0x9096_ea6f_3848_984f,
    0xd774_85cb_2582_3ac7,
    0xa086_cfcd_97bf_97f4,
    0xef34_0a98_172a_ace5,
    0xb238_67fb_2a35_b28e,
    0x84c8_d4df_d2c6_3f3b,
    0xc5dd_4427_1ad3_cdba,
    0x936b_9fce_bb25_c996,
    0xdbac_6c24_7d62_a584,
    0xa3ab_6658_0d5f_daf6,
    0xf3e2_f893_dec3_f126,
    0xb5b5_ada8_aaff_80b8,
    0x8762_5f05_6c7c_4a8b,
    0xc9bc_ff60_34c1_3053,
    0x964e_858c_91ba_2655,
    0xdff9_7724_7029_7ebd,
    0xa6df_bd9f_b8e5_b88f,
    0xf8a9_5fcf_8874_7d94,
    0xb944_7093_8fa8_9bcf,
    0x8a08_f0f8_bf0f_156b,
    0xcdb0_2555_6531_31b6,
    0x993f_e2c6_d07b_7fac,
    0xe45c_10c4_2a2b_3b06,
    0xaa24_2499_6973_92d3,
    0xfd87_b5f2_8300_ca0e,
    0xbce5_0864_9211_1aeb,
    0x8cbc_cc09_6f50_88cc,
    0xd1b7_1758_e219_652c,
    0x9c40_0000_0000_0000,
    0xe8d4_a510_0000_0000,
    0xad78_ebc5_ac62_0000,
    0x813f_3978_f894_0984,
    0xc097_ce7b_c907_15b3,
    0x8f7e_32ce_7bea_5c70,
    0xd5d2_38a4_abe9_8068,
    0x9f4f_2726_179a_2245,
    0xed63_a231_d4c4_fb27,
    0xb0de_6538_8cc8_ada8,
    0x83c7_088e_1aab_65db,
    0xc45d_1df9_4271_1d9a,
    0x924d_692c_a61b_e758,
    0xda01_ee64_1a70_8dea,
    0xa26d_a399_9aef_774a,
    0xf209_787b_b47d_6b85,
    0xb454_e4a1_79dd_1877,
    0x865b_8692_5b9b_c5c2,
    0xc835_53c5_c896_5d3d,
    0x952a_b45c_fa97_a0b3,
    0xde46_9fbd_99a0_5fe3,
    0xa59b_c234_db39_8c25,
    0xf6c6_9a72_a398_9f5c,
    0xb7dc_bf53_54e9_bece,
    0x88fc_f317_f222_41e2,
    0xcc20_ce9b_d35c_78a5,
    0x9816_5af3_7b21_53df,
    0xe2a0_b5dc_971f_303a,
    0xa8d9_d153_5ce3_b396,
    0xfb9b_7cd9_a4a7_443c,
    0xbb76_4c4c_a7a4_4410,
    0x8bab_8eef_b640_9c1a,
    0xd01f_ef10_a657_842c,
    0x9b10_a4e5_e991_3129,
    0xe710_9bfb_a19c_0c9d,
    0xac28_20d9_623b_f429,
    0x8044_4b5e_7aa7_cf85,
    0xbf21_e440_03ac_dd2d,
    0x8e67_9c2f_5e44_ff8f,
    0xd433_179d_9c8c_b841,
    0x9e19_db92_b4e3_1ba9,
    0xeb96_bf6e_badf_77d9,
    0xaf87_023b_9bf0_ee6b,
];
