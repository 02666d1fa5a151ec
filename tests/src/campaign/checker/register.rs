//! Who has a request is a register that is written once: the history of accepting, cancelling and
//! reading one request must be linearizable.
//!
//! Judged twice. For a register written once it is enough that one moment fits: after the write
//! began and after every read of "nobody" began, before the write ended and before anything ended that
//! saw it. That takes one pass, also where the answer is no. The library's search then has to come
//! to the same judgement; of a history that is not linearizable it would try every order of all calls.

use stateright::semantics::write_once_register::{WORegister, WORegisterOp, WORegisterRet};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

use super::super::history::{Ask, Call, Holder, Said};

/// One operation on the register.
#[derive(Debug)]
struct Operation {
    began: u64,
    ended: u64,
    op: WORegisterOp<Holder>,
    ret: WORegisterRet<Holder>,
}

/// What is wrong with the calls about one request, if anything is.
pub(super) fn check(calls: &[&Call]) -> Result<(), String> {
    let operations: Vec<Operation> = calls.iter().filter_map(|call| operation(call)).collect();
    decided_at_one_moment(&operations)?;
    if is_linearizable(&operations)? {
        Ok(())
    } else {
        Err(format!("the library finds no order for {operations:?}"))
    }
}

fn operation(call: &Call) -> Option<Operation> {
    let op = match &call.ask {
        Ask::Read => WORegisterOp::Read,
        Ask::Create | Ask::Accept | Ask::Reject | Ask::Cancel | Ask::Complete => {
            WORegisterOp::Write(Holder::wanted(call)?)
        }
    };
    let ret = match &call.said {
        Said::Done => WORegisterRet::WriteOk,
        Said::TooLate => WORegisterRet::WriteFail,
        Said::Standing(holder) => WORegisterRet::ReadOk(holder.clone()),
        // Found already, as no good answer.
        Said::Other(_) => return None,
    };
    Some(Operation {
        began: call.began,
        ended: call.ended,
        op,
        ret,
    })
}

fn decided_at_one_moment(operations: &[Operation]) -> Result<(), String> {
    let mut winners = Vec::new();
    let (mut earliest, mut latest) = (0, u64::MAX);
    for operation in operations {
        match (&operation.op, &operation.ret) {
            (WORegisterOp::Write(holder), WORegisterRet::WriteOk) => {
                winners.push(holder);
                earliest = earliest.max(operation.began);
                latest = latest.min(operation.ended);
            }
            (WORegisterOp::Read, WORegisterRet::ReadOk(None)) => {
                earliest = earliest.max(operation.began);
            }
            (WORegisterOp::Write(_), WORegisterRet::WriteFail)
            | (WORegisterOp::Read, WORegisterRet::ReadOk(Some(_))) => {
                latest = latest.min(operation.ended);
            }
            (WORegisterOp::Write(_), WORegisterRet::ReadOk(_))
            | (WORegisterOp::Read, WORegisterRet::WriteOk | WORegisterRet::WriteFail) => {
                return Err(format!("{operation:?} was answered as something else"));
            }
        }
    }
    let winner = match winners.as_slice() {
        [] => None,
        [winner] => Some(*winner),
        [..] => return Err(format!("{} have it: {winners:?}", winners.len())),
    };
    for operation in operations {
        let seen = match &operation.ret {
            WORegisterRet::ReadOk(Some(seen)) => Some(seen),
            WORegisterRet::WriteFail if winner.is_none() => {
                return Err(format!("nobody has it, and {operation:?} came too late"));
            }
            WORegisterRet::ReadOk(None) | WORegisterRet::WriteOk | WORegisterRet::WriteFail => None,
        };
        if seen.is_some() && seen != winner {
            return Err(format!("a reader says {seen:?} and {winner:?} was told so"));
        }
    }
    if winner.is_some() && earliest > latest {
        return Err(format!(
            "somebody saw at {latest} what was not yet so at {earliest}: {operations:?}"
        ));
    }
    Ok(())
}

/// The library's judgement. Readers go first and the winner before the losers, because it tries in
/// the order of names and so need not go back on its steps.
fn is_linearizable(operations: &[Operation]) -> Result<bool, String> {
    let rank = |operation: &Operation| match operation.ret {
        WORegisterRet::ReadOk(None) => 0,
        WORegisterRet::WriteOk => 1,
        WORegisterRet::ReadOk(Some(_)) | WORegisterRet::WriteFail => 2,
    };
    let mut ranked: Vec<&Operation> = operations.iter().collect();
    ranked.sort_by_key(|operation| rank(operation));
    let mut moments: Vec<(u64, usize, bool)> = Vec::new();
    for (name, operation) in ranked.iter().enumerate() {
        moments.push((operation.began, name, true));
        moments.push((operation.ended, name, false));
    }
    moments.sort_unstable();
    let mut tester = LinearizabilityTester::new(WORegister::<Holder>(None));
    for (_, name, begins) in moments {
        let operation = ranked[name];
        if begins {
            tester.on_invoke(name, operation.op.clone())?;
        } else {
            tester.on_return(name, operation.ret.clone())?;
        }
    }
    Ok(tester.is_consistent())
}

/// The library's judgement alone; only for histories short enough to try every order.
#[cfg(test)]
pub(super) fn by_library(calls: &[&Call]) -> bool {
    let operations: Vec<Operation> = calls.iter().filter_map(|call| operation(call)).collect();
    is_linearizable(&operations) == Ok(true)
}
