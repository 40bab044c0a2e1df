/** A server that answers requests at once, with a registry of a given number of lines. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exposeMetrics } from '../../src/index.ts'
import { ourRegistry } from './registries.ts'

const registry = ourRegistry(Number(process.argv[2]))
const server = createServer(exposeMetrics((_req, res) => res.end('ok'), { registry }))
// Longer than the pauses between requests: closing a socket in use is an error for its client.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
