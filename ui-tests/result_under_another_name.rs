// mistakes: 5
use scoop::{Error, resource, saga, step};

type Answer = Result<u32, Error>;

trait Answers {
    type Answer;
}

pub struct Desk;

impl Answers for Desk {
    type Answer = Result<u32, Error>;
}

#[step(read_only)]
async fn ask() -> Answer {
    Err(Error::msg("nobody knows"))
}

#[step(read_only, blocking)]
fn read() -> Answer {
    Ok(1)
}

#[saga]
async fn trip() -> Answer {
    Err(Error::msg("nobody goes"))
}

#[resource]
impl Desk {
    #[step(read_only)]
    async fn look(&self) -> <Self as Answers>::Answer {
        Ok(1)
    }

    #[saga]
    async fn sell(&self) -> Answer {
        Ok(1)
    }
}

#[step(read_only)]
async fn plain() -> Option<Result<u32, String>> {
    None
}

fn main() {}
