import { isIP } from 'node:net'

/**
 * Whether a page without `authorize` may answer: only to `localhost` and IP addresses. A name of a
 * website can be made to resolve to this machine (DNS rebinding), and its pages could then read ours.
 *
 * @param host the header `Host`, or HTTP/2's `:authority`
 */
export function isLocalHost(host: string | undefined): boolean {
  if (host === undefined) return false
  const [, ipv6, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host) ?? []
  if (ipv6 !== undefined) return isIP(ipv6) === 6
  return name.toLowerCase() === 'localhost' || isIP(name) === 4
}
