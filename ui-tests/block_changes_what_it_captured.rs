// mistakes: 3
//! An `async` block that changes locals of the saga around it.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn look(n: u32) -> Result<u32, Error> {
    Ok(n)
}

#[saga]
async fn trip() -> Result<u32, Error> {
    let mut sum = 0_u32;
    let mut seen = Vec::new();
    let (a, b) = scoop::try_join!(
        async {
            sum = look(1).await?;
            sum += look(2).await?;
            Ok::<_, Error>(())
        },
        async {
            let all = &mut seen;
            all.push(look(3).await?);
            Ok::<_, Error>(())
        },
    )?;
    let ((), ()) = (a, b);
    seen.push(sum);
    Ok(sum)
}

fn main() {}
