//! Operators.

use super::{Column, World, fin};
use galapagos_rules::{Exact, Expr, ExprKind, Operator, Rational, Type};
use std::cmp::Ordering;

/// A function of two values that are both there.
pub fn both<S: Copy, T: Copy, R>(
    x: &[Option<S>],
    y: &[Option<T>],
    f: impl Fn(S, T) -> Option<R>,
) -> Vec<Option<R>> {
    x.iter().zip(y).map(|(x, y)| f((*x)?, (*y)?)).collect()
}

impl World<'_> {
    fn constant(&self, expr: &Expr) -> Option<Rational> {
        matches!(expr.ty, Some(Type::Constant(_))).then(|| self.value(expr).exact)
    }

    /// Numerators of an operand over this denominator.
    pub fn over(&self, expr: &Expr, denominator: i128) -> Vec<Option<i128>> {
        if let Some(r) = self.constant(expr) {
            let ticks = r.times(Rational::whole(10_i128.pow(self.frame.decimals))).unwrap();
            assert_eq!(denominator % ticks.denominator(), 0);
            return vec![Some(ticks.numerator() * (denominator / ticks.denominator())); self.rows()];
        }
        let Column::Exact(all, e) = self.column(expr) else { panic!("{expr} is not exact") };
        assert_eq!(denominator % e.denominator, 0);
        all.iter().map(|n| n.map(|n| n * (denominator / e.denominator))).collect()
    }

    pub fn binary(&self, operator: Operator, x: &Expr, y: &Expr, expr: &Expr) -> Column {
        let word = |a: &Expr, b: &Expr| match (&a.kind, &b.kind) {
            (ExprKind::Gene(gene), ExprKind::Word(word)) => Some(self.genome[gene] == *word),
            _ => None,
        };
        if let Some(is) = word(x, y).or(word(y, x)) {
            return Column::Condition(vec![Some(is == (operator == Operator::Equal)); self.rows()]);
        }
        let power = expr.ty.and_then(Type::number).map_or(0, |n| n.power);
        match operator {
            Operator::And | Operator::Or => {
                let (a, b) = (self.column(x).conditions(), self.column(y).conditions());
                let decided = operator == Operator::Or;
                let of = |a: Option<bool>, b: Option<bool>| match (a, b) {
                    (Some(a), _) if a == decided => Some(decided),
                    (_, Some(b)) if b == decided => Some(decided),
                    (Some(_), Some(_)) => Some(!decided),
                    _ => None,
                };
                Column::Condition(a.into_iter().zip(b).map(|(a, b)| of(a, b)).collect())
            }
            Operator::OrElse => match (self.column(x), self.column(y)) {
                (Column::Condition(a), Column::Condition(b)) => {
                    Column::Condition(a.into_iter().zip(b).map(|(a, b)| a.or(b)).collect())
                }
                (a, b) => {
                    let (a, b) = (self.numbers(&a, power), self.numbers(&b, power));
                    Column::Number(a.into_iter().zip(b).map(|(a, b)| a.or(b)).collect(), power)
                }
            },
            Operator::Plus | Operator::Minus => {
                let minus = operator == Operator::Minus;
                if let Some(e) = self.exact(expr) {
                    let (a, b) = (self.over(x, e.denominator), self.over(y, e.denominator));
                    let of = |a: i128, b: i128| Some(if minus { a - b } else { a + b });
                    return Column::Exact(both(&a, &b, of), e);
                }
                let (a, b) = self.pair(x, y, power);
                Column::Number(both(&a, &b, |a, b| fin(if minus { a - b } else { a + b })), power)
            }
            Operator::Times | Operator::Over => self.product(operator, x, y, expr, power),
            _ => Column::Condition(self.compare(operator, x, y)),
        }
    }

    fn pair(&self, x: &Expr, y: &Expr, power: i32) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
        (self.numbers(&self.column(x), power), self.numbers(&self.column(y), power))
    }

    fn product(&self, operator: Operator, x: &Expr, y: &Expr, expr: &Expr, power: i32) -> Column {
        if let Some(e) = self.exact(expr) {
            let (column, r) = match (self.constant(x), self.constant(y)) {
                (Some(r), None) => (y, r),
                (None, Some(r)) if operator == Operator::Over => (x, Rational::whole(1).over(r).unwrap()),
                (_, r) => (x, r.unwrap()),
            };
            let Column::Exact(all, _) = self.column(column) else { panic!("{expr}") };
            return Column::Exact(all.iter().map(|n| n.map(|n| n * r.numerator())).collect(), e);
        }
        let (a, b) = self.pair(x, y, 0);
        let of = |a: f64, b: f64| fin(if operator == Operator::Times { a * b } else { a / b });
        Column::Number(both(&a, &b, of), power)
    }

    /// A comparison of two expressions.
    pub fn compare(&self, operator: Operator, x: &Expr, y: &Expr) -> Vec<Option<bool>> {
        let (a, b) = (self.column(x), self.column(y));
        if let (Column::Condition(a), Column::Condition(b)) = (&a, &b) {
            return both(a, b, |a, b| Some((a == b) == (operator == Operator::Equal)));
        }
        self.ordered(&a, &b).into_iter().map(|order| order.map(|o| holds(operator, o))).collect()
    }

    /// The order of two columns, exact where they are.
    pub fn ordered(&self, a: &Column, b: &Column) -> Vec<Option<Ordering>> {
        match (a, b) {
            (Column::Constant(r), Column::Constant(s)) => vec![r.exact.compare(s.exact); self.rows()],
            (Column::Exact(n, d), Column::Exact(m, e)) => {
                both(n, m, |n, m| Some((n * e.denominator).cmp(&(m * d.denominator))))
            }
            (Column::Exact(n, d), Column::Constant(r)) => {
                match Exact::constant(r.exact, self.frame.decimals) {
                    Some((c, u)) => {
                        n.iter().map(|n| n.map(|n| (n * c.denominator).cmp(&(u * d.denominator)))).collect()
                    }
                    None => self.rounded_order(a, b),
                }
            }
            (Column::Constant(_), Column::Exact(..)) => {
                self.ordered(b, a).into_iter().map(|o| o.map(Ordering::reverse)).collect()
            }
            _ => self.rounded_order(a, b),
        }
    }

    fn rounded_order(&self, a: &Column, b: &Column) -> Vec<Option<Ordering>> {
        let power = if matches!(a, Column::Constant(_)) { b.power() } else { a.power() };
        both(&self.numbers(a, power), &self.numbers(b, power), |a, b| a.partial_cmp(&b))
    }
}

pub fn holds(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
        Operator::Equal => order.is_eq(),
        _ => order.is_ne(),
    }
}
