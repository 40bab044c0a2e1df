/** Runs the statements its parent sends, on one connection, and tells of each that it is done. */
import { createClient } from '@libsql/client'

const [url = ''] = process.argv.slice(2)
const client = createClient({ url, timeout: 10_000 })

process.on('message', async (sql: string) => {
  await client.execute(sql)
  process.send?.('done')
})
process.send?.('ready')
