// mistakes: 3
//! `break` and `continue` of a loop around an `async` block. Loops in it are its own.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> Result<u32, Error> {
    Ok(shop)
}

#[saga]
async fn trip() -> Result<u32, Error> {
    let mut sum = 0;
    'shops: loop {
        for shop in 0..3 {
            let (one, other) = scoop::try_join!(
                async {
                    if ask(shop).await? == 1 {
                        break;
                    }
                    ask(1).await
                },
                async {
                    'own: for again in 0..3 {
                        loop {
                            match ask(again).await? {
                                0 => break,
                                1 => continue 'own,
                                2 => break 'shops,
                                _ => continue 'shops,
                            }
                        }
                    }
                    ask(2).await
                },
            )?;
            sum += one + other;
        }
    }
    Ok(sum)
}

fn main() {}
