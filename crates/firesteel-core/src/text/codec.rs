//! Compressed text: which codec a name stands for, and the bytes behind it.
//!
//! Invariant: a decoder reads every member or stream of a file, and an input that ends inside one is an error, never
//! a shorter text.

use super::block_codec::{BlockCodec, BlockDecoder};
use bzip2::read::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read};
use std::path::Path;

/// Compressed bytes are read from the file in pieces of this size.
const COMPRESSED_PIECE: usize = 128 << 10;

/// How a text file is compressed.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// `.gz`, one or more members.
    Gzip,
    /// `.bz2`, one or more streams.
    Bzip2,
    /// `.zst`, one or more frames.
    Zstd,
    /// `.deflate`, one or more zlib streams.
    Deflate,
    /// `.snappy`, in Hadoop's framing.
    Snappy,
    /// `.lz4`, in Hadoop's framing.
    Lz4,
}

/// All of them.
const CODECS: [Codec; 6] =
    [Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Deflate, Codec::Snappy, Codec::Lz4];

impl Codec {
    /// What file names end in, the dot included.
    pub fn extension(self) -> &'static str {
        match self {
            Codec::Gzip => ".gz",
            Codec::Bzip2 => ".bz2",
            Codec::Zstd => ".zst",
            Codec::Deflate => ".deflate",
            Codec::Snappy => ".snappy",
            Codec::Lz4 => ".lz4",
        }
    }

    /// Judges by the name alone, as the reference does, in any case of letters.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let name = path.to_string_lossy().to_lowercase();
        CODECS.into_iter().find(|codec| name.ends_with(codec.extension()))
    }

    /// What compressed bytes unpack to.
    pub(crate) fn decoder<'a>(
        self,
        input: impl BufRead + Send + 'a,
    ) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Codec::Gzip => Box::new(MultiGzDecoder::new(input)),
            Codec::Bzip2 => Box::new(MultiBzDecoder::new(input)),
            Codec::Zstd => Box::new(zstd::Decoder::with_buffer(input)?),
            Codec::Deflate => Box::new(MultiZlibDecoder::new(input)),
            Codec::Snappy => Box::new(BlockDecoder::new(BlockCodec::Snappy, input)),
            Codec::Lz4 => Box::new(BlockDecoder::new(BlockCodec::Lz4, input)),
        })
    }

    /// The text inside a file.
    pub(crate) fn file_decoder(self, file: File) -> io::Result<Box<dyn Read + Send>> {
        self.decoder(BufReader::with_capacity(COMPRESSED_PIECE, file))
    }
}

/// Zlib streams one after another; `flate2` has this for gzip only.
struct MultiZlibDecoder<R> {
    input: R,
    stream: Decompress,
    between_streams: bool,
}

impl<R: BufRead> MultiZlibDecoder<R> {
    fn new(input: R) -> Self {
        Self { input, stream: Decompress::new(true), between_streams: true }
    }

    /// One step of the decompressor: how many bytes came out, and whether all input is used up.
    fn step(&mut self, output: &mut [u8]) -> io::Result<(usize, bool)> {
        let input = self.input.fill_buf()?;
        let at_end = input.is_empty();
        if at_end && self.between_streams {
            return Ok((0, true));
        }
        let (read, written) = (self.stream.total_in(), self.stream.total_out());
        let status =
            self.stream.decompress(input, output, FlushDecompress::None).map_err(invalid)?;
        let (read, written) = (self.stream.total_in() - read, self.stream.total_out() - written);
        // All input may be used up while output is still inside the decompressor.
        if at_end && written == 0 && status != Status::StreamEnd {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.input.consume(usize::try_from(read).map_err(invalid)?);
        self.between_streams = status == Status::StreamEnd;
        if self.between_streams {
            self.stream.reset(true);
        }
        Ok((usize::try_from(written).map_err(invalid)?, false))
    }
}

impl<R: BufRead> Read for MultiZlibDecoder<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return Ok(0);
        }
        loop {
            let (written, ended) = self.step(output)?;
            if written > 0 || ended {
                return Ok(written);
            }
        }
    }
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    #[test]
    fn output_that_is_left_behind_the_last_input_comes_out() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&[7; 1000]).unwrap();
        let compressed = encoder.finish().unwrap();
        for size in [1, 2, 32, 999, 1000, 1001] {
            let mut decoder = Codec::Deflate.decoder(&compressed[..]).unwrap();
            let (mut plain, mut buffer) = (Vec::<u8>::new(), vec![0; size]);
            loop {
                let read = decoder.read(&mut buffer).unwrap();
                if read == 0 {
                    break;
                }
                plain.extend(&buffer[..read]);
            }
            assert_eq!(plain, [7; 1000]);
            let mut cut = Codec::Deflate.decoder(&compressed[..compressed.len() - 1]).unwrap();
            assert!(cut.read_to_end(&mut Vec::new()).is_err());
        }
    }
}
