//! Where a venue's doors listen, as it says itself when they are open.

use ringside_client::socket::Address;

/// The two ports of a door.
#[derive(Clone, Debug)]
pub struct Ports {
    /// On 127.0.0.1.
    pub v4: Address,
    /// On ::1.
    pub v6: Address,
}

/// Where a venue's doors listen.
#[derive(Clone, Debug)]
pub struct Doors {
    /// Order entry on 127.0.0.1.
    pub v4: Address,
    /// On ::1.
    pub v6: Address,
    /// By a socket of this machine.
    pub unix: Address,
    /// JSON.
    pub websocket: Ports,
    /// The doors that are open where a plan has every one of them.
    pub public: Option<Public>,
}

/// The doors that take no orders.
#[derive(Clone, Debug)]
pub struct Public {
    /// ITCH.
    pub market_data: Ports,
    /// HTTP.
    pub http: Ports,
}

impl Doors {
    /// Each door for binary orders.
    pub fn all(&self) -> [Address; 3] {
        [self.v4.clone(), self.v6.clone(), self.unix.clone()]
    }

    /// Takes them from what the venue says, line by line; `every`: ITCH and HTTP are among them.
    ///
    /// # Panics
    /// When a door that is next is not there.
    pub(crate) fn gather(every: bool, mut next: impl FnMut() -> Announced) -> Self {
        let mut door = |word: &str| {
            let Announced { door, address } = next();
            assert_eq!(door, word, "doors are told in their order");
            address
        };
        let [v4, v6, unix] = ["orders"; 3].map(&mut door);
        let mut ports = |word| Ports { v4: door(word), v6: door(word) };
        let market_data = every.then(|| ports("market data"));
        let websocket = ports("websocket");
        let public = market_data.map(|market_data| Public { market_data, http: ports("http") });
        Self { v4, v6, unix, websocket, public }
    }
}

/// A door that is open.
pub(crate) struct Announced {
    door: String,
    address: Address,
}

impl Announced {
    /// The door in a line such as `orders        127.0.0.1:7001 (SoupBinTCP with OUCH)`.
    pub(crate) fn in_line(line: &str) -> Option<Self> {
        let doors = ["orders", "market data", "websocket", "http"];
        let door = doors.into_iter().find(|door| line.starts_with(&format!("{door}  ")))?;
        let text = line[door.len()..].trim_start().split(" (").next()?;
        let address = text.parse().map_or_else(|_| Address::Unix(text.into()), Address::Tcp);
        Some(Self { door: door.to_owned(), address })
    }
}
