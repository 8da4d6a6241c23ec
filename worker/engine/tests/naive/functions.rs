//! Functions, in the order of the table of D5.

use super::operators::{both, holds};
use super::{Column, World, fin};
use galapagos_rules::{Argument, Exact, Expr, ExprKind, Operator, Type};
use std::cmp::Ordering;
use std::collections::BTreeMap;

type Numbers = Vec<Option<f64>>;

/// The last n rows including t, if all are there.
fn window<T: Copy>(x: &[Option<T>], t: usize, n: usize) -> Option<Vec<T>> {
    if t + 1 < n { None } else { x[t + 1 - n..=t].iter().copied().collect() }
}

/// Something of each window.
fn windows<T: Copy, R>(x: &[Option<T>], n: usize, f: impl Fn(&[T]) -> Option<R>) -> Vec<Option<R>> {
    (0..x.len()).map(|t| f(&window(x, t, n)?)).collect()
}

/// Σ, oldest first from 0.0.
fn sigma(x: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    for x in x {
        sum += x;
    }
    sum
}

/// C6: the tail of one block from its end, and the head of the next.
pub fn c6(x: &[Option<f64>], n: usize) -> Numbers {
    (0..x.len())
        .map(|t| {
            let rows = window(x, t, n)?;
            let head = t % n + 1;
            let (tail, rest) = rows.split_at(n - head);
            let head = sigma(rest.iter().copied());
            match tail.split_last() {
                None => fin(head),
                Some((last, before)) => fin(before.iter().rev().fold(*last, |sum, x| x + sum) + head),
            }
        })
        .collect()
}

/// C2.
fn ema(x: &[Option<f64>], n: usize) -> Numbers {
    let mut e: Option<f64> = None;
    x.iter()
        .map(|x| {
            let x = (*x)?;
            e = Some(e.map_or(x, |e| e + 2.0 / (n as f64 + 1.0) * (x - e)));
            fin(e?)
        })
        .collect()
}

/// C3.
fn rma(x: &[Option<f64>], n: usize) -> Numbers {
    let (mut first, mut w) = (Vec::new(), None);
    x.iter()
        .map(|x| {
            let x = (*x)?;
            if let Some(w) = &mut w {
                *w += (x - *w) * (1.0 / n as f64);
            } else {
                first.push(x);
                if first.len() == n {
                    w = Some(sigma(first.iter().copied()) / n as f64);
                }
            }
            fin(w?)
        })
        .collect()
}

fn wma(x: &[Option<f64>], n: usize) -> Numbers {
    windows(x, n, |w| {
        let sum = sigma(w.iter().enumerate().map(|(i, x)| (i as f64 + 1.0) * x));
        fin(sum / (n * (n + 1) / 2) as f64)
    })
}

fn mean(w: &[f64]) -> f64 {
    sigma(w.iter().copied()) / w.len() as f64
}

fn deviation(w: &[f64]) -> f64 {
    let m = mean(w);
    (sigma(w.iter().map(|x| (x - m) * (x - m))) / w.len() as f64).sqrt()
}

fn minus(x: &[Option<f64>], y: &[Option<f64>]) -> Numbers {
    both(x, y, |x, y| fin(x - y))
}

impl World<'_> {
    fn from_row_one(&self, of: impl Fn(usize) -> i64) -> Numbers {
        (0..self.rows()).map(|t| (t > 0).then(|| of(t) as f64)).collect()
    }

    fn atr(&self, n: usize) -> Numbers {
        rma(&self.from_row_one(|t| self.frame.true_range(t)), n)
    }

    fn volume(&self) -> Numbers {
        self.frame.volume.iter().map(|&v| fin(v)).collect()
    }

    /// Exact windows, or those of f64.
    fn exact_or(
        &self,
        x: &Column,
        result: Option<Exact>,
        whole: impl Fn(&[Option<i128>]) -> Vec<Option<i128>>,
        float: impl Fn(&[Option<f64>]) -> Numbers,
    ) -> Column {
        match (x, result) {
            (Column::Exact(all, _), Some(e)) => Column::Exact(whole(all), e),
            _ => Column::Number(float(&self.numbers(x, 0)), x.power()),
        }
    }

    fn moments(&self, x: &Column, n: usize, score: bool) -> Numbers {
        if let Column::Exact(all, e) = x
            && e.weight <= 4
        {
            return windows(all, n, |w| {
                let sum: i128 = w.iter().sum();
                let v = n as i128 * w.iter().map(|x| x * x).sum::<i128>() - sum * sum;
                if !score {
                    return fin((v as f64).sqrt() / (n as i128 * e.denominator) as f64);
                }
                let distance = n as i128 * w[n - 1] - sum;
                if v == 0 { Some(0.0) } else { fin(distance as f64 / (v as f64).sqrt()) }
            });
        }
        windows(&self.numbers(x, 0), n, |w| {
            let sd = deviation(w);
            match (score, sd == 0.0) {
                (false, _) => fin(sd),
                (true, true) => Some(0.0),
                (true, false) => fin((w[n - 1] - mean(w)) / sd),
            }
        })
    }

    pub fn call(&self, name: &str, field: &str, all: &[Argument], expr: &Expr) -> Column {
        let power = expr.ty.and_then(Type::number).map_or(0, |n| n.power);
        let period = |i: usize| self.period(&all[i].value);
        let result = self.exact(expr);
        let first = || self.column(&all[0].value);
        let x = || self.numbers(&first(), 0);
        let b = || first().conditions();
        let number = |all: Numbers| Column::Number(all, power);
        let f = &self.frame;
        let rows = self.rows();
        match name {
            "sum" | "sma" => {
                let (x, n) = (first(), period(1));
                let whole = |all: &[Option<i128>]| windows(all, n, |w| Some(w.iter().sum()));
                let divide = |x: f64| if name == "sma" { fin(x / n as f64) } else { Some(x) };
                self.exact_or(&x, result, whole, |x| {
                    c6(x, n).into_iter().map(|x| x.and_then(divide)).collect()
                })
            }
            "highest" | "lowest" => {
                let (x, n, high) = (first(), period(1), name == "highest");
                self.exact_or(
                    &x,
                    result,
                    |all| {
                        windows(
                            all,
                            n,
                            |w| {
                                if high { w.iter().max().copied() } else { w.iter().min().copied() }
                            },
                        )
                    },
                    |all| {
                        windows(all, n, |w| {
                            let best = |a: f64, b: f64| if high == (b > a) { b } else { a };
                            w.iter().copied().reduce(best)
                        })
                    },
                )
            }
            "change" => {
                let x = first();
                let n = if all.len() > 1 { period(1) } else { 1 };
                match (&x, self.index(&x, n), result) {
                    (Column::Exact(now, _), Column::Exact(then, _), Some(e)) => {
                        Column::Exact(both(now, &then, |a, b| Some(a - b)), e)
                    }
                    (_, then, _) => number(minus(&self.numbers(&x, 0), &self.numbers(&then, 0))),
                }
            }
            "roc" => {
                let then = self.index(&number(x()), period(1));
                number(both(&x(), &self.numbers(&then, 0), |a, b| fin(a / b - 1.0)))
            }
            "ema" => number(ema(&x(), period(1))),
            "rma" => number(rma(&x(), period(1))),
            "dema" | "tema" => {
                let n = period(1);
                let e1 = ema(&x(), n);
                let e2 = ema(&e1, n);
                if name == "dema" {
                    return number(both(&e1, &e2, |a, b| fin(2.0 * a - b)));
                }
                let e3 = ema(&e2, n);
                let difference = both(&e1, &e2, |a, b| fin(3.0 * a - 3.0 * b));
                number(both(&difference, &e3, |a, b| fin(a + b)))
            }
            "wma" => number(wma(&x(), period(1))),
            "hma" => {
                let (x, n) = (x(), period(1));
                let m = ((n as f64).sqrt() + 0.5).floor() as usize;
                let raw = both(&wma(&x, std::cmp::max(1, n / 2)), &wma(&x, n), |a, b| fin(2.0 * a - b));
                number(wma(&raw, m))
            }
            "vwma" => {
                let n = period(1);
                let priced = both(&x(), &self.volume(), |x, v| fin(x * v));
                number(self.share(&priced, n))
            }
            "stdev" => number(self.moments(&first(), period(1), false)),
            "zscore" => number(self.moments(&first(), period(1), true)),
            "percent_rank" => {
                let n = period(1);
                number(windows(&x(), n, |w| {
                    fin(w.iter().filter(|&&x| x <= w[n - 1]).count() as f64 / n as f64)
                }))
            }
            "linreg" => {
                let n = period(1) as f64;
                number(windows(&x(), period(1), |w| {
                    let h = (n - 1.0) / 2.0;
                    let sum = sigma(w.iter().enumerate().map(|(i, x)| (i as f64 - h) * x));
                    let slope = sum / (n * (n * n - 1.0) / 12.0);
                    fin(if field == "slope" { slope } else { mean(w) + slope * h })
                }))
            }
            "rsi" => {
                let x = first();
                let change = match (&x, self.index(&x, 1)) {
                    (Column::Exact(now, e), Column::Exact(then, _)) => {
                        let all = both(now, &then, |a, b| Some(a - b));
                        self.numbers(&Column::Exact(all, *e), 0)
                    }
                    (_, then) => minus(&self.numbers(&x, 0), &self.numbers(&then, 0)),
                };
                let part = |sign: f64| {
                    let of = |d: &Option<f64>| d.map(|d| if sign * d > 0.0 { sign * d } else { 0.0 });
                    rma(&change.iter().map(of).collect::<Numbers>(), period(1))
                };
                number(both(&part(1.0), &part(-1.0), |g, l| {
                    if g + l == 0.0 { Some(50.0) } else { fin((100.0 * g) / (g + l)) }
                }))
            }
            "macd" => {
                let line = minus(&ema(&x(), period(1)), &ema(&x(), period(2)));
                let signal = ema(&line, period(3));
                number(match field {
                    "line" => line,
                    "signal" => signal,
                    _ => minus(&line, &signal),
                })
            }
            "stoch" => {
                let k = self.in_range(period(0), 50.0, |high, low, close| {
                    (100 * (close - low)) as f64 / (high - low) as f64
                });
                number(if field == "k" { k } else { windows(&k, period(1), |w| fin(mean(w))) })
            }
            "willr" => number(self.in_range(period(0), -50.0, |high, low, close| {
                (-100 * (high - close)) as f64 / (high - low) as f64
            })),
            "cci" => {
                let n = period(0);
                let y: Vec<Option<i64>> = (0..rows).map(|t| Some(f.three(t))).collect();
                number(windows(&y, n, |w| {
                    let m = w.iter().sum::<i64>() as f64 / n as f64;
                    let a = sigma(w.iter().map(|&y| (y as f64 - m).abs())) / n as f64;
                    if a == 0.0 { Some(0.0) } else { fin((w[n - 1] as f64 - m) / (0.015 * a)) }
                }))
            }
            "mfi" => {
                let n = period(0);
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
                number(all.into_iter().enumerate().map(|(t, x)| x.filter(|_| t >= n)).collect())
            }
            "cmf" => {
                let of = |t: usize| {
                    let (h, l, c) = (f.high[t], f.low[t], f.close[t]);
                    let u = ((c - l) - (h - c)) as f64 / (h - l) as f64 * f.volume[t];
                    if h == l { Some(0.0) } else { fin(u) }
                };
                number(self.share(&(0..rows).map(of).collect::<Numbers>(), period(0)))
            }
            "atr" => number(self.atr(period(0))),
            "adx" => number(self.adx(period(0), field)),
            "bb" => {
                let (x, n, k) = (first(), period(1), self.value(&all[2].value).rounded);
                if field == "z" {
                    return number(self.moments(&x, n, true));
                }
                let mid = match (&x, &x) {
                    (Column::Exact(all, e), _) if e.mean(n as i128).is_some() => {
                        Column::Exact(windows(all, n, |w| Some(w.iter().sum())), e.mean(n as i128).unwrap())
                    }
                    (x, _) => Column::Number(
                        c6(&self.numbers(x, 0), n).into_iter().map(|s| fin(s? / n as f64)).collect(),
                        x.power(),
                    ),
                };
                if field == "mid" {
                    return mid;
                }
                let (m, s) = (self.numbers(&mid, 0), self.moments(&x, n, false));
                let line = |sign: f64| both(&m, &s, |m, s| fin(m + sign * (k * s)));
                number(match field {
                    "upper" => line(1.0),
                    "lower" => line(-1.0),
                    _ => both(&minus(&line(1.0), &line(-1.0)), &m, |width, m| fin(width / m)),
                })
            }
            "keltner" => {
                let n = period(0);
                let hlc3: Numbers = (0..rows).map(|t| Some(f.three(t) as f64 / 3.0)).collect();
                let mid = ema(&hlc3, n);
                let k = self.value(&all[1].value).rounded;
                number(match field {
                    "mid" => mid,
                    "upper" => both(&mid, &self.atr(n), |m, a| fin(m + k * a)),
                    _ => both(&mid, &self.atr(n), |m, a| fin(m - k * a)),
                })
            }
            "donchian" => {
                let n = period(0);
                let of = |t: usize, high: bool| {
                    let all = |x: &[i64]| (t + 1 >= n).then(|| x[t + 1 - n..=t].to_vec());
                    let extreme =
                        if high { all(&f.high)?.into_iter().max() } else { all(&f.low)?.into_iter().min() };
                    extreme.map(i128::from)
                };
                let column = match field {
                    "upper" => (0..rows).map(|t| of(t, true)).collect(),
                    "lower" => (0..rows).map(|t| of(t, false)).collect(),
                    _ => (0..rows).map(|t| Some(of(t, true)? + of(t, false)?)).collect(),
                };
                Column::Exact(column, result.unwrap())
            }
            "supertrend" => {
                let k = self.value(&all[1].value).rounded;
                number(self.supertrend(period(0), k, field == "side"))
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
                let of = |t: usize| match field {
                    "open" => open[t],
                    "high" => {
                        [f.high[t] as f64, open[t], close[t].unwrap()].into_iter().fold(f64::MIN, f64::max)
                    }
                    _ => [f.low[t] as f64, open[t], close[t].unwrap()].into_iter().fold(f64::MAX, f64::min),
                };
                if field == "close" {
                    let sums = (0..rows).map(|t| Some(i128::from(f.open[t] + f.three(t)))).collect();
                    return Column::Exact(sums, result.unwrap());
                }
                number((0..rows).map(|t| fin(of(t))).collect())
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
                number(out)
            }
            "vwap" => {
                let priced: Numbers = (0..rows).map(|t| fin(f.three(t) as f64 * f.volume[t])).collect();
                let mean = self.share(&priced, period(0));
                number(mean.into_iter().map(|m| fin(m? / 3.0)).collect())
            }
            "vwap_since" => {
                let b = b();
                let of = |t: usize| {
                    let last = (0..=t).rev().find(|&s| b[s] == Some(true))?;
                    let a = sigma((last..=t).map(|s| f.three(s) as f64 * f.volume[s]));
                    let v = sigma((last..=t).map(|s| f.volume[s]));
                    if v <= 0.0 { None } else { fin(a / v / 3.0) }
                };
                number((0..rows).map(of).collect())
            }
            "cross_up" | "cross_down" => {
                let (x, y) = (first(), self.column(&all[1].value));
                let (over, at_most) = match name {
                    "cross_up" => (Operator::Greater, Operator::AtMost),
                    _ => (Operator::Less, Operator::AtLeast),
                };
                let order = self.ordered(&x, &y);
                let of = |t: usize| {
                    let now = order[t].map(|o| holds(over, o));
                    let before = if t == 0 { None } else { order[t - 1].map(|o| holds(at_most, o)) };
                    match (now, before) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    }
                };
                Column::Condition((0..rows).map(of).collect())
            }
            "rising" | "falling" => {
                let x = first();
                let x = if matches!(x, Column::Constant(_)) { number(self.numbers(&x, 0)) } else { x };
                let due = if name == "rising" { Ordering::Greater } else { Ordering::Less };
                let order = self.ordered(&x, &self.index(&x, 1));
                Column::Condition(order.into_iter().map(|o| o.map(|o| o == due)).collect())
            }
            "any" | "all" => {
                let (b, n, decides) = (b(), period(1), name == "any");
                let of = |t: usize| {
                    let rows = b.get((t + 1).checked_sub(n)?..=t)?;
                    if rows.contains(&Some(decides)) {
                        return Some(decides);
                    }
                    if rows.contains(&None) { None } else { Some(!decides) }
                };
                Column::Condition((0..rows).map(of).collect())
            }
            "count" => number(windows(&b(), period(1), |w| Some(w.iter().filter(|&&b| b).count() as f64))),
            "bars_since" | "value_when" | "highest_since" | "lowest_since" => {
                let b = b();
                let x = all.get(1).map(|x| self.numbers(&self.column(&x.value), 0));
                let of = |t: usize| {
                    let last = (0..=t).rev().find(|&s| b[s] == Some(true))?;
                    let since = || x.as_ref().unwrap()[last..=t].iter().flatten().copied();
                    match name {
                        "bars_since" => Some((t - last) as f64),
                        "value_when" => x.as_ref().unwrap()[last],
                        "highest_since" => since().reduce(|a, b| if b > a { b } else { a }),
                        _ => since().reduce(|a, b| if b < a { b } else { a }),
                    }
                };
                number((0..rows).map(of).collect())
            }
            "iff" => {
                let c = b();
                match (self.column(&all[1].value), self.column(&all[2].value)) {
                    (Column::Condition(x), Column::Condition(y)) => {
                        Column::Condition((0..rows).map(|t| if c[t]? { x[t] } else { y[t] }).collect())
                    }
                    (x, y) => {
                        let (x, y) = (self.numbers(&x, power), self.numbers(&y, power));
                        number((0..rows).map(|t| if c[t]? { x[t] } else { y[t] }).collect())
                    }
                }
            }
            "min" | "max" => {
                let wins = |a: Ordering| if name == "min" { a.is_lt() } else { a.is_gt() };
                if let Some(e) = result {
                    let all: Vec<_> = all.iter().map(|x| self.over(&x.value, e.denominator)).collect();
                    let best = all
                        .into_iter()
                        .reduce(|a, b| both(&a, &b, |a, b| Some(if wins(a.cmp(&b)) { a } else { b })));
                    return Column::Exact(best.unwrap(), e);
                }
                let all: Vec<_> = all.iter().map(|x| self.numbers(&self.column(&x.value), power)).collect();
                let best = all.into_iter().reduce(|a, b| {
                    both(&a, &b, |a, b| Some(if wins(a.partial_cmp(&b).unwrap()) { a } else { b }))
                });
                number(best.unwrap())
            }
            "abs" => match first() {
                Column::Exact(all, e) => Column::Exact(all.iter().map(|n| n.map(i128::abs)).collect(), e),
                other => number(self.numbers(&other, 0).into_iter().map(|x| x.map(f64::abs)).collect()),
            },
            "sqrt" => number(x().into_iter().map(|x| fin(x?.sqrt())).collect()),
            "log" => number(self.plain(&first()).into_iter().map(|x| fin(libm::log(x?))).collect()),
            "exp" => number(self.plain(&first()).into_iter().map(|x| fin(libm::exp(x?))).collect()),
            "num" => number(self.plain(&first())),
            "step" => {
                let x = first();
                let mut out: Numbers = vec![None; rows];
                for pair in all[1..].chunks(2) {
                    let order = self.ordered(&self.column(&pair[0].value), &x);
                    let v = self.numbers(&self.column(&pair[1].value), 0);
                    for t in 0..rows {
                        if order[t].is_some_and(Ordering::is_le) {
                            out[t] = v[t];
                        }
                    }
                }
                number(out)
            }
            "is_na" => {
                let all: Vec<bool> = match first() {
                    Column::Condition(all) => all.iter().map(Option::is_none).collect(),
                    other => self.numbers(&other, 0).iter().map(Option::is_none).collect(),
                };
                Column::Condition(all.into_iter().map(Some).collect())
            }
            "use" => match self.word(&all[0].value) {
                "on" => self.column(&all[1].value),
                _ => Column::Condition(vec![Some(true); rows]),
            },
            "choose" => {
                let word = self.word(&all[0].value);
                let arm = all[1..].iter().find(|arm| arm.label.as_deref() == Some(word)).unwrap();
                match self.column(&arm.value) {
                    constant @ Column::Constant(_) => number(self.numbers(&constant, power)),
                    other => other,
                }
            }
            "scan" => number(self.scan(&all[0].value, &all[1].value, power)),
            "on" => self.on(all),
            "of" => self.of(all),
            _ => panic!("{name} is no function"),
        }
    }

    fn word(&self, expr: &Expr) -> &str {
        let ExprKind::Gene(name) = &expr.kind else { panic!("{expr} is no gene") };
        &self.genome[name]
    }

    /// C6 of flows over C6 of the volume.
    fn share(&self, flow: &[Option<f64>], n: usize) -> Numbers {
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
            both(&rma(&self.from_row_one(|t| moved(t, up)), n), &a, |p, a| {
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

    fn scan(&self, init: &Expr, body: &Expr, power: i32) -> Numbers {
        let first = self.numbers(&self.column(init), power);
        let mut columns = BTreeMap::new();
        self.without_self(body, &mut columns);
        let mut s: Option<f64> = None;
        (0..self.rows())
            .map(|t| {
                s = match s {
                    None => first[t],
                    Some(before) => self.body(body, 0, t, before, &columns).or(s),
                };
                s
            })
            .collect()
    }

    /// The columns of the parts without `self`.
    fn without_self(&self, expr: &Expr, out: &mut BTreeMap<String, Column>) {
        let mut found = false;
        expr.walk(&mut |part| found |= part.kind == ExprKind::Itself);
        if found {
            expr.parts().into_iter().for_each(|part| self.without_self(part, out));
        } else {
            out.insert(expr.to_string(), self.column(expr));
        }
    }

    /// The body in a row; conditions are 1 and 0. `beside`: the power that a constant takes.
    fn body(
        &self,
        expr: &Expr,
        beside: i32,
        t: usize,
        s: f64,
        columns: &BTreeMap<String, Column>,
    ) -> Option<f64> {
        if let Some(column) = columns.get(&expr.to_string()) {
            return match column {
                Column::Condition(all) => all[t].map(|b| f64::from(u8::from(b))),
                other => self.numbers(other, beside)[t],
            };
        }
        let power = expr.ty.and_then(Type::number).map_or(0, |n| n.power);
        let of = |expr: &Expr, beside: i32| self.body(expr, beside, t, s, columns);
        let truth = |b: bool| Some(f64::from(u8::from(b)));
        match &expr.kind {
            ExprKind::Itself => Some(s),
            ExprKind::Negative(x) => of(x, power).map(|x| -x),
            ExprKind::Not(x) => of(x, 0).map(|x| 1.0 - x),
            ExprKind::Binary(operator, x, y) => match operator {
                Operator::Plus => fin(of(x, power)? + of(y, power)?),
                Operator::Minus => fin(of(x, power)? - of(y, power)?),
                Operator::Times => fin(of(x, 0)? * of(y, 0)?),
                Operator::Over => fin(of(x, 0)? / of(y, 0)?),
                Operator::OrElse => of(x, power).or_else(|| of(y, power)),
                Operator::And => match (of(x, 0), of(y, 0)) {
                    (Some(0.0), _) | (_, Some(0.0)) => Some(0.0),
                    (x, y) => x.and(y),
                },
                Operator::Or => match (of(x, 0), of(y, 0)) {
                    (Some(1.0), _) | (_, Some(1.0)) => Some(1.0),
                    (x, y) => x.and(y),
                },
                compares => {
                    let constant = |e: &Expr| matches!(e.ty, Some(Type::Constant(_)));
                    let other = if constant(x) { y } else { x };
                    let power = other.ty.and_then(Type::number).map_or(0, |n| n.power);
                    truth(holds(*compares, of(x, power)?.partial_cmp(&of(y, power)?)?))
                }
            },
            ExprKind::Call(name, all) => {
                let part = |i: usize| of(&all[i].value, power);
                match name.as_str() {
                    "abs" => part(0).map(f64::abs),
                    "iff" => {
                        if of(&all[0].value, 0)? == 1.0 {
                            part(1)
                        } else {
                            part(2)
                        }
                    }
                    _ => {
                        let mut best = part(0)?;
                        for i in 1..all.len() {
                            let next = part(i)?;
                            let keep = if name == "min" { best < next } else { best > next };
                            best = if keep { best } else { next };
                        }
                        Some(best)
                    }
                }
            }
            _ => panic!("{expr} may not stand in a scan"),
        }
    }
}
