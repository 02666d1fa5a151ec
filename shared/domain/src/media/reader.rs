//! Reading bytes that somebody else wrote: never beyond their end.

/// There is less than was to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CutShort;

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    whole: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(whole: &'a [u8]) -> Self {
        Self { whole, at: 0 }
    }

    /// How many bytes have been read.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.whole.get(self.at..).unwrap_or_default()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], CutShort> {
        let taken = self.rest().get(..length).ok_or(CutShort)?;
        self.at += length;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CutShort> {
        let taken = self.rest().first_chunk().ok_or(CutShort)?;
        self.at += N;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, CutShort> {
        self.array().map(|[byte]| byte)
    }

    /// Two bytes, the high one first.
    pub(super) fn be16(&mut self) -> Result<u16, CutShort> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, the high one first.
    pub(super) fn be32(&mut self) -> Result<u32, CutShort> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes, the high one first.
    pub(super) fn be64(&mut self) -> Result<u64, CutShort> {
        self.array().map(u64::from_be_bytes)
    }

    /// Four bytes, the low one first.
    pub(super) fn le32(&mut self) -> Result<u32, CutShort> {
        self.array().map(u32::from_le_bytes)
    }

    /// A length that is written in four bytes, the high one first, and what has that length.
    pub(super) fn length(length: u32) -> Result<usize, CutShort> {
        usize::try_from(length).map_err(|_| CutShort)
    }
}
