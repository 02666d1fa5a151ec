//! Which faults, how often, and where: a plan that is printed and read back as one line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::chance::Rate;

/// Rules, and the seed that decides which calls they hit.
///
/// `seed 7: dynamodb.throttled 10% function=LoginFunction; sockets.gone 2.5%`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FaultPlan {
    /// The same seed decides the same for the same calls.
    pub seed: u64,
    /// What may happen. Each rule decides for itself.
    pub rules: Vec<Rule>,
}

/// One fault, how often, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What happens.
    pub fault: Fault,
    /// To which share of the calls that it matches.
    pub rate: Rate,
    /// Only to this function: its logical id.
    pub function: Option<String>,
    /// Only to this action: an operation such as `PutItem`; for sockets the method.
    pub action: Option<String>,
    /// Only to this target: a table, a connection, a recipient, a device.
    pub target: Option<String>,
}

impl Rule {
    /// A fault that befalls everyone at that rate.
    pub fn new(fault: Fault, rate: Rate) -> Self {
        Self {
            fault,
            rate,
            function: None,
            action: None,
            target: None,
        }
    }

    /// The same, to one function alone.
    #[must_use]
    pub fn of_function(mut self, logical_id: &str) -> Self {
        self.function = Some(logical_id.to_owned());
        self
    }

    /// The same, to one action alone.
    #[must_use]
    pub fn of_action(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }
}

/// What may happen, by the door at which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// At `DynamoDB`.
    Table(TableFault),
    /// At `@connections`.
    Socket(SocketFault),
    /// At SES.
    Mail(ServiceFault),
    /// At SNS.
    Push(ServiceFault),
    /// To a function's process.
    Function(Death),
    /// To a batch of a stream.
    Stream(Redelivery),
}

/// What may happen at `DynamoDB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFault {
    /// `ThrottlingException` or `ProvisionedThroughputExceededException`; nothing is done.
    Throttled,
    /// A transaction is on the same item; nothing is done. Only calls that can meet one are hit.
    Conflict,
    /// `InternalServerError`; nothing is done.
    Error,
    /// `InternalServerError`, and it is done all the same.
    Lost,
    /// It takes so much longer.
    Slow(Duration),
}

/// What may happen at `@connections`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketFault {
    /// The socket ends, after what was posted to it before: 410.
    Gone,
    /// 429; nothing is posted.
    Busy,
    /// It takes so much longer.
    Slow(Duration),
}

/// What may happen at SES and SNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceFault {
    /// Too many calls; nothing is sent.
    Throttled,
    /// 500; nothing is sent.
    Error,
    /// It takes so much longer.
    Slow(Duration),
}

/// When a function's process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Before it takes its event.
    Before,
    /// At one of its first calls of `DynamoDB`, before that is done or before it is answered.
    During,
    /// When it has answered, and before anyone hears the answer.
    After,
}

/// How a batch that a function is done with comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivery {
    /// All of it.
    Whole,
    /// From its middle on.
    FromMiddle,
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "seed {}:", self.seed)?;
        for (place, rule) in self.rules.iter().enumerate() {
            let separator = if place == 0 { "" } else { ";" };
            write!(formatter, "{separator} {rule}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.fault, self.rate)?;
        for (name, value) in [
            ("function", &self.function),
            ("action", &self.action),
            ("target", &self.target),
        ] {
            if let Some(value) = value {
                write!(formatter, " {name}={value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slow = |duration: &Duration| format!("slow({}ms)", duration.as_millis());
        let (door, what) = match self {
            Self::Table(fault) => (
                "dynamodb",
                match fault {
                    TableFault::Throttled => "throttled".to_owned(),
                    TableFault::Conflict => "conflict".to_owned(),
                    TableFault::Error => "error".to_owned(),
                    TableFault::Lost => "lost".to_owned(),
                    TableFault::Slow(duration) => slow(duration),
                },
            ),
            Self::Socket(fault) => (
                "sockets",
                match fault {
                    SocketFault::Gone => "gone".to_owned(),
                    SocketFault::Busy => "busy".to_owned(),
                    SocketFault::Slow(duration) => slow(duration),
                },
            ),
            Self::Mail(fault) => ("ses", fault.to_string()),
            Self::Push(fault) => ("sns", fault.to_string()),
            Self::Function(death) => (
                "function",
                match death {
                    Death::Before => "killed-before".to_owned(),
                    Death::During => "killed-during".to_owned(),
                    Death::After => "killed-after".to_owned(),
                },
            ),
            Self::Stream(redelivery) => (
                "stream",
                match redelivery {
                    Redelivery::Whole => "twice".to_owned(),
                    Redelivery::FromMiddle => "from-middle".to_owned(),
                },
            ),
        };
        write!(formatter, "{door}.{what}")
    }
}

impl fmt::Display for ServiceFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttled => formatter.write_str("throttled"),
            Self::Error => formatter.write_str("error"),
            Self::Slow(duration) => write!(formatter, "slow({}ms)", duration.as_millis()),
        }
    }
}

/// Why a text is no plan: a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlan {
    /// It does not begin with the seed.
    #[error("a plan begins with its seed, as in `seed 7: dynamodb.throttled 10%`")]
    Seed,
    /// There is no such fault.
    #[error(
        "there is no fault {0}; there are dynamodb.throttled, .conflict, .error, .lost and .slow(20ms), \
         sockets.gone, .busy and .slow(20ms), ses and sns .throttled, .error and .slow(20ms), \
         function.killed-before, .killed-during and .killed-after, stream.twice and .from-middle"
    )]
    Fault(String),
    /// A rule has no rate, or one that is none.
    #[error("{0} needs a rate between 0% and 100%, as in `{0} 2.5%`")]
    Rate(String),
    /// A rule is limited by something that is none of the three.
    #[error("{0} is neither function=…, action=… nor target=…")]
    Limit(String),
}

impl FromStr for FaultPlan {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        let (seed, rules) = text.split_once(':').ok_or(NotAPlan::Seed)?;
        let seed = seed.trim().strip_prefix("seed").ok_or(NotAPlan::Seed)?;
        Ok(Self {
            seed: seed.trim().parse().map_err(|_| NotAPlan::Seed)?,
            rules: rules
                .split(';')
                .map(str::trim)
                .filter(|rule| !rule.is_empty())
                .map(str::parse)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl FromStr for Rule {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        let mut words = text.split_whitespace();
        let fault = words.next().unwrap_or_default();
        let rate = words
            .next()
            .and_then(|rate| Rate::parse(rate.strip_suffix('%')?))
            .ok_or_else(|| NotAPlan::Rate(fault.to_owned()))?;
        let mut rule = Self::new(fault.parse()?, rate);
        for limit in words {
            let unknown = || NotAPlan::Limit(limit.to_owned());
            let (name, value) = limit.split_once('=').ok_or_else(unknown)?;
            let place = match name {
                "function" => &mut rule.function,
                "action" => &mut rule.action,
                "target" => &mut rule.target,
                _ => return Err(unknown()),
            };
            *place = Some(value.to_owned());
        }
        Ok(rule)
    }
}

impl FromStr for Fault {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        if let Some((door, rest)) = text.split_once(".slow(") {
            let slow = rest
                .strip_suffix("ms)")
                .and_then(|milliseconds| milliseconds.parse().ok())
                .map(Duration::from_millis);
            return match (door, slow) {
                ("dynamodb", Some(slow)) => Ok(Self::Table(TableFault::Slow(slow))),
                ("sockets", Some(slow)) => Ok(Self::Socket(SocketFault::Slow(slow))),
                ("ses", Some(slow)) => Ok(Self::Mail(ServiceFault::Slow(slow))),
                ("sns", Some(slow)) => Ok(Self::Push(ServiceFault::Slow(slow))),
                _ => Err(NotAPlan::Fault(text.to_owned())),
            };
        }
        EACH.into_iter()
            .find(|fault| fault.to_string() == text)
            .ok_or_else(|| NotAPlan::Fault(text.to_owned()))
    }
}

/// Every fault that has no measure.
const EACH: [Fault; 15] = [
    Fault::Table(TableFault::Throttled),
    Fault::Table(TableFault::Conflict),
    Fault::Table(TableFault::Error),
    Fault::Table(TableFault::Lost),
    Fault::Socket(SocketFault::Gone),
    Fault::Socket(SocketFault::Busy),
    Fault::Mail(ServiceFault::Throttled),
    Fault::Mail(ServiceFault::Error),
    Fault::Push(ServiceFault::Throttled),
    Fault::Push(ServiceFault::Error),
    Fault::Function(Death::Before),
    Fault::Function(Death::During),
    Fault::Function(Death::After),
    Fault::Stream(Redelivery::Whole),
    Fault::Stream(Redelivery::FromMiddle),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_as_it_is_printed() {
        let mut plan = FaultPlan {
            seed: 18_446_744_073_709_551_615,
            rules: EACH.map(|fault| Rule::new(fault, Rate::percent(10))).into(),
        };
        let slow = Duration::from_millis(20);
        plan.rules.extend([
            Rule::new(Fault::Table(TableFault::Slow(slow)), Rate::ALWAYS),
            Rule::new(Fault::Socket(SocketFault::Slow(slow)), Rate::of_million(1)),
            Rule::new(Fault::Mail(ServiceFault::Slow(slow)), Rate::percent(0)),
            Rule::new(Fault::Push(ServiceFault::Slow(slow)), Rate::percent(1)),
        ]);
        plan.rules[0] = plan.rules[0]
            .clone()
            .of_function("LoginFunction")
            .of_action("PutItem");
        plan.rules[0].target = Some("callout-requests".to_owned());
        assert_eq!(plan.to_string().parse(), Ok(plan.clone()));
        assert_eq!(
            "seed 3:".parse(),
            Ok(FaultPlan {
                seed: 3,
                rules: Vec::new()
            })
        );
    }

    #[test]
    fn what_is_no_plan_says_why() {
        for (text, why) in [
            ("dynamodb.throttled 10%", NotAPlan::Seed),
            ("seed x: dynamodb.throttled 10%", NotAPlan::Seed),
            (
                "seed 1: dynamodb.lazy 10%",
                NotAPlan::Fault("dynamodb.lazy".to_owned()),
            ),
            (
                "seed 1: stream.slow(5ms) 10%",
                NotAPlan::Fault("stream.slow(5ms)".to_owned()),
            ),
            (
                "seed 1: sockets.gone",
                NotAPlan::Rate("sockets.gone".to_owned()),
            ),
            (
                "seed 1: sockets.gone 10",
                NotAPlan::Rate("sockets.gone".to_owned()),
            ),
            (
                "seed 1: sockets.gone 10% who=me",
                NotAPlan::Limit("who=me".to_owned()),
            ),
        ] {
            assert_eq!(text.parse::<FaultPlan>(), Err(why), "{text}");
        }
    }
}
