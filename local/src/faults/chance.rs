//! Chance that can be played again: what befalls a call depends on the seed, on the rule and on how
//! many calls the rule has matched before, and on nothing else.

/// A share of all calls, exact to a millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

const WHOLE: u32 = 1_000_000;

impl Rate {
    /// Every call.
    pub const ALWAYS: Self = Self(WHOLE);

    /// A share in millionths; more than all is all.
    pub const fn of_million(share: u32) -> Self {
        Self(if share > WHOLE { WHOLE } else { share })
    }

    /// A share in percent; more than all is all.
    pub const fn percent(share: u32) -> Self {
        Self::of_million(share.saturating_mul(WHOLE / 100))
    }

    /// Whether a call whose draw is that one is hit.
    pub(super) fn hits(self, draw: u64) -> bool {
        draw % u64::from(WHOLE) < u64::from(self.0)
    }

    /// Reads `10`, `2.5` or `0.0001`: percent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || rest.len() > 4 || !digits(whole) || !digits(rest)
        {
            return None;
        }
        let share = format!("{whole}{rest:0<4}").parse().ok()?;
        (share <= WHOLE).then_some(Self(share))
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        let rest = format!("{rest:04}");
        match rest.trim_end_matches('0') {
            "" => write!(formatter, "{whole}%"),
            rest => write!(formatter, "{whole}.{rest}%"),
        }
    }
}

/// The draw of the `nth` call that rule number `rule` matches.
pub(super) fn draw(seed: u64, rule: usize, nth: u64) -> u64 {
    let rule = u64::try_from(rule).unwrap_or(u64::MAX);
    mix(mix(mix(seed) ^ rule) ^ nth)
}

/// Another draw out of one, for what a fault leaves open.
pub(super) fn again(draw: u64) -> u64 {
    mix(draw)
}

/// The finalizer of `SplitMix64`. <https://prng.di.unimi.it/splitmix64.c>
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_reads_back_as_it_is_written() {
        for text in ["0%", "10%", "2.5%", "0.0001%", "100%", "33.3333%"] {
            let rate = Rate::parse(text.trim_end_matches('%')).unwrap();
            assert_eq!(rate.to_string(), text);
        }
        for wrong in ["", "-1", "101", "100.0001", "1.23456", "1e2", ".5", "x"] {
            assert_eq!(Rate::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn so_many_are_hit_as_the_rate_says() {
        let rate = Rate::percent(10);
        for seed in 0..5 {
            let hits = (0..100_000)
                .filter(|nth| rate.hits(draw(seed, 3, *nth)))
                .count();
            assert!((9_500..10_500).contains(&hits), "{hits} of seed {seed}");
        }
        assert!((0..1_000).all(|nth| Rate::ALWAYS.hits(draw(1, 0, nth))));
        assert!(!(0..1_000).any(|nth| Rate::percent(0).hits(draw(1, 0, nth))));
    }

    #[test]
    fn seeds_and_rules_have_draws_of_their_own() {
        let draws = |seed, rule| (0..50).map(|nth| draw(seed, rule, nth)).collect::<Vec<_>>();
        assert_eq!(draws(1, 0), draws(1, 0));
        assert_ne!(draws(1, 0), draws(2, 0));
        assert_ne!(draws(1, 0), draws(1, 1));
    }
}
