//! People searched, filtered and ordered, a page at a time: for the page, its files and programs alike.

use crate::{
    model::Person,
    store::{PERSON, person},
};
use kernel::{Day, Role, UnitId, text};
use store::{Query, Result, Value, args};

/// By what people are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By given name, in Vietnamese order.
    #[default]
    Name,
    Login,
    /// The newest first.
    Newest,
}

/// The names of the orders.
pub const ORDERS: [&str; 3] = ["name", "login", "newest"];

impl Order {
    /// By its name; by people's names where it is none.
    pub fn named(name: &str) -> Order {
        match name {
            "login" => Order::Login,
            "newest" => Order::Newest,
            _ => Order::Name,
        }
    }

    pub fn name(self) -> &'static str {
        ORDERS[self as usize]
    }

    fn sql(self) -> &'static str {
        match self {
            Order::Name => "p.ord, p.id",
            Order::Login => "p.login, p.id",
            Order::Newest => "p.made_at DESC, p.id DESC",
        }
    }
}

/// Who is looked for. What is asked of roles is asked of one and the same role, which stands today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Letters of a name or login.
    pub q: String,
    /// The unit a role is held in.
    pub unit: Option<UnitId>,
    pub role: Option<Role>,
    /// Whether the role's unit must be one that ended.
    pub ended: bool,
}

impl Sought {
    pub fn is_everybody(&self) -> bool {
        *self == Sought::default()
    }

    /// What a statement asks of `identity_person p`, and its arguments.
    fn asked(&self, today: Day) -> (String, Vec<Value>) {
        let mut given = args![format!("%{}%", text::search_key(&self.q))];
        let mut sql = "p.search LIKE $1".to_owned();
        if self.unit.is_none() && self.role.is_none() && !self.ended {
            return (sql, given);
        }
        given.push(today.epoch_days().into());
        // By the people of these roles, which an index finds, not a look at each person's.
        sql.push_str(
            " AND p.id IN (SELECT g.person FROM identity_grant g LEFT JOIN units_unit u ON u.id = g.unit
               WHERE g.ended_at IS NULL AND g.from_day <= $2 AND (g.to_day IS NULL OR g.to_day >= $2)",
        );
        if let Some(unit) = self.unit {
            given.push(unit.0.into());
            sql.push_str(&format!(" AND g.unit = ${}", given.len()));
        }
        if let Some(role) = self.role {
            given.push(role.name().into());
            sql.push_str(&format!(" AND g.role = ${}", given.len()));
        }
        if self.ended {
            sql.push_str(" AND u.to_day < $2");
        }
        sql.push(')');
        (sql, given)
    }
}

/// People who are sought, in an order; and how many there are in all. Cost: the people, or those of the roles asked for.
pub async fn list(
    tx: &mut impl Query,
    sought: &Sought,
    today: Day,
    order: Order,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Person>, i64)> {
    let (asked, given) = sought.asked(today);
    let from = format!("identity_person p WHERE {asked}");
    store::paged(tx, PERSON, &from, order.sql(), given, (limit, offset), person).await
}

/// People who are sought, after a number, the oldest account first. Cost: the people passed over.
pub async fn list_after(
    tx: &mut impl Query,
    sought: &Sought,
    today: Day,
    after: i64,
    limit: i64,
) -> Result<Vec<Person>> {
    let (asked, mut given) = sought.asked(today);
    given.extend(args![after, limit]);
    let (after, most) = (given.len() - 1, given.len());
    let sql =
        format!("SELECT {PERSON} FROM identity_person p WHERE {asked} AND p.id > ${after} ORDER BY p.id LIMIT ${most}");
    tx.rows(&sql, given).await?.iter().map(person).collect()
}
