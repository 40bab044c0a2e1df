// A process of 50 readers: opens their streams on a message `true`, and closes them on `false`.
import { get, type ClientRequest } from 'node:http'

const [, , url = ''] = process.argv
let streams: ClientRequest[] = []

process.on('message', (open: boolean) => {
  for (const stream of streams) stream.destroy()
  streams = open ? Array.from({ length: 50 }, read) : []
})
process.once('disconnect', () => process.exit(0))

function read(): ClientRequest {
  const request = get(`${url}/metrics/live/events`, (response) => response.resume())
  return request.on('error', () => undefined)
}
