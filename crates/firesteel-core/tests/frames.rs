//! Frames as a whole: whatever is written is read back bit for bit, and whatever is damaged is an error.

use firesteel_core::frame::{Column, FrameError, Frames, Variable, write_frame};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// Equal, with floats compared by their bits.
fn same(left: &Column, right: &Column) -> bool {
    match (left, right) {
        (Column::Null(left), Column::Null(right)) => left == right,
        (Column::Bool(left), Column::Bool(right)) => left == right,
        (Column::Int(left), Column::Int(right)) => left == right,
        (Column::Float(left), Column::Float(right)) => {
            left.iter().map(|f| f.to_bits()).eq(right.iter().map(|f| f.to_bits()))
        }
        (Column::Str(left), Column::Str(right)) => left == right,
        (Column::Bytes(left), Column::Bytes(right)) => left == right,
        (
            Column::Tuple { len: left, fields: left_fields },
            Column::Tuple { len: right, fields: right_fields },
        ) => {
            left == right
                && left_fields.len() == right_fields.len()
                && left_fields.iter().zip(right_fields).all(|(left, right)| same(left, right))
        }
        (
            Column::List { ends: left, items: left_items },
            Column::List { ends: right, items: right_items },
        ) => left == right && same(left_items, right_items),
        (
            Column::Pickled { len: left, data: left_data },
            Column::Pickled { len: right, data: right_data },
        ) => left == right && left_data == right_data,
        (
            Column::Serialized { len: left, data: left_data },
            Column::Serialized { len: right, data: right_data },
        ) => left == right && left_data == right_data,
        _ => false,
    }
}

fn encoded(columns: &[Column]) -> Vec<u8> {
    let mut block = Vec::new();
    columns.iter().for_each(|column| write_frame(column, &mut block));
    block
}

fn decoded(block: &[u8]) -> Result<Vec<Column>, FrameError> {
    Frames::new(block).map(|frame| frame.map(|view| view.to_column())).collect()
}

fn texts(len: usize) -> impl Strategy<Value = Variable> {
    prop::collection::vec(any::<String>(), len).prop_map(|texts| texts.iter().collect())
}

fn byte_strings(len: usize) -> impl Strategy<Value = Variable> {
    let element = prop::collection::vec(any::<u8>(), 0..20);
    prop::collection::vec(element, len).prop_map(|elements| elements.iter().collect())
}

/// Any float by its bits: infinities, NaNs of all payloads and both zeros among them.
fn floats(len: usize) -> impl Strategy<Value = Vec<f64>> {
    let special = prop::sample::select(vec![-0.0, f64::NAN, f64::from_bits(0xfff8_0000_0000_0123)]);
    let float = prop_oneof![3 => any::<u64>().prop_map(f64::from_bits), 1 => special];
    prop::collection::vec(float, len)
}

/// Any column of `len` elements without columns inside.
fn flat_column(len: usize) -> impl Strategy<Value = Column> + Clone {
    prop_oneof![
        Just(Column::Null(len)),
        prop::collection::vec(any::<bool>(), len).prop_map(Column::Bool),
        prop::collection::vec(any::<i64>(), len).prop_map(Column::Int),
        floats(len).prop_map(Column::Float),
        texts(len).prop_map(Column::Str),
        byte_strings(len).prop_map(Column::Bytes),
        prop::collection::vec(any::<u8>(), 0..200)
            .prop_map(move |data| Column::Pickled { len, data }),
        prop::collection::vec(any::<u8>(), 0..200)
            .prop_map(move |data| Column::Serialized { len, data }),
    ]
}

/// `len` lists of up to three items each: of anything flat, or of pairs of these.
fn lists(len: usize) -> impl Strategy<Value = Column> + Clone {
    prop::collection::vec(0..4_u64, len).prop_flat_map(|lengths| {
        let ends: Vec<u64> = lengths
            .iter()
            .scan(0, |end, length| {
                *end += length;
                Some(*end)
            })
            .collect();
        let items = ends.last().map_or(0, |end| *end as usize);
        let pairs = (flat_column(items), flat_column(items))
            .prop_map(move |(left, right)| Column::Tuple { len: items, fields: vec![left, right] });
        prop_oneof![flat_column(items), pairs]
            .prop_map(move |items| Column::List { ends: ends.clone(), items: Box::new(items) })
    })
}

/// Any column of `len` elements.
fn column(len: usize) -> impl Strategy<Value = Column> {
    prop_oneof![3 => flat_column(len), 1 => lists(len)].prop_recursive(4, 24, 6, move |inner| {
        prop::collection::vec(inner, 0..6).prop_map(move |fields| Column::Tuple { len, fields })
    })
}

fn any_column() -> impl Strategy<Value = Column> {
    prop_oneof![1 => Just(0_usize), 8 => 1..40_usize, 1 => 200..300_usize].prop_flat_map(column)
}

proptest! {
    #![proptest_config(Config { cases: 300, ..Config::default() })]

    #[test]
    fn any_frames_come_back(columns in prop::collection::vec(any_column(), 0..4)) {
        let block = encoded(&columns);
        prop_assert_eq!(block.len() % 64, 0);
        let back = decoded(&block)?;
        prop_assert_eq!(back.len(), columns.len());
        for (left, right) in columns.iter().zip(&back) {
            prop_assert!(same(left, right), "wrote {:?}, read {:?}", left, right);
        }
    }

    #[test]
    fn frames_come_back_from_any_place_in_memory(column in any_column(), place in 0..9_usize) {
        let mut askew = vec![0; place];
        write_frame(&column, &mut askew);
        let back = decoded(&askew[place..])?;
        prop_assert!(back.len() == 1 && same(&column, &back[0]));
    }

    #[test]
    fn rows_are_picked_out(column in any_column(), places in prop::collection::vec(any::<prop::sample::Index>(), 0..50)) {
        let len = column.len();
        let places = if len == 0 { vec![] } else { places };
        let places: Vec<u32> = places.iter().map(|place| place.index(len) as u32).collect();
        match column.gather(&places) {
            Some(chosen) => {
                prop_assert_eq!(chosen.len(), places.len());
                for (row, place) in places.iter().enumerate() {
                    let one = chosen.gather(&[row as u32]).unwrap();
                    prop_assert!(same(&one, &column.gather(&[*place]).unwrap()));
                }
                let all: Vec<u32> = (0..len as u32).collect();
                prop_assert!(same(&column, &column.gather(&all).unwrap()));
            }
            None => prop_assert!(!Frames::new(&encoded(&[column])).next().unwrap()?.is_typed()),
        }
    }

    #[test]
    fn columns_are_brought_together(one in any_column(), other in any_column(), again in 1..4_usize) {
        let (Some(first), Some(view)) = (one.view(), other.view()) else { return Ok(()) };
        prop_assert!(same(&first.to_column(), &one));
        let mut all = one.clone();
        let appended = (0..again).filter(|_| all.append(&view)).count();
        prop_assert!(appended == 0 || appended == again);
        if appended == 0 {
            prop_assert!(same(&all, &one));
            return Ok(());
        }
        prop_assert_eq!(all.len(), one.len() + again * other.len());
        let last: Vec<u32> = (all.len() - other.len()..all.len()).map(|row| row as u32).collect();
        prop_assert!(same(&all.gather(&last).unwrap(), &other));
    }

    #[test]
    fn a_flipped_bit_is_an_error(column in any_column(), place: prop::sample::Index, bit in 0..8_u8) {
        let mut block = encoded(&[column]);
        let place = place.index(block.len());
        block[place] ^= 1_u8 << bit;
        prop_assert!(decoded(&block).is_err(), "bit {} of byte {}", bit, place);
    }

    #[test]
    fn a_cut_is_an_error(column in any_column(), place: prop::sample::Index) {
        let block = encoded(&[column]);
        let place = place.index(block.len());
        prop_assert_eq!(decoded(&block[..place]).is_err(), place > 0);
    }
}

#[test]
fn every_byte_counts() {
    let fields = vec![
        Column::Str(["für", "", "x"].iter().collect()),
        Column::Bool(vec![true, false, true]),
        Column::Tuple { len: 3, fields: vec![] },
    ];
    let block = encoded(&[Column::Tuple { len: 3, fields }]);
    for place in 0..block.len() {
        for change in [1, 0x10, 0x80, 0xff] {
            let mut damaged = block.clone();
            damaged[place] ^= change;
            assert!(decoded(&damaged).is_err(), "byte {place} changed by {change:#x}");
        }
    }
}

#[test]
fn huge_strings_come_back() {
    let huge = "ä".repeat(3 << 20);
    let column = Column::Str(["", &huge, "z", &huge].iter().collect());
    let back = decoded(&encoded(std::slice::from_ref(&column))).unwrap();
    assert!(same(&back[0], &column));
}

#[test]
fn a_tuple_wider_than_the_header_has_room_for_comes_back() {
    let fields = (0..1000).map(|number| Column::Int(vec![number])).collect();
    let column = Column::Tuple { len: 1, fields };
    let back = decoded(&encoded(std::slice::from_ref(&column))).unwrap();
    assert!(same(&back[0], &column));
}

/// Makes both checksums of the frame at the start right, so that the parser behind them is what a mutation meets.
fn mend(block: &mut [u8]) {
    let Some(length) = block.get(16..24) else { return };
    let length = bytemuck::pod_read_unaligned::<u64>(length).min(block.len() as u64) as usize;
    if let Some(body) = block.get(64..64 + length) {
        let body = crc32fast::hash(body);
        block[24..28].copy_from_slice(&body.to_le_bytes());
    }
    if block.len() >= 64 {
        let header = crc32fast::hash(&block[..60]);
        block[60..64].copy_from_slice(&header.to_le_bytes());
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    SetInHeader(usize, u8),
    Cut(prop::sample::Index),
    Extend(Vec<u8>),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        3 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, to)| Mutation::Set(at, to)),
        3 => (0..64_usize, any::<u8>()).prop_map(|(at, to)| Mutation::SetInHeader(at, to)),
        1 => any::<prop::sample::Index>().prop_map(Mutation::Cut),
        1 => prop::collection::vec(any::<u8>(), 1..100).prop_map(Mutation::Extend),
    ]
}

fn mutate(block: &mut Vec<u8>, mutation: &Mutation) {
    match mutation {
        Mutation::Set(at, to) if !block.is_empty() => {
            let at = at.index(block.len());
            block[at] = *to;
        }
        Mutation::SetInHeader(at, to) if *at < block.len() => block[*at] = *to,
        Mutation::Cut(at) if !block.is_empty() => block.truncate(at.index(block.len())),
        Mutation::Extend(bytes) => block.extend_from_slice(bytes),
        _ => {}
    }
}

/// What the fuzz target does without end, bounded: forged frames with right checksums never panic the reader.
#[test]
fn forged_frames_never_panic() {
    let seed = std::env::var("FIRESTEEL_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(fresh_seed);
    println!("FIRESTEEL_TEST_SEED={seed}");
    let config =
        Config { cases: 500, rng_seed: RngSeed::Fixed(seed), ..Config::with_source_file(file!()) };
    let mutations = prop::collection::vec(mutation(), 1..6);
    let forged = (any_column(), prop::collection::vec(mutations, 10));
    let outcome = prop::test_runner::TestRunner::new(config).run(&forged, |(column, variants)| {
        let frame = encoded(&[column]);
        for mutations in variants {
            let mut block = frame.clone();
            mutations.iter().for_each(|mutation| mutate(&mut block, mutation));
            mend(&mut block);
            let _ = decoded(&block);
        }
        Ok(())
    });
    outcome.unwrap();
}

fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}
