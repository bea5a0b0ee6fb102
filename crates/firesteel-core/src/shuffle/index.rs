//! The end of a shuffle file, as bytes. Invariant: whatever `decode` accepts was written by `encode`.

/// The bytes that an index entry takes.
pub(super) const ENTRY: usize = 32;
/// The bytes that the footer takes.
pub(super) const FOOTER: usize = 32;

const MAGIC: [u8; 4] = *b"FSSH";
const VERSION: u32 = 1;
/// Entry and footer alike end in a checksum of the bytes before it.
const CHECK: usize = 28;

/// One partition's segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub offset: u64,
    pub length: u64,
    pub elements: u64,
}

impl Entry {
    /// The partition goes in, so that no entry can pass for another.
    pub(super) fn encode(&self, partition: u32) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.length.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.elements.to_le_bytes());
        bytes[24..28].copy_from_slice(&partition.to_le_bytes());
        checked(bytes)
    }

    pub(super) fn decode(bytes: &[u8; ENTRY], partition: u32) -> Option<Entry> {
        let entry = Entry {
            offset: bytemuck::pod_read_unaligned(&bytes[..8]),
            length: bytemuck::pod_read_unaligned(&bytes[8..16]),
            elements: bytemuck::pod_read_unaligned(&bytes[16..24]),
        };
        (entry.encode(partition) == *bytes).then_some(entry)
    }
}

/// What stands last in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    pub partitions: u32,
    /// Where the index starts and the segments end.
    pub index: u64,
}

impl Footer {
    pub(super) fn encode(&self) -> [u8; FOOTER] {
        let mut bytes = [0; FOOTER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&VERSION.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.partitions.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.index.to_le_bytes());
        checked(bytes)
    }

    pub(super) fn decode(bytes: &[u8; FOOTER]) -> Option<Footer> {
        let footer = Footer {
            partitions: bytemuck::pod_read_unaligned(&bytes[8..12]),
            index: bytemuck::pod_read_unaligned(&bytes[16..24]),
        };
        (footer.encode() == *bytes).then_some(footer)
    }

    /// The length of a file that ends in this footer.
    pub(super) fn file_length(&self) -> u64 {
        self.entry(self.partitions).saturating_add(FOOTER as u64)
    }

    /// Where the entry of `partition` stands.
    pub(super) fn entry(&self, partition: u32) -> u64 {
        self.index.saturating_add(u64::from(partition) * ENTRY as u64)
    }
}

fn checked(mut bytes: [u8; ENTRY]) -> [u8; ENTRY] {
    let check = crc32fast::hash(&bytes[..CHECK]);
    bytes[CHECK..].copy_from_slice(&check.to_le_bytes());
    bytes
}
