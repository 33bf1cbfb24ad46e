//! The leaderboard: accounts by total return over their starting equity (DSH-001).

use std::cmp::Ordering;

use ringside_protocol::{AccountId, decimal};

use super::market::{Market, QUOTE, instruments};

/// Decimals that a return in per cent is shown with.
const RETURN_PLACES: u8 = 3;

/// Somebody who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contestant {
    name: &'static str,
    kind: &'static str,
    account: AccountId,
    starting_equity: i128,
}

impl Contestant {
    /// From now on: what the account is worth now is what its return is measured against.
    pub fn new(
        name: &'static str,
        kind: &'static str,
        account: AccountId,
        market: &Market,
    ) -> Self {
        Self { name, kind, account, starting_equity: equity(market, account) }
    }
}

/// One account's standing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Whose.
    pub name: &'static str,
    /// What kind of bot it is.
    pub kind: &'static str,
    /// Whose; who stands equal is ranked by it.
    pub account: AccountId,
    /// What it was worth at the start, smallest quote units.
    pub starting_equity: i128,
    /// What it is worth now, smallest quote units.
    pub equity: i128,
}

impl Row {
    /// Gained since the start, smallest quote units.
    pub const fn profit(&self) -> i128 {
        self.equity - self.starting_equity
    }

    /// The total return in per cent, cut after three places.
    pub fn total_return(&self) -> String {
        let parts = 100 * 10i128.pow(u32::from(RETURN_PLACES));
        let per_cent = self.profit() * parts / self.starting_equity.max(1);
        let sign = if per_cent > 0 { "+" } else { "" };
        format!("{sign}{}", decimal::text(per_cent, RETURN_PLACES))
    }

    /// Total return, exactly: fractions are compared across, never divided.
    fn total_return_against(&self, other: &Self) -> Ordering {
        let (ours, theirs) =
            (self.profit() * other.starting_equity, other.profit() * self.starting_equity);
        ours.cmp(&theirs)
    }
}

/// All standings, the best first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaderboard(Vec<Row>);

impl Leaderboard {
    /// Ranks everybody; who stands equal is ranked by age of account.
    pub fn new(contestants: &[Contestant], market: &Market) -> Self {
        Self::rank(contestants.iter().map(|contestant| row(contestant, market)).collect())
    }

    /// Ranks rows.
    pub fn rank(mut rows: Vec<Row>) -> Self {
        rows.sort_by(|a, b| b.total_return_against(a).then(a.account.cmp(&b.account)));
        Self(rows)
    }

    /// The standings.
    pub fn rows(&self) -> &[Row] {
        &self.0
    }
}

fn row(contestant: &Contestant, market: &Market) -> Row {
    let Contestant { name, kind, account, starting_equity } = *contestant;
    Row { name, kind, account, starting_equity, equity: equity(market, account) }
}

/// Everything an account has, in smallest quote units; other currencies at [`Market::price`].
fn equity(market: &Market, account: AccountId) -> i128 {
    let engine = market.engine();
    let worth = |currency, units: i128| {
        if currency == QUOTE {
            return units;
        }
        let traded = instruments().find(|(id, _)| engine.instrument_terms(*id).base == currency);
        traded.map_or(0, |(id, _)| {
            let scales = &engine.instrument_terms(id).scales;
            units / i128::from(scales.base_per_lot)
                * i128::from(market.price(id))
                * i128::from(scales.quote_per_tick_lot)
        })
    };
    let balances = engine.portfolio(account).balances;
    balances.iter().map(|row| worth(row.currency, row.available + row.held)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringside_protocol::CurrencyId;

    fn standing(account: u32, starting_equity: i128, equity: i128) -> Row {
        Row { name: "amber", kind: "noise", account: AccountId(account), starting_equity, equity }
    }

    #[test]
    fn it_ranks_by_total_return_and_then_by_age() {
        // DSH-001: +1 %, +1 % (younger), +0.5 % of much more money, 0, −2 %.
        let rows = [
            standing(4, 100, 98),
            standing(3, 300, 303),
            standing(2, 100_000, 100_500),
            standing(1, 50, 50),
            standing(0, 100, 101),
        ];
        let ranked = Leaderboard::rank(rows.to_vec());
        let accounts: Vec<_> = ranked.rows().iter().map(|row| row.account.0).collect();
        assert_eq!(accounts, [0, 3, 2, 1, 4]);
        let returns: Vec<_> = ranked.rows().iter().map(Row::total_return).collect();
        assert_eq!(returns, ["+1.000", "+1.000", "+0.500", "0.000", "-2.000"]);
    }

    #[test]
    fn equity_is_everything_an_account_has_at_the_last_price() {
        let mut market = Market::new();
        let account = market.open_account("amber");
        assert_eq!(equity(&market, account), 10_000_000_000);
        // 2 SOL at 150.00 and half a BTC at 95,000.0.
        market.deposit(account, CurrencyId(1), 2_000_000_000);
        market.deposit(account, CurrencyId(2), 50_000_000);
        assert_eq!(equity(&market, account), 10_000_000_000 + 300_000_000 + 47_500_000_000);
    }
}
