//! Hadoop's framing of codecs that know only blocks: Snappy and LZ4.
//!
//! ```text
//! length of the plain bytes | length of a chunk, chunk | length of a chunk, chunk | ... | length of the plain bytes | ...
//! ```
//!
//! All lengths are four bytes, big-endian. Invariant: what a length says is never believed with memory; buffers are at most
//! as large as the bytes that are there could unpack to.

use std::io::{self, BufRead, Error, ErrorKind, Read, Write};

/// Plain bytes in a block of ours. Hadoop's decompressors take chunks of up to 256 KiB, packed or not.
const BLOCK: usize = 128 << 10;
/// No byte of either codec unpacks to more than so many.
const LARGEST_RATIO: usize = 255;

/// Which codec stands in the chunks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BlockCodec {
    Snappy,
    Lz4,
}

impl BlockCodec {
    fn pack(self, plain: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Snappy => Ok(snap::raw::Encoder::new().compress_vec(plain)?),
            Self::Lz4 => Ok(lz4_flex::block::compress(plain)),
        }
    }

    /// Unpacks a chunk to at most `limit` bytes.
    fn unpack(self, chunk: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        let limit = limit.min(chunk.len().saturating_mul(LARGEST_RATIO));
        match self {
            Self::Snappy => {
                if snap::raw::decompress_len(chunk)? > limit {
                    return Err(damaged());
                }
                Ok(snap::raw::Decoder::new().decompress_vec(chunk)?)
            }
            Self::Lz4 => {
                let mut plain = vec![0; limit];
                let length = lz4_flex::block::decompress_into(chunk, &mut plain)
                    .map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
                plain.truncate(length);
                Ok(plain)
            }
        }
    }
}

/// Unpacks blocks.
pub(crate) struct BlockDecoder<R> {
    codec: BlockCodec,
    input: R,
    /// Plain bytes of the block that no chunk has brought yet.
    left: usize,
    plain: io::Cursor<Vec<u8>>,
}

impl<R: BufRead> BlockDecoder<R> {
    pub fn new(codec: BlockCodec, input: R) -> Self {
        Self { codec, input, left: 0, plain: io::Cursor::default() }
    }

    /// Unpacks the next chunk; no at the end.
    fn advance(&mut self) -> io::Result<bool> {
        while self.left == 0 {
            if self.input.fill_buf()?.is_empty() {
                return Ok(false);
            }
            self.left = self.read_length()?;
        }
        let length = self.read_length()?;
        let mut chunk = Vec::new();
        self.input.by_ref().take(length as u64).read_to_end(&mut chunk)?;
        if chunk.len() < length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let plain = self.codec.unpack(&chunk, self.left)?;
        self.left = self.left.checked_sub(plain.len()).ok_or_else(damaged)?;
        self.plain = io::Cursor::new(plain);
        Ok(true)
    }

    fn read_length(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 4];
        self.input.read_exact(&mut bytes)?;
        usize::try_from(i32::from_be_bytes(bytes)).map_err(|_| damaged())
    }
}

impl<R: BufRead> Read for BlockDecoder<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.plain.read(output)?;
            if read > 0 || output.is_empty() || !self.advance()? {
                return Ok(read);
            }
        }
    }
}

/// Packs blocks of one chunk each.
pub(crate) struct BlockEncoder<W> {
    codec: BlockCodec,
    output: W,
    plain: Vec<u8>,
}

impl<W: Write> BlockEncoder<W> {
    pub fn new(codec: BlockCodec, output: W) -> Self {
        Self { codec, output, plain: Vec::with_capacity(BLOCK) }
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_block()?;
        Ok(self.output)
    }

    fn write_block(&mut self) -> io::Result<()> {
        if self.plain.is_empty() {
            return Ok(());
        }
        let chunk = self.codec.pack(&self.plain)?;
        self.output.write_all(&(self.plain.len() as u32).to_be_bytes())?;
        self.output.write_all(&(chunk.len() as u32).to_be_bytes())?;
        self.output.write_all(&chunk)?;
        self.plain.clear();
        Ok(())
    }
}

impl<W: Write> Write for BlockEncoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.plain.len());
        self.plain.extend_from_slice(&bytes[..taken]);
        if self.plain.len() == BLOCK {
            self.write_block()?;
        }
        Ok(taken)
    }

    /// Blocks are written when they are full: a flush in between would only make small ones.
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

fn damaged() -> Error {
    Error::new(ErrorKind::InvalidData, "a block is not as long as it says")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODECS: [BlockCodec; 2] = [BlockCodec::Snappy, BlockCodec::Lz4];

    fn packed(codec: BlockCodec, plain: &[u8]) -> Vec<u8> {
        let mut encoder = BlockEncoder::new(codec, Vec::new());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(codec: BlockCodec, packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        BlockDecoder::new(codec, packed).read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn long_texts_come_back() {
        let zeros = vec![0; 3 * BLOCK + 7];
        let mixed: Vec<u8> =
            (0..BLOCK as u32).flat_map(|n| n.wrapping_mul(0x9e37_79b1).to_be_bytes()).collect();
        for codec in CODECS {
            for plain in [&[][..], &[7], &zeros, &mixed] {
                assert_eq!(unpacked(codec, &packed(codec, plain)).unwrap(), plain);
            }
        }
    }

    /// Recorded from PySpark 4.3.0: three times one line, as saveAsTextFile writes it.
    #[test]
    fn blocks_of_the_reference() {
        let plain = b"hello hello hello hello\n".repeat(3);
        let snappy =
            b"\x00\x00\x00H\x00\x00\x00\x15H\x14hello B\x06\x00\x00\nB\x12\x00\t$b\x18\x00";
        let lz4 = b"\x00\x00\x00H\x00\x00\x00\x1amhello \x06\x00\x1d\n\x12\x00\x02$\x00\x0f\x18\x00\x01Pello\n";
        assert_eq!(unpacked(BlockCodec::Snappy, snappy).unwrap(), plain);
        assert_eq!(unpacked(BlockCodec::Lz4, lz4).unwrap(), plain);
    }

    proptest! {
        #[test]
        fn cut_blocks_are_errors(plain in prop::collection::vec(0..4_u8, 1..99), which in 0..2_usize) {
            let packed = packed(CODECS[which], &plain);
            for cut in 1..packed.len() {
                prop_assert!(unpacked(CODECS[which], &packed[..cut]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, which in 0..2_usize) {
            // Whatever comes out, it comes out.
            let _ = unpacked(CODECS[which], &bytes);
        }
    }
}
