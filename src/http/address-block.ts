/** Which addresses belong to one customer of a network, so that taking another of them hides nobody. */

/** Groups of 16 bits that name a network: a /64, the least a connection is given (RFC 6177). */
const NETWORK_GROUPS = 4

/**
 * @param address as the runtime tells it, in any spelling of RFC 4291
 * @returns an IPv4 address as it is, also one written as IPv6; of IPv6 the /64 it is in, in one spelling
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [before = '', after] = address.split('%')[0]!.split('::')
  const first = groups(before)
  // The groups that `::` leaves out are zeros, and matter as far as they reach into the network's part.
  const left = after === undefined ? 0 : Math.max(0, 8 - first.length - groups(after).length)
  const all = [...first, ...Array.from({ length: left }, () => 0), ...groups(after ?? '')]
  const network = all.slice(0, NETWORK_GROUPS).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

function groups(part: string): number[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
}
