/** Preloaded by a snippet that serves: makes it listen on a free loopback port, and sends the address to the parent. */
import { Server } from 'node:net'

const { listen } = Server.prototype

Server.prototype.listen = function (this: Server, ...parameters: unknown[]): Server {
  const callback = parameters.find((parameter) => typeof parameter === 'function')
  this.once('listening', () => process.send?.(this.address()))
  return listen.call(this, { port: 0, host: '127.0.0.1' }, callback as () => void)
}
