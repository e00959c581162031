//! Positions on Earth as numbers, and areas as ranges of numbers.
//!
//! A position is a score of a sorted set: 26 bits of latitude and 26 of longitude, interleaved, the
//! most significant first. So the first 2n bits are a cell of a grid of 2^n by 2^n cells, and a
//! cell is a range of scores. To find the positions within an area, nine cells are searched: the
//! one of the centre and its neighbours, in the finest grid in which they cover the area.
//!
//! Distances are those on a sphere (the haversine formula); printed results match Redis to the last
//! digit. Latitudes end at 85°, where the Mercator projection is square.

use core::f64::consts::PI;
use core::ops::{Range, RangeInclusive};

const LONGITUDES: RangeInclusive<f64> = -180.0..=180.0;
const LATITUDES: RangeInclusive<f64> = -85.051_128_78..=85.051_128_78;
/// The latitude range of standard geohashes.
const STANDARD_LATITUDES: RangeInclusive<f64> = -90.0..=90.0;
/// Number of bits per coordinate in a score.
const MAX_STEP: u32 = 26;
const EARTH_RADIUS_M: f64 = 6_372_797.560_856;
/// Half the width of the map: half the length of the equator.
const MERCATOR_MAX_M: f64 = 20_037_726.37;
const DEGREE: f64 = PI / 180.0;

/// A place on Earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Degrees east of Greenwich.
    pub longitude: f64,
    /// Degrees north of the equator.
    pub latitude: f64,
}

impl Position {
    /// Creates a position, or returns `None` if its coordinates are out of range.
    #[must_use]
    pub fn new(longitude: f64, latitude: f64) -> Option<Self> {
        let exists = LONGITUDES.contains(&longitude) && LATITUDES.contains(&latitude);
        exists.then_some(Self { longitude, latitude })
    }

    /// Returns the score of the smallest cell that contains the position.
    ///
    /// ```
    /// use redstart_core::value::geohash::Position;
    /// let palermo = Position::new(13.361389, 38.115556).expect("it is on Earth");
    /// assert_eq!(palermo.score(), 3479099956230698.0);
    /// assert_eq!(&Position::of_score(palermo.score()).geohash(), b"sqc8b49rny0");
    /// ```
    #[must_use]
    pub fn score(self) -> f64 {
        Cell::at(self, &LATITUDES, MAX_STEP).bits() as f64
    }

    /// Returns the centre of the cell of a score. Of scores that are not cells, the low bits are
    /// used.
    #[must_use]
    pub fn of_score(score: f64) -> Self {
        let area = Cell::of_bits(bits_of(score)).area();
        let middle = |range: &Range<f64>, limits: &RangeInclusive<f64>| {
            ((range.start + range.end) / 2.0).clamp(*limits.start(), *limits.end())
        };
        Self {
            longitude: middle(&area.longitudes, &LONGITUDES),
            latitude: middle(&area.latitudes, &LATITUDES),
        }
    }

    /// Returns the standard geohash: eleven characters, of which 52 bits fill the first ten.
    #[must_use]
    pub fn geohash(self) -> [u8; 11] {
        const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        let bits = Cell::at(self, &STANDARD_LATITUDES, MAX_STEP).bits();
        let character = |at: u32| ALPHABET[(bits >> (2 * MAX_STEP - 5 * (at + 1))) as usize % 32];
        core::array::from_fn(|at| if at < 10 { character(at as u32) } else { b'0' })
    }

    /// Returns the distance on the sphere, in metres.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let (own, others) = (self.latitude * DEGREE, other.latitude * DEGREE);
        let v = libm::sin((other.longitude * DEGREE - self.longitude * DEGREE) / 2.0);
        if v == 0.0 {
            return self.latitude_distance_m(other);
        }
        let u = libm::sin((others - own) / 2.0);
        let a = u * u + libm::cos(own) * libm::cos(others) * v * v;
        2.0 * EARTH_RADIUS_M * libm::asin(libm::sqrt(a))
    }

    /// Returns the distance between the circles of latitude, in metres.
    fn latitude_distance_m(self, other: Self) -> f64 {
        EARTH_RADIUS_M * (other.latitude * DEGREE - self.latitude * DEGREE).abs()
    }
}

/// The shape of an area, in the area's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// All positions within a distance from the centre.
    Circle {
        /// The distance.
        radius: f64,
    },
    /// All positions between two meridians and two circles of latitude.
    Box {
        /// The extent from west to east, with the centre in the middle.
        width: f64,
        /// The extent from south to north.
        height: f64,
    },
}

/// A part of the Earth's surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The centre.
    pub center: Position,
    /// The shape around the centre.
    pub shape: Shape,
    /// The length of the shape's unit in metres.
    pub unit_m: f64,
}

impl Area {
    /// Returns the distance of a position from the centre in metres, if the position is within the
    /// area.
    #[must_use]
    pub fn distance_m(&self, position: Position) -> Option<f64> {
        // If rounding has made a distance greater than half the Earth's circumference, the result
        // is `NaN`, which is not beyond any bound.
        let is_beyond = match self.shape {
            Shape::Circle { radius } => {
                let radius_m = radius * self.unit_m;
                // No path is shorter than that between the circles of latitude, which needs no
                // sine. The margin allows for rounding.
                if self.center.latitude_distance_m(position) > radius_m * (1.0 + 1e-9) {
                    return None;
                }
                let distance_m = self.center.distance_m(position);
                return if distance_m > radius_m { None } else { Some(distance_m) };
            }
            Shape::Box { width, height } => {
                let (width_m, height_m) = (width * self.unit_m, height * self.unit_m);
                let beside = Position { longitude: self.center.longitude, ..position };
                self.center.latitude_distance_m(position) > height_m / 2.0
                    || position.distance_m(beside) > width_m / 2.0
            }
        };
        (!is_beyond).then(|| self.center.distance_m(position))
    }

    /// Returns the ranges of scores in which to search for positions within the area, in Redis's
    /// order: without sorting, this is the order of the reply.
    pub fn score_ranges(&self) -> impl Iterator<Item = Range<f64>> {
        // In a huge area, neighbours may be the same cell. Redis compares each with the previous
        // one, but never with the first.
        let mut last = None;
        let cells = self.cells().into_iter().enumerate().filter_map(|(at, cell)| Some((at, cell?)));
        cells.filter_map(move |(at, cell)| {
            if last == Some(cell) {
                return None;
            }
            last = (at > 0).then_some(cell);
            let unit = 1u64 << (2 * (MAX_STEP - cell.step));
            let bits = cell.bits();
            Some((bits * unit) as f64..((bits + 1) * unit) as f64)
        })
    }

    /// Returns the cell of the centre and those of its neighbours that overlap the area.
    fn cells(&self) -> [Option<Cell>; 9] {
        /// Offsets to the east and north of the centre.
        const NEIGHBOURS: [(i32, i32); 9] =
            [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];
        let bounds = self.bounds();
        let mut step = self.step();
        let cell = |step| Cell::at(self.center, &LATITUDES, step);
        let is_too_small = |cell: Cell| {
            cell.moved(0, 1).area().latitudes.end < bounds.latitudes.end
                || cell.moved(0, -1).area().latitudes.start > bounds.latitudes.start
                || cell.moved(1, 0).area().longitudes.end < bounds.longitudes.end
                || cell.moved(-1, 0).area().longitudes.start > bounds.longitudes.start
        };
        if step > 1 && is_too_small(cell(step)) {
            step -= 1;
        }
        let (cell, own) = (cell(step), cell(step).area());
        NEIGHBOURS.map(|(east, north)| {
            let is_beyond = step >= 2
                && (north < 0 && own.latitudes.start < bounds.latitudes.start
                    || north > 0 && own.latitudes.end > bounds.latitudes.end
                    || east < 0 && own.longitudes.start < bounds.longitudes.start
                    || east > 0 && own.longitudes.end > bounds.longitudes.end);
            (!is_beyond).then(|| cell.moved(east, north))
        })
    }

    /// Returns the number of bits per coordinate for which cells are probably large enough.
    fn step(&self) -> u32 {
        let mut radius_m = self.unit_m
            * match self.shape {
                Shape::Circle { radius } => radius,
                Shape::Box { width, height } => {
                    libm::sqrt((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0))
                }
            };
        if radius_m == 0.0 {
            return MAX_STEP;
        }
        let mut step = 1;
        while radius_m < MERCATOR_MAX_M {
            radius_m *= 2.0;
            step += 1;
        }
        // Cells become narrower towards the poles.
        let narrowness = match self.center.latitude.abs() {
            80.0.. if self.center.latitude.abs() > 80.0 => 2,
            66.0.. if self.center.latitude.abs() > 66.0 => 1,
            _ => 0,
        };
        (step - 2 - narrowness).clamp(1, MAX_STEP as i32) as u32
    }

    /// Returns the bounding box of the area.
    fn bounds(&self) -> Bounds {
        let (width, height) = match self.shape {
            Shape::Circle { radius } => (radius, radius),
            Shape::Box { width, height } => (width / 2.0, height / 2.0),
        };
        let (width_m, height_m) = (self.unit_m * width, self.unit_m * height);
        let Position { longitude, latitude } = self.center;
        let north = height_m / EARTH_RADIUS_M / DEGREE;
        // The side towards the pole spans more degrees.
        let widest = if latitude < 0.0 { latitude - north } else { latitude + north };
        let east = width_m / EARTH_RADIUS_M / libm::cos(widest * DEGREE) / DEGREE;
        Bounds {
            longitudes: longitude - east..longitude + east,
            latitudes: latitude - north..latitude + north,
        }
    }
}

/// A cell of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    /// Counted from the west. The last column of every grid has an eastern neighbour, which
    /// consists only of the meridian that ends the map.
    column: u32,
    /// Counted from the south, likewise.
    row: u32,
    /// The base-2 logarithm of the number of columns, which equals the number of rows.
    step: u32,
}

/// The area between two meridians and two circles of latitude.
struct Bounds {
    longitudes: Range<f64>,
    latitudes: Range<f64>,
}

impl Cell {
    /// Returns the cell that contains a position.
    fn at(position: Position, latitudes: &RangeInclusive<f64>, step: u32) -> Self {
        let index = |degrees: f64, range: &RangeInclusive<f64>| {
            let part = (degrees - range.start()) / (range.end() - range.start());
            (part * f64::from(1u32 << step)) as u32
        };
        let (column, row) =
            (index(position.longitude, &LONGITUDES), index(position.latitude, latitudes));
        Self { column, row, step }
    }

    /// Returns the smallest cell with these bits.
    const fn of_bits(bits: u64) -> Self {
        Self { column: even_bits(bits >> 1), row: even_bits(bits), step: MAX_STEP }
    }

    const fn bits(self) -> u64 {
        spread(self.column) << 1 | spread(self.row)
    }

    /// Returns the cell `east` columns to the east and `north` rows to the north, wrapping around
    /// at the edges of the map.
    const fn moved(self, east: i32, north: i32) -> Self {
        let last = (1 << self.step) - 1;
        let column =
            if east == 0 { self.column } else { self.column.wrapping_add_signed(east) & last };
        let row = if north == 0 { self.row } else { self.row.wrapping_add_signed(north) & last };
        Self { column, row, ..self }
    }

    fn area(self) -> Bounds {
        let degrees = |index: u32, range: &RangeInclusive<f64>| {
            let part = f64::from(index) / f64::from(1u32 << self.step);
            range.start() + part * (range.end() - range.start())
        };
        let range =
            |index: u32, range| degrees(index, range)..degrees(index.wrapping_add(1), range);
        Bounds {
            longitudes: range(self.column, &LONGITUDES),
            latitudes: range(self.row, &LATITUDES),
        }
    }
}

/// Converts a score to an integer. A sorted set may have any score; those that do not fit 64 bits
/// are converted as an x86 processor would.
fn bits_of(score: f64) -> u64 {
    const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
    if score >= TWO_TO_64 {
        0
    } else if score < 0.0 {
        score as i64 as u64
    } else {
        score as u64
    }
}

/// Inserts a zero before each bit of a number.
const fn spread(number: u32) -> u64 {
    let mut bits = number as u64;
    bits = (bits | bits << 16) & 0x0000_ffff_0000_ffff;
    bits = (bits | bits << 8) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
    (bits | bits << 1) & 0x5555_5555_5555_5555
}

/// Extracts every other bit of a number, beginning with the lowest.
const fn even_bits(bits: u64) -> u32 {
    let mut bits = bits & 0x5555_5555_5555_5555;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff;
    (bits | bits >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Seed};
    use alloc::vec::Vec;

    fn anywhere(random: &mut Random) -> Position {
        let mut part = || random.below(1 << 53) as f64 / (1u64 << 53) as f64;
        Position::new(part() * 360.0 - 180.0, part() * 170.0 - 85.0).unwrap()
    }

    #[test]
    fn a_score_approximates_its_position() {
        let mut random = Random::new(Seed(1));
        for _ in 0..10_000 {
            let position = anywhere(&mut random);
            let read = Position::of_score(position.score());
            assert!(position.distance_m(read) < 0.6, "{position:?} {read:?}");
            assert_eq!(read.score(), position.score());
        }
    }

    #[test]
    fn spreading_interleaves_bits_and_even_bits_extracts_them() {
        let mut random = Random::new(Seed(2));
        for _ in 0..1_000 {
            let number = random.next_u64() as u32;
            let naive = (0..32).fold(0, |bits, at| bits | u64::from(number >> at & 1) << (2 * at));
            assert_eq!(spread(number), naive);
            assert_eq!(even_bits(spread(number) | spread(!number) << 1), number);
        }
    }

    #[test]
    fn positions_within_an_area_are_in_its_score_ranges() {
        let mut random = Random::new(Seed(3));
        for _ in 0..2_000 {
            let center = anywhere(&mut random);
            // Areas that extend beyond the map are incomplete, in Redis too.
            if center.latitude.abs() > 60.0 || center.longitude.abs() > 130.0 {
                continue;
            }
            let size = libm::pow(10.0, random.below(60) as f64 / 10.0);
            let shape = if random.below(2) == 0 {
                Shape::Circle { radius: size }
            } else {
                Shape::Box { width: size, height: size * (0.1 + random.below(20) as f64 / 10.0) }
            };
            let area = Area { center, shape, unit_m: 1.0 };
            let ranges: Vec<_> = area.score_ranges().collect();
            assert!((1..=9).contains(&ranges.len()));
            for _ in 0..50 {
                let degrees = 2.0 * size / EARTH_RADIUS_M / DEGREE;
                let mut near = || (random.below(2_001) as f64 / 1_000.0 - 1.0) * degrees;
                let (longitude, latitude) = (center.longitude + near(), center.latitude + near());
                let Some(position) = Position::new(longitude, latitude) else { continue };
                let score = position.score();
                let position = Position::of_score(score);
                if area.distance_m(position).is_some() {
                    assert!(
                        ranges.iter().any(|range| range.contains(&score)),
                        "{area:?} {position:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_circle_contains_positions_up_to_its_radius() {
        let palermo = Position::new(13.361389, 38.115556).unwrap();
        let catania = Position::new(15.087269, 37.502669).unwrap();
        assert!((palermo.distance_m(catania) - 166_274.151_6).abs() < 0.5);
        assert_eq!(palermo.distance_m(palermo), 0.0);
        let circle =
            |radius| Area { center: palermo, shape: Shape::Circle { radius }, unit_m: 1000.0 };
        assert!(circle(166.0).distance_m(catania).is_none());
        assert!(circle(167.0).distance_m(catania).is_some());
        let rectangle = |width, height| {
            let shape = Shape::Box { width, height };
            Area { center: palermo, shape, unit_m: 1000.0 }.distance_m(catania).is_some()
        };
        assert!(rectangle(310.0, 140.0) && !rectangle(300.0, 140.0) && !rectangle(310.0, 130.0));
    }

    #[test]
    fn areas_of_any_size_have_ranges() {
        let mut random = Random::new(Seed(4));
        for size in [0.0, 1e-300, 1e-3, 1e7, 5e7, 1e300, f64::INFINITY] {
            for _ in 0..100 {
                let center = anywhere(&mut random);
                for shape in
                    [Shape::Circle { radius: size }, Shape::Box { width: size, height: 1.0 }]
                {
                    let area = Area { center, shape, unit_m: 1.0 };
                    assert!(area.score_ranges().all(|range| range.start < range.end));
                }
            }
        }
    }

    #[test]
    fn scores_that_are_not_cells_have_positions() {
        for score in [-1.0, -1e300, 1e300, 4.6e18, f64::INFINITY, f64::NEG_INFINITY, 0.5] {
            let Position { longitude, latitude } = Position::of_score(score);
            assert!(Position::new(longitude, latitude).is_some());
        }
    }
}
