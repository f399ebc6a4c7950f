/**
 * Where alerts may be sent. An address is given by whoever may edit a team's channels, so it must not be a way to reach
 * what only the gateway can reach: public host names over https, and beside them only the hosts the operator names. A
 * name that leads to a private address is left to the runtime: Cloudflare's network reaches none, and workerd on a
 * machine of one's own refuses all but public ones unless it is told otherwise.
 */
const PRIVATE_SUFFIXES = ['.localhost', '.local', '.internal', '.lan', '.home.arpa', '.onion', '.test', '.invalid']

/**
 * @param privateHosts hosts the operator lets alerts be sent to, over http too, such as `127.0.0.1`
 * @returns what is wrong with the address, as a sentence; null: it may be used
 */
export function channelAddressProblem(address: string, privateHosts: readonly string[]): string | null {
  if (!URL.canParse(address)) return 'The address is not a URL.'
  const { protocol, hostname, username, password } = new URL(address)
  if (username !== '' || password !== '') return 'The address must not hold a user name or password.'
  const known = privateHosts.includes(hostname)
  if (protocol !== 'https:' && !(known && protocol === 'http:')) return 'The address must begin with https://.'
  return known ? null : hostProblem(hostname.replace(/\.$/, ''))
}

/** A URL's host, as the URL standard has written it: `0x7f.1` is `127.0.0.1` by then. */
function hostProblem(host: string): string | null {
  const isAddress = host.startsWith('[') || /^[\d.]+$/.test(host)
  if (isAddress) return 'The address must name a host, not an IP address.'
  const isPrivate = !host.includes('.') || PRIVATE_SUFFIXES.some((suffix) => host.endsWith(suffix))
  return isPrivate ? 'The address must be of a public host.' : null
}
