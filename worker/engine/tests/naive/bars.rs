//! Functions of the bars, in the order of the table of D5.

use super::functions::Call;
use super::operators::both;
use super::windows::{Numbers, c6, ema, mean, rma, sigma, windows};
use super::{Column, World, fin};
use std::cmp::Ordering;

impl World<'_> {
    pub fn of_bars(&self, c: &Call<'_>) -> Option<Column> {
        let (f, rows) = (&self.frame, self.rows());
        Some(match c.name {
            "stoch" => {
                let k = self.in_range(c.period(0), 50.0, |high, low, close| {
                    (100 * (close - low)) as f64 / (high - low) as f64
                });
                c.number(if c.field == "k" { k } else { windows(&k, c.period(1), |w| fin(mean(w))) })
            }
            "willr" => c.number(self.in_range(c.period(0), -50.0, |high, low, close| {
                (-100 * (high - close)) as f64 / (high - low) as f64
            })),
            "cci" => {
                let n = c.period(0);
                let y: Vec<Option<i64>> = (0..rows).map(|t| Some(f.three(t))).collect();
                c.number(windows(&y, n, |w| {
                    let m = w.iter().sum::<i64>() as f64 / n as f64;
                    let a = sigma(w.iter().map(|&y| (y as f64 - m).abs())) / n as f64;
                    if a == 0.0 { Some(0.0) } else { fin((w[n - 1] as f64 - m) / (0.015 * a)) }
                }))
            }
            "mfi" => {
                let n = c.period(0);
                let flow = |order: Ordering| {
                    let of = |t: usize| {
                        let counts = t > 0 && f.three(t).cmp(&f.three(t - 1)) == order;
                        fin(if counts { f.three(t) as f64 * f.volume[t] } else { 0.0 })
                    };
                    c6(&(0..rows).map(of).collect::<Numbers>(), n)
                };
                let ratio = |p: f64, q: f64| {
                    if p + q <= 0.0 { Some(50.0) } else { fin((100.0 * p) / (p + q)) }
                };
                let all = both(&flow(Ordering::Greater), &flow(Ordering::Less), ratio);
                c.number(all.into_iter().enumerate().map(|(t, x)| x.filter(|_| t >= n)).collect())
            }
            "cmf" => {
                let of = |t: usize| {
                    let (h, l, c) = (f.high[t], f.low[t], f.close[t]);
                    let u = ((c - l) - (h - c)) as f64 / (h - l) as f64 * f.volume[t];
                    if h == l { Some(0.0) } else { fin(u) }
                };
                c.number(self.share(&(0..rows).map(of).collect::<Numbers>(), c.period(0)))
            }
            "atr" => c.number(self.atr(c.period(0))),
            "adx" => c.number(self.adx(c.period(0), c.field)),
            "keltner" => {
                let n = c.period(0);
                let hlc3: Numbers = (0..rows).map(|t| Some(f.three(t) as f64 / 3.0)).collect();
                let mid = ema(&hlc3, n);
                let k = self.value(&c.all[1].value).rounded;
                c.number(match c.field {
                    "mid" => mid,
                    "upper" => both(&mid, &self.atr(n), |m, a| fin(m + k * a)),
                    _ => both(&mid, &self.atr(n), |m, a| fin(m - k * a)),
                })
            }
            "donchian" => {
                let n = c.period(0);
                let of = |t: usize, high: bool| {
                    let all = |x: &[i64]| (t + 1 >= n).then(|| x[t + 1 - n..=t].to_vec());
                    let extreme =
                        if high { all(&f.high)?.into_iter().max() } else { all(&f.low)?.into_iter().min() };
                    extreme.map(i128::from)
                };
                let column = match c.field {
                    "upper" => (0..rows).map(|t| of(t, true)).collect(),
                    "lower" => (0..rows).map(|t| of(t, false)).collect(),
                    _ => (0..rows).map(|t| Some(of(t, true)? + of(t, false)?)).collect(),
                };
                Column::Exact(column, c.result.unwrap())
            }
            "supertrend" => {
                let k = self.value(&c.all[1].value).rounded;
                c.number(self.supertrend(c.period(0), k, c.field == "side"))
            }
            "heikin" => {
                let close: Numbers = (0..rows).map(|t| Some((f.open[t] + f.three(t)) as f64 / 4.0)).collect();
                let mut open: Vec<f64> = Vec::new();
                for t in 0..rows {
                    open.push(match t {
                        0 => (f.open[0] + f.close[0]) as f64 / 2.0,
                        _ => (open[t - 1] + close[t - 1].unwrap()) / 2.0,
                    });
                }
                let of = |t: usize| match c.field {
                    "open" => open[t],
                    "high" => *[f.high[t] as f64, open[t], close[t].unwrap()]
                        .iter()
                        .max_by(|a, b| a.total_cmp(b))
                        .unwrap(),
                    _ => *[f.low[t] as f64, open[t], close[t].unwrap()]
                        .iter()
                        .min_by(|a, b| a.total_cmp(b))
                        .unwrap(),
                };
                if c.field == "close" {
                    let sums = (0..rows).map(|t| Some(i128::from(f.open[t] + f.three(t)))).collect();
                    return Some(Column::Exact(sums, c.result.unwrap()));
                }
                c.number((0..rows).map(|t| fin(of(t))).collect())
            }
            "obv" => {
                let mut sum = 0.0;
                let mut out = vec![Some(0.0)];
                for t in 1..rows {
                    match f.close[t].cmp(&f.close[t - 1]) {
                        Ordering::Greater => sum += f.volume[t],
                        Ordering::Less => sum -= f.volume[t],
                        Ordering::Equal => {}
                    }
                    out.push(fin(sum));
                }
                c.number(out)
            }
            "vwap" => {
                let priced: Numbers = (0..rows).map(|t| fin(f.three(t) as f64 * f.volume[t])).collect();
                let mean = self.share(&priced, c.period(0));
                c.number(mean.into_iter().map(|m| fin(m? / 3.0)).collect())
            }
            _ => return None,
        })
    }

    pub fn after_row_zero(&self, of: impl Fn(usize) -> i64) -> Numbers {
        (0..self.rows()).map(|t| (t > 0).then(|| of(t) as f64)).collect()
    }

    pub fn atr(&self, n: usize) -> Numbers {
        rma(&self.after_row_zero(|t| self.frame.true_range(t)), n)
    }

    pub fn volume(&self) -> Numbers {
        self.frame.volume.iter().map(|&v| fin(v)).collect()
    }

    /// C6 of flows over C6 of the volume.
    pub fn share(&self, flow: &[Option<f64>], n: usize) -> Numbers {
        both(&c6(flow, n), &c6(&self.volume(), n), |u, v| if v <= 0.0 { None } else { fin(u / v) })
    }

    fn in_range(&self, n: usize, flat: f64, of: impl Fn(i64, i64, i64) -> f64) -> Numbers {
        let f = &self.frame;
        let at = |t: usize| {
            let from = (t + 1).checked_sub(n)?;
            let (high, low) = (f.high[from..=t].iter().max()?, f.low[from..=t].iter().min()?);
            if high == low { Some(flat) } else { fin(of(*high, *low, f.close[t])) }
        };
        (0..self.rows()).map(at).collect()
    }

    fn adx(&self, n: usize, field: &str) -> Numbers {
        let f = &self.frame;
        let moved = |t: usize, up: bool| {
            let (rise, fall) = (f.high[t] - f.high[t - 1], f.low[t - 1] - f.low[t]);
            let (own, other) = if up { (rise, fall) } else { (fall, rise) };
            if own > other && own > 0 { own } else { 0 }
        };
        let a = self.atr(n);
        let line = |up: bool| {
            both(&rma(&self.after_row_zero(|t| moved(t, up)), n), &a, |p, a| {
                if a == 0.0 { Some(0.0) } else { fin((100.0 * p) / a) }
            })
        };
        let (plus, minus) = (line(true), line(false));
        match field {
            "plus" => plus,
            "minus" => minus,
            _ => {
                let dx = both(&plus, &minus, |p, m| {
                    if p + m == 0.0 { Some(0.0) } else { fin((100.0 * (p - m).abs()) / (p + m)) }
                });
                rma(&dx, n)
            }
        }
    }

    fn supertrend(&self, n: usize, k: f64, side: bool) -> Numbers {
        let (f, atr) = (&self.frame, self.atr(n));
        let mut state: Option<(f64, f64, f64)> = None;
        (0..self.rows())
            .map(|t| {
                let a = atr[t]?;
                let (m, c) = ((f.high[t] + f.low[t]) as f64 / 2.0, f.close[t] as f64);
                let (bu, bl) = (m + k * a, m - k * a);
                let next = match state {
                    None => (bu, bl, if c >= m { 1.0 } else { -1.0 }),
                    Some((u, b, s)) => {
                        let c1 = f.close[t - 1] as f64;
                        let u = if bu < u || c1 > u { bu } else { u };
                        let b = if bl > b || c1 < b { bl } else { b };
                        let s = if s == 1.0 && c < b {
                            -1.0
                        } else if s == -1.0 && c > u {
                            1.0
                        } else {
                            s
                        };
                        (u, b, s)
                    }
                };
                state = Some(next);
                let (u, b, s) = next;
                fin(match (side, s == 1.0) {
                    (true, _) => s,
                    (false, true) => b,
                    (false, false) => u,
                })
            })
            .collect()
    }
}
