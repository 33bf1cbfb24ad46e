//! What a benchmark says and is told: the machine it ran on, its arguments.

/// Prints the machine and its load: no figure means anything without.
pub fn print_machine() {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name\t: "));
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    let load = read("/proc/loadavg");
    println!("machine: {} × {cores}, load {}", model.unwrap_or("unknown"), load.trim());
}

/// The number behind an argument of this name, if it was given.
///
/// # Panics
/// When what stands behind it is no number.
pub fn argument(name: &str) -> Option<usize> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).map(|value| value.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}
