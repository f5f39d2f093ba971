//! dpkg's database, as a broken disk or a foreign tool may leave it.

use std::io::BufReader;

use agent::dpkg::status::installed;

/// See the module.
pub fn package_status(data: &[u8]) {
    let Ok(all) = installed(data, usize::MAX) else { unreachable!("memory can be read") };
    for package in &all {
        assert!(!package.name.is_empty());
        for text in [&package.name, &package.version, &package.architecture] {
            assert_eq!(text.trim(), text);
            assert!(!text.contains('\n') && text.len() < 16 * 1024, "{} bytes", text.len());
        }
    }
    // However the file comes in pieces, and wherever reading stops.
    let pieces = BufReader::with_capacity(7, data);
    assert!(installed(pieces, usize::MAX).is_ok_and(|again| again == all), "pieces");
    let half = all.len().div_ceil(2);
    let some = installed(data, half);
    assert!(some.is_ok_and(|some| Some(some.as_slice()) == all.get(..half)), "the first half");
}
