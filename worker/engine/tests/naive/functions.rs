//! Functions of numbers, in the order of the table of D5.

use super::operators::both;
use super::windows::{Numbers, c6, deviation, ema, mean, minus, rma, sigma, windows, wma};
use super::{Column, World, fin};
use galapagos_rules::{Argument, Exact, Expr, Type};

/// A call, with the field that picks one of its columns.
pub struct Call<'a> {
    world: &'a World<'a>,
    pub name: &'a str,
    pub field: &'a str,
    pub all: &'a [Argument],
    pub power: i32,
    pub result: Option<Exact>,
}

impl Call<'_> {
    pub fn period(&self, i: usize) -> usize {
        self.world.period(&self.all[i].value)
    }

    pub fn first(&self) -> Column {
        self.world.column(&self.all[0].value)
    }

    pub fn x(&self) -> Numbers {
        self.world.numbers(&self.first(), 0)
    }

    pub fn b(&self) -> Vec<Option<bool>> {
        self.first().conditions()
    }

    pub fn number(&self, all: Numbers) -> Column {
        Column::Number(all, self.power)
    }
}

impl World<'_> {
    pub fn call(&self, name: &str, field: &str, all: &[Argument], expr: &Expr) -> Column {
        let power = expr.ty.and_then(Type::number).map_or(0, |n| n.power);
        let c = Call { world: self, name, field, all, power, result: self.exact(expr) };
        let found = self.of_numbers(&c).or_else(|| self.of_bars(&c)).or_else(|| self.of_conditions(&c));
        found.or_else(|| self.choices(&c)).unwrap_or_else(|| panic!("{name} is no function"))
    }

    fn of_numbers(&self, c: &Call<'_>) -> Option<Column> {
        Some(match c.name {
            "sum" | "sma" => {
                let (x, n) = (c.first(), c.period(1));
                let whole = |all: &[Option<i128>]| windows(all, n, |w| Some(w.iter().sum()));
                let divide = |x: f64| if c.name == "sma" { fin(x / n as f64) } else { Some(x) };
                self.exact_or(&x, c.result, whole, |x| {
                    c6(x, n).into_iter().map(|x| x.and_then(divide)).collect()
                })
            }
            "highest" | "lowest" => {
                let (x, n, high) = (c.first(), c.period(1), c.name == "highest");
                self.exact_or(
                    &x,
                    c.result,
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
                let x = c.first();
                let n = if c.all.len() > 1 { c.period(1) } else { 1 };
                match (&x, self.index(&x, n), c.result) {
                    (Column::Exact(now, _), Column::Exact(then, _), Some(e)) => {
                        Column::Exact(both(now, &then, |a, b| Some(a - b)), e)
                    }
                    (_, then, _) => c.number(minus(&self.numbers(&x, 0), &self.numbers(&then, 0))),
                }
            }
            "roc" => {
                let then = self.index(&c.number(c.x()), c.period(1));
                c.number(both(&c.x(), &self.numbers(&then, 0), |a, b| fin(a / b - 1.0)))
            }
            "ema" => c.number(ema(&c.x(), c.period(1))),
            "rma" => c.number(rma(&c.x(), c.period(1))),
            "dema" | "tema" => {
                let n = c.period(1);
                let e1 = ema(&c.x(), n);
                let e2 = ema(&e1, n);
                if c.name == "dema" {
                    return Some(c.number(both(&e1, &e2, |a, b| fin(2.0 * a - b))));
                }
                let e3 = ema(&e2, n);
                let difference = both(&e1, &e2, |a, b| fin(3.0 * a - 3.0 * b));
                c.number(both(&difference, &e3, |a, b| fin(a + b)))
            }
            "wma" => c.number(wma(&c.x(), c.period(1))),
            "hma" => {
                let (x, n) = (c.x(), c.period(1));
                let m = ((n as f64).sqrt() + 0.5).floor() as usize;
                let raw = both(&wma(&x, std::cmp::max(1, n / 2)), &wma(&x, n), |a, b| fin(2.0 * a - b));
                c.number(wma(&raw, m))
            }
            "vwma" => {
                let n = c.period(1);
                let priced = both(&c.x(), &self.volume(), |x, v| fin(x * v));
                c.number(self.share(&priced, n))
            }
            "stdev" => c.number(self.moments(&c.first(), c.period(1), false)),
            "zscore" => c.number(self.moments(&c.first(), c.period(1), true)),
            "percent_rank" => {
                let n = c.period(1);
                c.number(windows(&c.x(), n, |w| {
                    fin(w.iter().filter(|&&x| x <= w[n - 1]).count() as f64 / n as f64)
                }))
            }
            "linreg" => {
                let n = c.period(1) as f64;
                c.number(windows(&c.x(), c.period(1), |w| {
                    let h = (n - 1.0) / 2.0;
                    let sum = sigma(w.iter().enumerate().map(|(i, x)| (i as f64 - h) * x));
                    let slope = sum / (n * (n * n - 1.0) / 12.0);
                    fin(if c.field == "slope" { slope } else { mean(w) + slope * h })
                }))
            }
            "rsi" => {
                let x = c.first();
                let change = match (&x, self.index(&x, 1)) {
                    (Column::Exact(now, e), Column::Exact(then, _)) => {
                        let all = both(now, &then, |a, b| Some(a - b));
                        self.numbers(&Column::Exact(all, *e), 0)
                    }
                    (_, then) => minus(&self.numbers(&x, 0), &self.numbers(&then, 0)),
                };
                let part = |sign: f64| {
                    let of = |d: &Option<f64>| d.map(|d| if sign * d > 0.0 { sign * d } else { 0.0 });
                    rma(&change.iter().map(of).collect::<Numbers>(), c.period(1))
                };
                c.number(both(&part(1.0), &part(-1.0), |g, l| {
                    if g + l == 0.0 { Some(50.0) } else { fin((100.0 * g) / (g + l)) }
                }))
            }
            "macd" => {
                let line = minus(&ema(&c.x(), c.period(1)), &ema(&c.x(), c.period(2)));
                let signal = ema(&line, c.period(3));
                c.number(match c.field {
                    "line" => line,
                    "signal" => signal,
                    _ => minus(&line, &signal),
                })
            }
            "bb" => {
                let (x, n, k) = (c.first(), c.period(1), self.value(&c.all[2].value).rounded);
                if c.field == "z" {
                    return Some(c.number(self.moments(&x, n, true)));
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
                if c.field == "mid" {
                    return Some(mid);
                }
                let (m, s) = (self.numbers(&mid, 0), self.moments(&x, n, false));
                let line = |sign: f64| both(&m, &s, |m, s| fin(m + sign * (k * s)));
                c.number(match c.field {
                    "upper" => line(1.0),
                    "lower" => line(-1.0),
                    _ => both(&minus(&line(1.0), &line(-1.0)), &m, |width, m| fin(width / m)),
                })
            }
            "abs" => match c.first() {
                Column::Exact(all, e) => Column::Exact(all.iter().map(|n| n.map(i128::abs)).collect(), e),
                other => c.number(self.numbers(&other, 0).into_iter().map(|x| x.map(f64::abs)).collect()),
            },
            "sqrt" => c.number(c.x().into_iter().map(|x| fin(x?.sqrt())).collect()),
            "log" => c.number(self.plain(&c.first()).into_iter().map(|x| fin(libm::log(x?))).collect()),
            "exp" => c.number(self.plain(&c.first()).into_iter().map(|x| fin(libm::exp(x?))).collect()),
            "num" => c.number(self.plain(&c.first())),
            _ => return None,
        })
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
}
