//! Sums of f64 over a sliding window without drift or cancellation (C6).

/// Sum of the last `n` values at each row; defined from row `n - 1`.
///
/// Rows are cut into blocks of `n`; a window is the tail of one block plus the head of the next, so every sum is
/// the same two additions chains wherever the window lies, and nothing is ever subtracted.
pub fn window_sum(x: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    if n == 0 {
        return out;
    }
    let mut tail = vec![0.0; n];
    for (block, rows) in x.chunks(n).enumerate() {
        let mut head = 0.0;
        for (i, &v) in rows.iter().enumerate() {
            head += v;
            let t = block * n + i;
            if i + 1 == n {
                out[t] = head;
            } else if block > 0 {
                out[t] = tail[i + 1] + head;
            }
        }
        if rows.len() == n {
            let mut sum = 0.0;
            for i in (0..n).rev() {
                sum = if i + 1 == n { rows[i] } else { rows[i] + sum };
                tail[i] = sum;
            }
        }
    }
    out
}

/// Whether the volume of row `t` confirms an entry: 20 v >= k x the volume of the 20 rows before.
///
/// `sums20` are the sums of 20 rows; needs `t >= 20`.
#[inline]
pub fn volume_confirms(volume: f64, k: f64, sums20: &[f64], t: usize) -> bool {
    20.0 * volume >= k * sums20[t - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_summed_exactly() {
        let x: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17)).collect();
        for n in 1..20 {
            let sums = window_sum(&x, n);
            for t in n - 1..x.len() {
                assert_eq!(sums[t], x[t + 1 - n..=t].iter().sum::<f64>());
            }
        }
    }

    #[test]
    fn a_huge_value_leaves_no_trace_once_it_is_out_of_the_window() {
        let mut x = vec![0.1; 40];
        x[7] = 1e300;
        let sums = window_sum(&x, 5);
        let tenth = 0.1_f64;
        let (tail, head) = (tenth + tenth, tenth + tenth + tenth);
        assert_eq!(sums[12].to_bits(), (tail + head).to_bits());
    }

    // Contract C6.
    #[test]
    fn the_order_of_additions_is_fixed() {
        // t = 4, n = 3: tail of block 0 from row 2, plus rows 3 and 4 from the left.
        let x = [0.1, 0.2, 0.3, 0.4, 0.7, 0.9];
        assert_eq!(window_sum(&x, 3)[4].to_bits(), (0.3_f64 + (0.4 + 0.7)).to_bits());
        assert_eq!(window_sum(&x, 3)[3].to_bits(), ((0.2_f64 + 0.3) + 0.4).to_bits());
    }
}
