//! What a benchmark says and is told: the machine it ran on, its arguments, its figures in rows.

use std::path::PathBuf;

/// Prints the machine and its load: no figure means anything without.
pub fn print_machine() {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name\t: "));
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    let load = read("/proc/loadavg");
    println!("machine: {} × {cores}, load {}", model.unwrap_or("unknown"), load.trim());
}

/// What stands behind an argument of this name, if it was given.
pub fn word(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// The number behind an argument of this name, if it was given.
///
/// # Panics
/// When what stands behind it is no number.
pub fn argument(name: &str) -> Option<usize> {
    word(name).map(|value| value.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

/// Where files are made: behind `--directory`, or where the system keeps what is temporary. A disk
/// that is none makes every sync look free.
pub fn directory() -> PathBuf {
    word("--directory").map_or_else(std::env::temp_dir, PathBuf::from)
}

/// The middle one.
///
/// # Panics
/// When there is none.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The one that so large a part of them does not exceed; `part` is within 0 and 1.
///
/// # Panics
/// When there is none.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * part) as usize;
    sorted[at.min(sorted.len() - 1)]
}

/// A row of a table: what was measured, and its figures.
pub type Row = (String, Vec<f64>);

/// Prints rows, the ratio of each first figure to that of the first row in front.
pub fn print_rows(title: &str, columns: &[&str], rows: &[Row]) {
    print!("\n{title:<48} {:>6}", "ratio");
    columns.iter().for_each(|column| print!(" {column:>12}"));
    println!();
    for (name, figures) in rows {
        print!("{name:<48} {:>6.2}", figures[0] / rows[0].1[0]);
        figures
            .iter()
            .for_each(|figure| print!(" {figure:>12.*}", if *figure < 10.0 { 2 } else { 1 }));
        println!();
    }
}
