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
        let number = usize::try_from((bits + 2).div_ceil(width)).unwrap_or(0).next_multiple_of(BLOCK);
        let limbs = to_limbs(modulus, width, number);
        let mut this = Self { width, inverse: 0, radix_square: limbs.clone(), limbs };
        this.inverse = this.negative_inverse();
        this.radix_square = this.radix_square(bits);
        this
    }

    /// `base` to the power of `exponent`, which is odd, as `length` bytes, big-endian; `base` is below the modulus.
    pub(super) fn power(&self, base: &[u8], exponent: u32, length: usize) -> Vec<u8> {
        let plain = to_limbs(base, self.width, self.limbs.len());
        let mut scratch = vec![0; 2 * self.limbs.len()];
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
    fn product(&self, left: &[u32], right: &[u32], columns: &mut [u64]) -> Box<[u32]> {
        columns.fill(0);
        for (block, start) in left.as_chunks::<BLOCK>().0.iter().zip((0..).step_by(BLOCK)) {
            add_products(columns.get_mut(start..).unwrap_or_default(), *block, right);
        }
        self.reduce(columns)
    }

    /// `factor² / R`: of each pair of equal products only one is computed.
    fn square(&self, factor: &[u32], columns: &mut [u64]) -> Box<[u32]> {
        columns.fill(0);
        let mut rest = factor;
        let mut start = 0;
        while let Some((block, after)) = rest.split_first_chunk::<BLOCK>() {
            // Within the block all products, with what comes after it each one twice.
            add_products(columns.get_mut(2 * start..).unwrap_or_default(), *block, block);
            let doubled = block.map(|limb| limb << 1);
            add_products(columns.get_mut(2 * start + BLOCK..).unwrap_or_default(), doubled, after);
            rest = after;
            start += BLOCK;
        }
        self.reduce(columns)
    }

    /// The number that the columns add up to, divided by `R` modulo the modulus.
    fn reduce(&self, columns: &mut [u64]) -> Box<[u32]> {
        let mask = (1_u32 << self.width) - 1;
        let Some((lowest, upper)) = self.limbs.split_first_chunk::<BLOCK>() else { return Box::default() };
        let mut carry = 0;
        let mut rest = &mut *columns;
        for _ in (0..self.limbs.len()).step_by(BLOCK) {
            let Some((block, after)) = std::mem::take(&mut rest).split_first_chunk_mut::<BLOCK>() else {
                break;
            };
            // Multiples of the modulus that make the columns of this block zero, one after the other.
            let mut quotients = [0; BLOCK];
            for index in 0..BLOCK {
                let known = quotients.iter().take(index).zip(lowest.iter().take(index + 1).rev());
                let known =
                    known.fold(0_u64, |sum, (quotient, limb)| sum.wrapping_add(wide(*quotient, *limb)));
                let (Some(column), Some(place)) = (block.get(index), quotients.get_mut(index)) else { break };
                let sum = column.wrapping_add(known).wrapping_add(carry);
                *place = low(sum).wrapping_mul(self.inverse) & mask;
                carry = sum.wrapping_add(wide(*place, lowest[0])) >> self.width;
            }
            // What these multiples add to the columns after the block.
            for (column, index) in after.iter_mut().zip(1..BLOCK) {
                let pairs = quotients.iter().skip(index).zip(lowest.iter().skip(index).rev());
                *column =
                    pairs.fold(*column, |sum, (quotient, limb)| sum.wrapping_add(wide(*quotient, *limb)));
            }
            add_products(after, quotients, upper);
            rest = after;
        }
        let mut result = vec![0; self.limbs.len()].into_boxed_slice();
        for (place, column) in result.iter_mut().zip(rest) {
            carry = carry.wrapping_add(*column);
            *place = low(carry) & mask;
            carry >>= self.width;
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
        let mut scratch = vec![0; 2 * self.limbs.len()];
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

/// Adds `block × limbs` to the columns: four rows at once, so that a column is loaded and stored once for four
/// products.
#[inline]
fn add_products(columns: &mut [u64], block: [u32; BLOCK], limbs: &[u32]) {
    let [a, b, c, d] = block;
    let (mut before, mut second, mut third) = (0, 0, 0);
    let mut columns = columns.iter_mut();
    for (limb, column) in limbs.iter().zip(columns.by_ref()) {
        *column = column
            .wrapping_add(wide(a, *limb))
            .wrapping_add(wide(b, before))
            .wrapping_add(wide(c, second))
            .wrapping_add(wide(d, third));
        (before, second, third) = (*limb, before, second);
    }
    let last = [
        wide(b, before).wrapping_add(wide(c, second)).wrapping_add(wide(d, third)),
        wide(c, before).wrapping_add(wide(d, second)),
        wide(d, before),
    ];
    for (sum, column) in last.into_iter().zip(columns) {
        *column = column.wrapping_add(sum);
    }
}

/// A whole product.
#[inline]
fn wide(left: u32, right: u32) -> u64 {
    u64::from(left).wrapping_mul(u64::from(right))
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

/// Rows that are added at once.
const BLOCK: usize = 4;
