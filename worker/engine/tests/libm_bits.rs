//! The pinned math library gives the same bits as ever: a golden digest over 10,000 inputs of each function that a
//! result may rest on. A failure after an update of libm means a new ENGINE, not a new constant here.

/// Inputs from a linear congruential generator (Knuth's MMIX constants): 53 uniform bits each, in [0, 1).
fn uniform() -> impl Iterator<Item = f64> {
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    })
}

/// Digest of the bits, and the largest distance to the platform's own function in units of the last place.
fn digest(f: impl Fn(f64) -> f64, platform: impl Fn(f64) -> f64) -> (String, u64) {
    let mut hash = blake3::Hasher::new();
    let mut worst = 0;
    for u in uniform().take(10_000) {
        let bits = f(u).to_bits();
        worst = worst.max(bits.abs_diff(platform(u).to_bits()));
        hash.update(&bits.to_le_bytes());
    }
    (hash.finalize().to_hex()[..16].to_owned(), worst)
}

// Contract C7, A7.
#[test]
#[expect(clippy::disallowed_methods, reason = "the platform's functions are what libm is compared with")]
fn exp_log_and_pow_have_the_bits_they_always_had() {
    let exp = digest(|u| libm::exp(40.0 * u - 20.0), |u| (40.0 * u - 20.0).exp());
    let log = digest(|u| libm::log(1e3 * u + 1e-9), |u| (1e3 * u + 1e-9).ln());
    let pow = digest(|u| libm::pow(2.0 * u + 1e-6, 1.0 / 16.0), |u| (2.0 * u + 1e-6).powf(1.0 / 16.0));
    for (name, (_, worst)) in [("exp", &exp), ("log", &log), ("pow", &pow)] {
        assert!(*worst <= 2, "{name} is {worst} units of the last place away from the platform's");
    }
    assert_eq!(
        [exp.0.as_str(), log.0.as_str(), pow.0.as_str()],
        ["b504b37982f98d90", "3d5ea9911b40058f", "02fafb29693bf8d7"]
    );
}
