use scoop::{Scoop, saga};

#[saga]
async fn visit(city: String) -> usize {
    scoop::sleep(std::time::Duration::from_secs(1)).await;
    city.len()
}

async fn find(scoop: Scoop) {
    let found = scoop.find(visit("Lisbon".to_owned()), "visit-1").await;
}

fn main() {}
