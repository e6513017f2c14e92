//! What a run writes of its locals, and that they come back.

use super::*;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn slot(name: &str, value: &serde_json::Value) -> Slot {
    Slot { name: name.into(), json: value.to_string().into() }
}

fn needed(frame: &StoredFrame, all: &HashMap<Seq, StoredFrame>) -> HashMap<Seq, StoredFrame> {
    frame.rows.iter().map(|row| (*row, all[row].clone())).collect()
}

fn stored_size(frame: &StoredFrame) -> usize {
    serde_json::to_string(frame).unwrap().len()
}

#[test]
fn random_edits_come_back_at_every_row() {
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let mut texts = vec!["ä€😀 plain ".repeat(20), String::new(), "x".repeat(300)];
        let mut table = SlotTable::default();
        let mut all = HashMap::new();
        for row in 1..=200 {
            let which = dice.roll(texts.len());
            let text = &mut texts[which];
            let chars: Vec<char> = text.chars().collect();
            let at = dice.roll(chars.len() + 1);
            let cut = dice.roll(chars.len() - at + 1).min(dice.roll(5));
            let put = ["", "é", "€uro", "😀", "abc", "\""][dice.roll(6)];
            *text = chars[..at].iter().collect::<String>() + put
                + &chars[at + cut..].iter().collect::<String>();
            let live: Vec<Slot> = ["a", "b", "c"]
                .iter()
                .zip(&texts)
                .filter(|_| dice.roll(20) > 0)
                .map(|(name, text)| slot(name, &serde_json::json!({ "text": text })))
                .collect();
            let (frame, next) = table.delta(Seq(row), &live).unwrap();
            all.insert(Seq(row), frame.clone());
            assert!(frame.rows.len() <= 3 * LONGEST_CHAIN);
            let (back, rebuilt) =
                SlotTable::rebuild(Seq(row), &frame, &needed(&frame, &all)).unwrap();
            assert_eq!(back, live, "seed {seed}, row {row}");
            table = if dice.roll(2) == 0 { rebuilt } else { next };
        }
    }
}

#[test]
fn an_unchanged_local_is_not_written_again() {
    let live = [slot("big", &serde_json::json!("x".repeat(10_000)))];
    let (_, mut table) = SlotTable::default().delta(Seq(1), &live).unwrap();
    for row in 2..100 {
        let (frame, next) = table.delta(Seq(row), &live).unwrap();
        assert!(matches!(frame.slots["big"], StoredSlot::Same(Seq(1))));
        assert_eq!(frame.rows, [Seq(1)]);
        table = next;
    }
}

#[test]
fn a_growing_list_is_not_written_anew_at_each_row() {
    let mut list = Vec::new();
    let (mut table, mut written, mut longest) = (SlotTable::default(), 0, 0);
    for row in 1..=1_000 {
        list.push(format!("item {row}"));
        let live = [slot("list", &serde_json::json!(list))];
        let (frame, next) = table.delta(Seq(row), &live).unwrap();
        written += stored_size(&frame);
        longest = longest.max(frame.rows.len());
        table = next;
    }
    let whole = serde_json::json!(list).to_string().len();
    assert!(written < whole * 30, "{written} bytes for {whole}");
    assert!(longest <= LONGEST_CHAIN, "{longest} rows");
}

#[test]
fn a_damaged_chain_is_an_error() {
    let frame = |slot| StoredFrame { rows: vec![], slots: [("a".to_owned(), slot)].into() };
    let patch = frame(StoredSlot::Patch { over: Seq(1), front: 9, back: 9, put: String::new() });
    let rows: HashMap<_, _> =
        [(Seq(1), frame(StoredSlot::Is(RawValue::from_string("[1]".into()).unwrap())))].into();
    let check = |frame: &StoredFrame| SlotTable::rebuild(Seq(2), frame, &rows).unwrap_err();
    assert_eq!(check(&patch), SlotError::BadPatch("a".into(), Seq(2)));
    assert_eq!(
        check(&frame(StoredSlot::Same(Seq(2)))),
        SlotError::MissingRow("a".into(), Seq(2)),
        "a row that names itself"
    );
}
