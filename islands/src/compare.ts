// What a typed value is against its requirement, before the server has seen it: it reads and compares as the program's own
// rulebook does (a test runs thousands of cases through both) and decides nothing.

/** What a page says of a field: its kind, how it is compared, with what, whether the law's number is confirmed, and whether the
 *  law lets it be said not to apply. */
export type Requirement = { kind: string; op: string; limit: string; confirmed: boolean; condition: boolean; units?: Unit[] };
/** A unit in which a value may be said: how it is written, and by what it is multiplied to be in the measure's own, the first. */
export type Unit = { unit: string; names: string[]; times: string };
export type Typed = { value: string; numerator: string; denominator: string };
export type Verdict = "passed" | "unconfirmed" | "failed" | "incomplete" | "not-applicable" | "to-be-confirmed" | "unread";

/** An exact decimal: digits without their point, and how many stand after it. */
type Decimal = { digits: bigint; scale: number };

const plain = /^-?[0-9]+([.][0-9]+)?$/;
/** One to three digits not beginning with 0, a separator, three digits: a decimal, or a grouped thousand. */
const ambiguous = /^-?[1-9][0-9]{0,2}[.,][0-9]{3}$/;

/** Points between thousands, where they have one reading: two groups or more, or a decimal comma behind them. */
const grouped = /^-?[1-9][0-9]{0,2}(?:([.][0-9]{3}){2,}(,[0-9]+)?|[.][0-9]{3},[0-9]+)$/;

/** A number as a person types it: without its points where they only part thousands. */
const ungrouped = (text: string): string => (grouped.test(text) ? text.replaceAll(".", "") : text);

/** By what a unit is known however it is written. */
const key = (unit: string): string =>
  unit
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replaceAll("đ", "d")
    .replace(/[\p{White_Space}]+/gu, " ")
    .trim()
    .replaceAll("²", "2")
    .replaceAll("³", "3");

/** A number with a unit behind it; none of a text that is no such thing. */
const withUnit = /^([0-9.,-]*[0-9][0-9.,-]*)([^0-9.,-].*)$/s;

/** What a text says in another unit than the measure's own: the number as typed, the rule, and the same in the own unit as a plain text. */
export type Said = { number: string; unit: string; times: string; own: string };

type Read = { text: string; said?: Said };

/** The number of a text, its unit taken off by its rule; `null` where nothing declares the unit. */
function number(asked: Requirement, value: string): Read | null {
  const found = asked.units?.length ? withUnit.exec(value) : null;
  const unit = found && trimmed(found[2] ?? "");
  if (!found || !unit) return { text: ungrouped(value) };
  const text = ungrouped(found[1] ?? "");
  const at = asked.units?.findIndex(({ unit: shown, names }) => [shown, ...names].some((name) => key(name) === key(unit))) ?? -1;
  const rule = asked.units?.[at];
  if (!rule) return null;
  if (at === 0) return { text };
  const [read, by] = [decimal(text, true), decimal(rule.times, false)];
  if (!read || !by || minusZero(text, read)) return null;
  return { text: "", said: { number: text, unit: rule.unit, times: rule.times, own: plainly(times(read, by)) } };
}

/** A decimal as a plain text, zeros at its end left out. */
function plainly({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? "-" : "";
  const all = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const part = all.slice(all.length - scale).replace(/0+$/, "");
  return sign + all.slice(0, all.length - scale) + (scale && part ? `.${part}` : "");
}

/** What a value says in another unit than the measure's own, before it is saved. */
export function said(asked: Requirement, value: string): Said | undefined {
  return asked.kind === "boolean" || asked.kind === "document" ? undefined : number(asked, trimmed(value))?.said;
}

function decimal(text: string, strict: boolean): Decimal | null {
  if (strict && ambiguous.test(text)) return null;
  const point = text.includes(",") && !text.includes(".") ? text.replace(",", ".") : text;
  if (!plain.test(point)) return null;
  const [whole = "", part = ""] = point.split(".");
  return { digits: BigInt(whole + part), scale: part.length };
}

const minusZero = (text: string, read: Decimal): boolean => read.digits === 0n && text.startsWith("-");

/** Below 0, 0 or above: how one stands to another. */
function order(one: Decimal, other: Decimal): number {
  const scale = Math.max(one.scale, other.scale);
  const wide = (of: Decimal): bigint => of.digits * 10n ** BigInt(scale - of.scale);
  const [a, b] = [wide(one), wide(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

const hundred: Decimal = { digits: 100n, scale: 0 };
const zero: Decimal = { digits: 0n, scale: 0 };
const times = (a: Decimal, b: Decimal): Decimal => ({ digits: a.digits * b.digits, scale: a.scale + b.scale });

function isWhole({ digits, scale }: Decimal): boolean {
  return digits % 10n ** BigInt(scale) === 0n;
}

/** Đạt, không đạt, as people type them. */
function yesNo(text: string): boolean | null {
  const word = text.toLowerCase();
  if (word === "true" || word === "đạt") return true;
  if (word === "false" || word === "không đạt") return false;
  return null;
}

function met(op: string, order: number): boolean | null {
  switch (op) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    default:
      return null;
  }
}

/** Blanks as the program takes them off: those of Unicode. */
const trimmed = (text: string): string => text.replace(/^[\p{White_Space}]+|[\p{White_Space}]+$/gu, "");

export function verdict(asked: Requirement, typed: Typed): Verdict {
  const [value, numerator, denominator] = [trimmed(typed.value), trimmed(typed.numerator), trimmed(typed.denominator)];
  const passed: Verdict = asked.confirmed ? "passed" : "unconfirmed";
  if (!value && !numerator && !denominator) return "incomplete";
  if (numerator || denominator) {
    if (value || !numerator || !denominator || asked.kind !== "percent") return "unread";
    const [n, d] = [decimal(ungrouped(numerator), true), decimal(ungrouped(denominator), true)];
    if (!n || !d || minusZero(numerator, n) || minusZero(denominator, d)) return "unread";
    if (order(d, zero) <= 0 || order(n, zero) < 0 || order(n, d) > 0) return "unread";
    const limit = decimal(asked.limit, false);
    const holds = limit && met(asked.op, order(times(n, hundred), times(limit, d)));
    return holds === null ? "to-be-confirmed" : holds ? passed : "failed";
  }
  if (value.toLowerCase() === "n/a") return asked.condition ? "not-applicable" : "unread";
  if (asked.kind === "boolean" || asked.kind === "document") {
    const yes = yesNo(value);
    if (yes === null) return "unread";
    if (asked.op === "unknown") return "to-be-confirmed";
    return yes ? passed : "failed";
  }
  const free = ["number", "money", "income"].includes(asked.kind);
  const typedAs = number(asked, value);
  if (!typedAs) return "unread";
  const text = typedAs.said?.own ?? typedAs.text;
  // What is made by a rule has one reading.
  const read = decimal(text, !typedAs.said && (asked.kind === "count" || free));
  if (!read || (minusZero(text, read) && !free)) return "unread";
  if (asked.kind === "percent" && (order(read, zero) < 0 || order(read, hundred) > 0)) return "unread";
  if (asked.kind === "count" && (order(read, zero) < 0 || !isWhole(read))) return "unread";
  const limit = decimal(asked.limit, false);
  const holds = limit && met(asked.op, order(read, limit));
  return holds === null ? "to-be-confirmed" : holds ? passed : "failed";
}
