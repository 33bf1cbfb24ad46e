//! An account's money and positions as others see them: the checksum that two views of one account
//! at one sequence share (LED-031).

/// One balance as decimals: code, total, reserved.
pub type BalanceText<'a> = [&'a str; 3];

/// One open position as decimals: symbol, quantity, average cost, realised P&L.
pub type PositionText<'a> = [&'a str; 4];

/// CRC-32 (IEEE 802.3) of an account's balances and open positions, as decimals with the places
/// they are shown with:
///
/// 1. one line `code total reserved` for each currency, in the order of the codes' bytes;
/// 2. one line `symbol quantity average_cost realised` for each open position, in the order of the
///    symbols' bytes;
/// 3. fields are separated by one space, every line ends with one line feed; the checksum is the
///    CRC-32 of those lines.
///
/// Whoever has the figures can check it: nothing of it depends on how they travelled.
pub fn checksum(mut balances: Vec<BalanceText<'_>>, mut positions: Vec<PositionText<'_>>) -> u32 {
    balances.sort_unstable();
    positions.sort_unstable();
    let mut crc = crc32fast::Hasher::new();
    for balance in balances {
        crc.update(format!("{}\n", balance.join(" ")).as_bytes());
    }
    for position in positions {
        crc.update(format!("{}\n", position.join(" ")).as_bytes());
    }
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_crc_of_the_lines() {
        // LED-031
        let balances = vec![["USDC", "9600.00", "600.00"], ["SOL", "4.000", "0.000"]];
        let positions = vec![["SOL/USDC", "4.000", "100.00", "-0.50"]];
        let lines = "SOL 4.000 0.000\nUSDC 9600.00 600.00\nSOL/USDC 4.000 100.00 -0.50\n";
        assert_eq!(checksum(balances, positions), crc32fast::hash(lines.as_bytes()));
        assert_eq!(checksum(vec![], vec![]), 0);
    }
}
