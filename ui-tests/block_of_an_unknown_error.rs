// mistakes: 4
//! Nothing says which error the blocks have. The compiler says so once for each `?`, with the same repair.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> Result<u32, Error> {
    Ok(shop)
}

#[saga]
async fn trip() -> Result<u32, Error> {
    let n = scoop::race!(
        async {
            let a = ask(1).await?;
            Ok(a)
        },
        async {
            let b = ask(2).await?;
            Ok(b)
        },
    )?;
    Ok(n)
}

fn main() {}
