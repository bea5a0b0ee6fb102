//! The tables of the HyperLogLog++ paper (Heule, Nunkesser, Hall 2013; its appendix): how far raw estimates are off,
//! and below what number counting the registers that are zero is better.

use std::sync::OnceLock;

/// For precisions 4 to 18.
const THRESHOLDS: [u32; 15] =
    [10, 20, 40, 80, 220, 400, 900, 1800, 3100, 6500, 11500, 20000, 50000, 120000, 350000];
const FIRST_PRECISION: u8 = 4;

/// How many of the nearest measured estimates tell the bias together.
const NEIGHBOURS: usize = 6;

/// Measured raw estimates, each with its bias.
type Table = Vec<(f64, f64)>;

/// Below this, counting zeros is better; none for a precision without tables.
pub fn threshold(precision: u8) -> Option<f64> {
    let position = precision.checked_sub(FIRST_PRECISION)?;
    THRESHOLDS.get(usize::from(position)).map(|threshold| f64::from(*threshold))
}

/// By how much a raw estimate is too large; none for a precision without tables.
pub fn of(precision: u8, estimate: f64) -> Option<f64> {
    let table = tables().get(usize::from(precision.checked_sub(FIRST_PRECISION)?))?;
    let mut near: Vec<(f64, f64)> =
        table.iter().map(|(raw, bias)| ((estimate - raw).powi(2), *bias)).collect();
    // Of two that are equally near the reference knows the last only.
    near.reverse();
    near.sort_by(|left, right| left.0.total_cmp(&right.0));
    near.dedup_by_key(|(distance, _)| *distance);
    near.truncate(NEIGHBOURS);
    Some(near.iter().map(|(_, bias)| bias).sum::<f64>() / near.len() as f64)
}

fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = vec![Table::new(); THRESHOLDS.len()];
        for row in include_str!("bias.csv").lines().skip(1) {
            let (precision, raw, bias) = parse(row).expect("the file is a part of the program");
            tables[usize::from(precision - FIRST_PRECISION)].push((raw, bias));
        }
        tables
    })
}

fn parse(row: &str) -> Option<(u8, f64, f64)> {
    let mut cells = row.split(',');
    let precision = cells.next()?.parse().ok()?;
    Some((precision, cells.next()?.parse().ok()?, cells.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_has_a_table() {
        assert_eq!(tables().len(), THRESHOLDS.len());
        assert!(tables().iter().all(|table| table.len() >= 79));
        assert_eq!(tables().iter().map(Vec::len).sum::<usize>(), 2844);
        assert_eq!((threshold(3), threshold(4), threshold(19)), (None, Some(10.0), None));
        assert_eq!((of(3, 1.0), of(19, 1.0)), (None, None));
    }

    #[test]
    fn the_bias_is_the_mean_of_the_nearest_six() {
        // 11.0 is the first estimate that was measured with 16 registers.
        let nearest = &tables()[0][..NEIGHBOURS];
        let mean = nearest.iter().map(|(_, bias)| bias).sum::<f64>() / NEIGHBOURS as f64;
        assert_eq!(of(4, 11.0), Some(mean));
    }
}
