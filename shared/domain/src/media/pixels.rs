//! How large a picture may be once it is decoded, which a few bytes of header decide.

use super::Unfit;

/// The most pixels that a picture may have: as many as phones take, and 200 MB in memory.
pub const MOST_PIXELS: u64 = 50_000_000;

/// The most pixels that a picture may be wide or high.
pub const MOST_PIXELS_A_SIDE: u32 = 16_384;

/// Refuses a picture whose header declares more than anybody can show, or nothing.
pub(super) fn check(width: u32, height: u32) -> Result<(), Unfit> {
    if width == 0 || height == 0 {
        return Err(Unfit::Damaged);
    }
    let most = MOST_PIXELS_A_SIDE;
    if width > most || height > most || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Unfit::TooManyPixels);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::media::Unfit;

    #[test]
    fn a_picture_is_bounded_by_its_sides_and_by_its_area() {
        for (width, height, expected) in [
            (1, 1, Ok(())),
            (8_064, 6_048, Ok(())),
            (16_384, 3_051, Ok(())),
            (16_384, 3_052, Err(Unfit::TooManyPixels)),
            (16_385, 1, Err(Unfit::TooManyPixels)),
            (1, u32::MAX, Err(Unfit::TooManyPixels)),
            (u32::MAX, u32::MAX, Err(Unfit::TooManyPixels)),
            (0, 1, Err(Unfit::Damaged)),
            (1, 0, Err(Unfit::Damaged)),
        ] {
            assert_eq!(check(width, height), expected, "{width}x{height}");
        }
    }
}
