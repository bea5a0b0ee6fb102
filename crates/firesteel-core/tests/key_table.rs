//! The table of keys against a map of the standard library, whatever the keys and the batches they come in.

use firesteel_core::key_table::KeyTable;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use std::collections::HashMap;

/// Close together, far apart, and different only in bits that a hash might lose.
fn keys() -> impl Strategy<Value = Vec<i64>> {
    let key = prop_oneof![
        -40i64..40,
        any::<i64>(),
        (-20i64..20).prop_map(|high| high << 56),
        (0i64..200).prop_map(|step| step.wrapping_mul(0x1000_0001)),
        prop::sample::select(vec![i64::MIN, i64::MAX, 0, -1]),
    ];
    prop::collection::vec(key, 0..3000)
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(1), cases: 200, ..Config::default() })]

    #[test]
    fn keys_are_numbered_by_first_appearance(keys in keys(), batch in 1usize..500) {
        let (mut table, mut numbers) = (KeyTable::default(), Vec::new());
        for batch in keys.chunks(batch) {
            table.number_all(batch, &mut numbers).unwrap();
        }
        let (mut expected, mut different) = (HashMap::new(), Vec::new());
        for (key, number) in keys.iter().zip(&numbers) {
            let next = different.len() as u32;
            let known = *expected.entry(*key).or_insert_with(|| { different.push(*key); next });
            prop_assert_eq!(*number, known);
        }
        prop_assert_eq!(numbers.len(), keys.len());
        prop_assert_eq!(table.keys(), &different);
    }
}
