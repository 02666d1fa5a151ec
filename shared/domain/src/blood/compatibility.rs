//! Whose red cells a patient can take, by ABO and `RhD`.

use crate::account::BloodGroup;

/// What has to be said wherever groups are called compatible.
pub const CROSS_MATCH: &str =
    "Compatible by ABO and RhD alone; every transfusion is subject to a cross-match";

const A: u8 = 1;
const B: u8 = 2;
const RH_D: u8 = 4;

impl BloodGroup {
    /// Whether a patient of the other group can take the red cells of a donor of this one: they
    /// carry no antigen that the patient's own do not. Always subject to a cross-match.
    pub const fn can_give_red_cells_to(self, patient: Self) -> bool {
        self.antigens() & !patient.antigens() == 0
    }

    /// The antigens on its red cells.
    const fn antigens(self) -> u8 {
        match self {
            Self::ONegative => 0,
            Self::OPositive => RH_D,
            Self::ANegative => A,
            Self::APositive => A | RH_D,
            Self::BNegative => B,
            Self::BPositive => B | RH_D,
            Self::AbNegative => A | B,
            Self::AbPositive => A | B | RH_D,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::account::BloodGroup;

    /// Patients down, donors across, as transfusion services print it.
    const TABLE: &str = "
               O-   O+   A-   A+   B-   B+   AB-  AB+
        O-     yes  no   no   no   no   no   no   no
        O+     yes  yes  no   no   no   no   no   no
        A-     yes  no   yes  no   no   no   no   no
        A+     yes  yes  yes  yes  no   no   no   no
        B-     yes  no   no   no   yes  no   no   no
        B+     yes  yes  no   no   yes  yes  no   no
        AB-    yes  no   yes  no   yes  no   yes  no
        AB+    yes  yes  yes  yes  yes  yes  yes  yes
    ";

    #[test]
    fn all_64_pairs_are_as_the_table_has_them() {
        let mut rows = TABLE
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|words| !words.is_empty());
        let group = |text: &str| BloodGroup::parse(text).unwrap();
        let donors: Vec<BloodGroup> = rows.next().unwrap().into_iter().map(group).collect();
        let mut pairs = Vec::new();
        for row in rows {
            let patient = group(row[0]);
            assert_eq!(row.len(), 1 + donors.len(), "{patient}");
            for (donor, word) in donors.iter().zip(&row[1..]) {
                let can = match *word {
                    "yes" => true,
                    "no" => false,
                    other => panic!("{other}"),
                };
                assert_eq!(
                    donor.can_give_red_cells_to(patient),
                    can,
                    "{donor} to {patient}"
                );
                assert!(!pairs.contains(&(*donor, patient)), "{donor} to {patient}");
                pairs.push((*donor, patient));
            }
        }
        assert_eq!(pairs.len(), 64);
    }

    #[test]
    fn who_can_give_to_somebody_can_give_to_whom_they_can_give_to() {
        for a in BloodGroup::ALL {
            assert!(a.can_give_red_cells_to(a));
            for b in BloodGroup::ALL {
                for c in BloodGroup::ALL {
                    if a.can_give_red_cells_to(b) && b.can_give_red_cells_to(c) {
                        assert!(a.can_give_red_cells_to(c), "{a} {b} {c}");
                    }
                }
                let both = a.can_give_red_cells_to(b) && b.can_give_red_cells_to(a);
                assert_eq!(both, a == b, "{a} {b}");
            }
        }
    }
}
