/** Money as people read it. It decides no amount. */

/** Nano-dollars in dollars: cents, or four decimals where it is less than ten of them. */
export function dollars(nano: number): string {
  const amount = nano / 1e9
  if (amount > 0 && amount < 0.0001) return 'less than $0.0001'
  return `$${amount.toFixed(Math.abs(amount) >= 0.1 || amount === 0 ? 2 : 4)}`
}
