//! One list of functions in three places: the artifact's table, the template and the events.

use std::collections::{BTreeMap, BTreeSet};

use callout_local::template;
use callout_tests::workspace_root;

fn in_the_template() -> BTreeSet<String> {
    let parameters = BTreeMap::from([("TokenPublicKeys".to_owned(), "kid:key".to_owned())]);
    template::load(&workspace_root().join("template.yaml"), &parameters)
        .unwrap()
        .functions
        .into_values()
        .map(|function| function.handler)
        .collect()
}

fn in_the_table() -> BTreeSet<String> {
    let table = std::fs::read_to_string(workspace_root().join("functions/src/door.rs")).unwrap();
    let (_, doors) = table.rsplit_once("doors! {").unwrap();
    let (doors, _) = doors.split_once("\n}").unwrap();
    doors
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn in_the_events() -> BTreeSet<String> {
    std::fs::read_dir(workspace_root().join("events"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect()
}

#[test]
fn table_template_and_events_name_the_same_functions() {
    let template = in_the_template();
    assert!(
        template.len() > 20,
        "the template was not read: {template:?}"
    );
    assert_eq!(in_the_table(), template);
    assert_eq!(in_the_events(), template);
}

#[test]
fn each_function_has_a_file_of_its_own_name() {
    for handler in in_the_template() {
        let path = handler.replace('.', "/");
        let functions = workspace_root().join("functions/src");
        assert!(
            functions.join(format!("{path}.rs")).is_file()
                || functions.join(format!("{path}/mod.rs")).is_file(),
            "{handler}"
        );
    }
}

#[test]
fn every_example_of_the_descriptions_is_one_of_what_it_says() {
    let checked = callout_tests::described::check_examples();
    assert!(checked > 100, "only {checked} examples were found");
}
