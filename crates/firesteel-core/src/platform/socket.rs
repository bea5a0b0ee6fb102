//! Stream sockets that carry an open descriptor beside the bytes (`SCM_RIGHTS`).
//!
//! Invariant: every descriptor received is close-on-exec and owned by the caller; none is lost or leaked.

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

/// Room for the descriptors of one message. The sender never attaches more than one.
const ANCILLARY_SPACE: usize = rustix::cmsg_space!(ScmRights(1));

/// Sends some of the bytes, and with the first of them the descriptor. Never raises SIGPIPE.
pub fn send(socket: &impl AsFd, bytes: &[u8], descriptor: Option<&impl AsFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); ANCILLARY_SPACE];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = descriptor.map(|descriptor| [descriptor.as_fd()]);
    if let Some(descriptors) = &descriptors {
        let fits = ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
        debug_assert!(fits, "the space is made for one descriptor");
    }
    retry(|| sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL))
}

/// Receives some bytes (0 at the end of the stream) and the descriptors that came with them.
pub fn receive(
    socket: &impl AsFd,
    bytes: &mut [u8],
    descriptors: &mut impl Extend<OwnedFd>,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); ANCILLARY_SPACE];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = retry(|| {
        recvmsg(socket, &mut [IoSliceMut::new(bytes)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)
    })?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    Ok(received.bytes)
}

fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_descriptor_travels_with_its_bytes() {
        let (here, there) = UnixStream::pair().unwrap();
        let (mut kept, passed) = UnixStream::pair().unwrap();
        assert_eq!(send(&here, b"take", Some(&passed)).unwrap(), 4);
        drop(passed);
        let mut bytes = [0; 16];
        let mut descriptors = Vec::new();
        assert_eq!(receive(&there, &mut bytes, &mut descriptors).unwrap(), 4);
        let mut received = UnixStream::from(descriptors.pop().unwrap());
        received.write_all(b"hello").unwrap();
        drop(received);
        let mut text = String::new();
        kept.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }

    #[test]
    fn the_end_of_the_stream_is_zero_bytes() {
        let (here, there) = UnixStream::pair().unwrap();
        drop(here);
        assert_eq!(receive(&there, &mut [0; 4], &mut Vec::new()).unwrap(), 0);
    }
}
