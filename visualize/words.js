// The float vocabulary, in JavaScript: the words that the rows of calculus are written in, with the
// results of `autodiff.floats`. A page gets those that its graph needs, and what they need in turn.
//
//     divide(1, 0) is 1 / 0 here: JavaScript's numbers are IEEE's, and never raise
//
// One word to a paragraph, which starts with const; `live.py` reads them. Numbers in capitals are those
// of `special.py`.

const abs = Math.abs;

const sqrt = Math.sqrt;

const cbrt = Math.cbrt;

const exp = Math.exp;

const expm1 = Math.expm1;

const log = Math.log;

const log1p = Math.log1p;

const log2 = Math.log2;

const log10 = Math.log10;

const sin = Math.sin;

const cos = Math.cos;

const tan = Math.tan;

const arcsin = Math.asin;

const arccos = Math.acos;

const arctan = Math.atan;

const arctan2 = Math.atan2;

const sinh = Math.sinh;

const cosh = Math.cosh;

const tanh = Math.tanh;

const arcsinh = Math.asinh;

const arccosh = Math.acosh;

const arctanh = Math.atanh;

// Math.hypot may be off by two last digits. This is a first guess, and what it lacks (C. F. Borges, An
// Improved Algorithm for hypot(a, b), 2019), of numbers whose squares neither overflow nor vanish.
const hypot = (a, b) => {
  const x = Math.max(abs(a), abs(b)), y = Math.min(abs(a), abs(b));
  if (abs(a) === Infinity || abs(b) === Infinity) return Infinity;
  if (!(y > x * 2 ** -54)) return x + y;
  if (x > 2 ** 500) return hypot(a * 2 ** -600, b * 2 ** -600) * 2 ** 600;
  if (y < 2 ** -450) return hypot(a * 2 ** 600, b * 2 ** 600) * 2 ** -600;
  const h = sqrt(x * x + y * y), rest = h <= 2 * y ? h - y : h - x;
  const lack = h <= 2 * y ? x * (2 * rest - x) + (rest - 2 * (x - y)) * rest
    : 2 * rest * (x - 2 * y) + (4 * rest - y) * y + rest * rest;
  return h - lack / (2 * h);
};

const floor = Math.floor;

const ceil = Math.ceil;

const sign = Math.sign;

const square = x => x * x;

const reciprocal = x => 1 / x;

// C's pow says 1 where the base is 1, or −1 to an infinite power; JavaScript says NaN.
const power = (a, b) => a === 1 || (a === -1 && abs(b) === Infinity) ? 1 : Math.pow(a, b);

const exp2 = x => Math.pow(2, x);

const sinc = x => x === 0 ? 1 : sin(Math.PI * x) / (Math.PI * x);

const sigmoid = x => (x < 0 ? exp(-abs(x)) : 1) / (1 + exp(-abs(x)));

const logaddexp = (a, b) => a === b ? a + Math.LN2 : maximum(a, b) + Math.log1p(Math.exp(-abs(a - b)));

const xlogy = (x, y) => x === 0 && y === y ? 0 : x * log(y);

const fmod = (a, b) => a % b;

// Python's % and //: the remainder has the sign of b, and the quotient is as if it were not rounded.
const remainder = (a, b) => {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return (b < 0) === (rest < 0) ? rest : rest + b;
};

const floor_divide = (a, b) => {
  if (b === 0) return a / b;
  const rest = a % b, steps = (a - rest) / b - (rest !== 0 && (b < 0) !== (rest < 0) ? 1 : 0);
  if (steps === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  return floor(steps) + (steps - floor(steps) > 0.5 ? 1 : 0);
};

const maximum = (a, b) => a >= b || a !== a ? a : b;

const minimum = (a, b) => a <= b || a !== a ? a : b;

const clip = (x, low, high) => minimum(maximum(x, low), high);

// What Python takes for true: NaN too.
const truth = x => x !== x || Boolean(x);

// Correctly rounded, by Shewchuk's exact partial sums, as Python's fsum.
const sum = (...terms) => {
  const plain = terms.reduce((total, x) => total + x, 0), parts = [];
  for (let x of terms) {
    let kept = 0;
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y, low = y - (high - x);
      if (low !== 0) parts[kept++] = low;
      x = high;
    }
    parts.length = kept;
    parts.push(x);
  }
  if (!Number.isFinite(parts.at(-1) ?? 0)) return plain;
  let high = parts.pop() ?? 0, low = 0;
  while (parts.length && low === 0) {
    const x = high, y = parts.pop();
    high = x + y;
    low = y - (high - x);
  }
  // Half way between two numbers, what is left over decides.
  if (parts.length && low !== 0 && (low < 0) === (parts.at(-1) < 0)) {
    const twice = 2 * low, x = high + twice;
    if (twice === x - high) high = x;
  }
  return high;
};

const dot = (...operands) => {
  const n = operands.length >> 1;
  return sum(...operands.slice(0, n).map((w, i) => w * operands[n + i]), ...operands.slice(2 * n));
};

const horner = (coefficients, x) => coefficients.reduceRight((total, c) => total * x + c);

const ratio = (p, q, x) => horner(p, x) / horner(q, x);

const tail = (p, q, x) => {
  const z = Math.fround(x), power = Math.exp(-z * z - 0.5625);
  return (power + power * Math.expm1((z - x) * (z + x) + ratio(p, q, 1 / (x * x)))) / x;
};

const erf = x => {
  const s = Math.abs(x);
  if (s < 0.84375) return x + x * ratio(P_ZERO, Q_ZERO, x * x);
  const y = s < 1.25 ? ERF_ONE + ratio(P_ONE, Q_ONE, s - 1)
    : s < 1 / 0.35 ? 1 - tail(P_TAIL, Q_TAIL, s) : s < 6 ? 1 - tail(P_FAR, Q_FAR, s) : s === s ? 1 : s;
  return x < 0 ? -y : y;
};

const erfc = x => {
  const s = Math.abs(x);
  const y = s < 0.84375 ? 0.5 + (0.5 - s - s * ratio(P_ZERO, Q_ZERO, s * s))
    : s < 1.25 ? 1 - ERF_ONE - 7 / 16 * (s - 1) - ratio(P_BEND, Q_ONE, s - 1)
    : s < 1 / 0.35 ? tail(P_TAIL, Q_TAIL, s) : s < 28 ? tail(P_FAR, Q_FAR, s) : s === s ? 0 : s;
  return x < 0 ? 2 - y : y;
};
