//! Powers of public numbers modulo an odd number (Montgomery multiplication), made for the sandbox.
//!
//! WebAssembly multiplies 32 bits by 32 bits to 64 and has no carry flag. So a number is cut into limbs of 28 (or
//! 26) bits, and a whole column of products is summed in one 64-bit register before anything is carried: about
//! half the time of limbs that fill their word. Factors stay below twice the modulus instead of being reduced
//! after each step, which the two spare bits at the top allow.
//!
//! **Public values only**: time depends on the numbers. Signatures are verified with it; nothing is decrypted.

/// An odd modulus, prepared.
#[derive(Clone)]
pub(super) struct Modulus {
    /// Bits of a limb.
    width: u32,
    /// The modulus, least significant limb first.
    limbs: Box<[u32]>,
    /// `-1 / modulus` modulo the size of a limb.
    inverse: u32,
    /// `R²` modulo the modulus, where `R` is one more than the largest number of as many limbs.
    radix_square: Box<[u32]>,
}

impl Modulus {
    /// Prepares an odd modulus: big-endian, `bits` long, at most 8192 bits.
    pub(super) fn new(modulus: &[u8], bits: u32) -> Self {
        // A column sums up to two products per limb and must stay below 2⁶⁴.
        let width = if bits <= 3072 { 28 } else { 26 };
        let number = usize::try_from((bits + 2).div_ceil(width)).unwrap_or(0);
        let limbs = to_limbs(modulus, width, number);
        let mut this = Self { width, inverse: 0, radix_square: limbs.clone(), limbs };
        this.inverse = this.negative_inverse();
        this.radix_square = this.radix_square(bits);
        this
    }

    /// `base` to the power of `exponent`, which is odd, as `length` bytes, big-endian; `base` is below the modulus.
    pub(super) fn power(&self, base: &[u8], exponent: u32, length: usize) -> Vec<u8> {
        let plain = to_limbs(base, self.width, self.limbs.len());
        let mut scratch = vec![0; self.limbs.len()];
        let base = self.product(&plain, &self.radix_square, &mut scratch);
        let mut power = base.clone();
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            power = self.square(&power, &mut scratch);
            if bit == 0 {
                // The last factor is not in Montgomery form, so neither is the result.
                power = self.product(&power, &plain, &mut scratch);
            } else if exponent >> bit & 1 == 1 {
                power = self.product(&power, &base, &mut scratch);
            }
        }
        if is_less(&power, &self.limbs) {
            return to_bytes(&power, self.width, length);
        }
        self.subtract_modulus(&mut power);
        to_bytes(&power, self.width, length)
    }

    /// `left × right / R`, below twice the modulus if both factors are.
    fn product(&self, left: &[u32], right: &[u32], quotients: &mut [u32]) -> Box<[u32]> {
        self.reduce(quotients, |column, number| {
            let first = column.saturating_sub(number.saturating_sub(1));
            let last = column.min(number.saturating_sub(1));
            match (left.get(first..=last), right.get(column - last..=column - first)) {
                (Some(left), Some(right)) => column_sum(left, right),
                _ => 0,
            }
        })
    }

    /// `factor² / R`: of each pair of equal products one is computed.
    fn square(&self, factor: &[u32], quotients: &mut [u32]) -> Box<[u32]> {
        self.reduce(quotients, |column, number| {
            let first = column.saturating_sub(number.saturating_sub(1));
            // Pairs `(i, column - i)` with `i` below the middle.
            let middle = column.div_ceil(2);
            let pairs = match (factor.get(first..middle), factor.get(column + 1 - middle..=column - first)) {
                (Some(low), Some(high)) => column_sum(low, high),
                _ => 0,
            };
            let square = if column.is_multiple_of(2) {
                factor.get(column / 2).map_or(0, |limb| u64::from(*limb) * u64::from(*limb))
            } else {
                0
            };
            (pairs << 1).wrapping_add(square)
        })
    }

    /// Sums the columns that `products(column, number of limbs)` yields, divided by `R` modulo the modulus.
    #[inline]
    fn reduce(&self, quotients: &mut [u32], products: impl Fn(usize, usize) -> u64) -> Box<[u32]> {
        let number = self.limbs.len();
        let mask = (1_u32 << self.width) - 1;
        let first_limb = self.limbs.first().copied().map_or(0, u64::from);
        let mut sum = 0_u64;
        for column in 0..number {
            sum = sum.wrapping_add(products(column, number));
            if let (Some(known), Some(limbs)) = (quotients.get(..column), self.limbs.get(1..=column)) {
                sum = sum.wrapping_add(column_sum(known, limbs));
            }
            let quotient = low(sum).wrapping_mul(self.inverse) & mask;
            if let Some(place) = quotients.get_mut(column) {
                *place = quotient;
            }
            sum = sum.wrapping_add(u64::from(quotient).wrapping_mul(first_limb)) >> self.width;
        }
        let mut result = vec![0; number].into_boxed_slice();
        for (index, place) in result.iter_mut().enumerate() {
            let column = number + index;
            sum = sum.wrapping_add(products(column, number));
            if let (Some(quotients), Some(limbs)) = (quotients.get(index + 1..), self.limbs.get(index + 1..))
            {
                sum = sum.wrapping_add(column_sum(quotients, limbs));
            }
            *place = low(sum) & mask;
            sum >>= self.width;
        }
        result
    }

    /// Newton's iteration: each step doubles the number of right bits.
    fn negative_inverse(&self) -> u32 {
        let lowest = self.limbs.first().copied().unwrap_or(1);
        let mut inverse = lowest;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u32.wrapping_sub(lowest.wrapping_mul(inverse)));
        }
        inverse.wrapping_neg() & ((1 << self.width) - 1)
    }

    /// `R²` modulo the modulus: 2 to the power of all bits of the limbs, computed in Montgomery form.
    fn radix_square(&self, bits: u32) -> Box<[u32]> {
        let total = self.width * u32::try_from(self.limbs.len()).unwrap_or(0);
        let mut scratch = vec![0; self.limbs.len()];
        // The highest power of two below the modulus, doubled until it is `2 R`: the number 2 in Montgomery form.
        let mut power = vec![0; self.limbs.len()].into_boxed_slice();
        let highest = bits.saturating_sub(1);
        if let Some(limb) = power.get_mut(usize::try_from(highest / self.width).unwrap_or(0)) {
            *limb = 1 << (highest % self.width);
        }
        for _ in highest..=total {
            self.double(&mut power);
        }
        for bit in (0..total.checked_ilog2().unwrap_or(0)).rev() {
            power = self.square(&power, &mut scratch);
            if !is_less(&power, &self.limbs) {
                self.subtract_modulus(&mut power);
            }
            if total >> bit & 1 == 1 {
                self.double(&mut power);
            }
        }
        power
    }

    /// Doubles a number below the modulus, modulo the modulus.
    fn double(&self, number: &mut [u32]) {
        let mask = (1_u32 << self.width) - 1;
        let mut carry = 0;
        for limb in number.iter_mut() {
            let doubled = *limb << 1 | carry;
            *limb = doubled & mask;
            carry = doubled >> self.width;
        }
        if !is_less(number, &self.limbs) {
            self.subtract_modulus(number);
        }
    }

    /// Subtracts the modulus once from a number that is not less.
    fn subtract_modulus(&self, number: &mut [u32]) {
        let mask = (1_u32 << self.width) - 1;
        let mut borrow = 0;
        for (limb, subtrahend) in number.iter_mut().zip(&self.limbs) {
            let difference = limb.wrapping_sub(*subtrahend).wrapping_sub(borrow);
            borrow = difference >> 31;
            *limb = difference & mask;
        }
    }
}

/// The products of one column: the limbs of one factor upwards with those of the other downwards.
#[inline]
fn column_sum(upwards: &[u32], downwards: &[u32]) -> u64 {
    let product = |left: &u32, right: &u32| u64::from(*left).wrapping_mul(u64::from(*right));
    let (fours, rest) = upwards.as_chunks::<4>();
    let (rest_down, fours_down) = downwards.as_rchunks::<4>();
    let mut sums = [0_u64; 2];
    for ([a, b, c, d], [w, x, y, z]) in fours.iter().zip(fours_down.iter().rev()) {
        let [even, odd] = &mut sums;
        *even = even.wrapping_add(product(a, z)).wrapping_add(product(b, y));
        *odd = odd.wrapping_add(product(c, x)).wrapping_add(product(d, w));
    }
    let [even, odd] = sums;
    rest.iter()
        .zip(rest_down.iter().rev())
        .fold(even.wrapping_add(odd), |sum, (left, right)| sum.wrapping_add(product(left, right)))
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
fn low(sum: u64) -> u32 {
    sum as u32
}

/// Whether a number is less than another of as many limbs.
fn is_less(left: &[u32], right: &[u32]) -> bool {
    left.iter().rev().lt(right.iter().rev())
}

fn to_limbs(bytes: &[u8], width: u32, number: usize) -> Box<[u32]> {
    let mask = (1_u64 << width) - 1;
    let mut limbs = Vec::with_capacity(number);
    let (mut held, mut held_bits) = (0_u64, 0);
    for byte in bytes.iter().rev() {
        held |= u64::from(*byte) << held_bits;
        held_bits += 8;
        if held_bits >= width {
            limbs.push(low(held & mask));
            held >>= width;
            held_bits -= width;
        }
    }
    limbs.push(low(held));
    limbs.resize(number, 0);
    limbs.into_boxed_slice()
}

fn to_bytes(limbs: &[u32], width: u32, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 4);
    let (mut held, mut held_bits) = (0_u64, 0);
    for limb in limbs {
        held |= u64::from(*limb) << held_bits;
        held_bits += width;
        while held_bits >= 8 {
            bytes.push(low(held & 0xff).to_le_bytes()[0]);
            held >>= 8;
            held_bits -= 8;
        }
    }
    bytes.push(low(held & 0xff).to_le_bytes()[0]);
    bytes.resize(length, 0);
    bytes.reverse();
    bytes
}
