// npm run bench:live: the cost of the live page for queries and for the browser, as Markdown.
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startLivePictures } from '../../scripts/images/live-pictures.ts'
import { machine } from '../machine.ts'
import { operations } from '../operations.ts'
import { median, pairedDifference, pairedRatio } from '../rounds.ts'
import { signed, table } from '../table.ts'
import { type LiveService, startLiveService } from './service.ts'

const rounds = 30
const secondsOfRound = 2
const framesSeconds = 15

console.log(machine())

const small = { models: 10, scopes: 20 }
const large = { models: 200, scopes: 500 }
const header = ['findFirst over Postgres', 'no reader, µs', '50 readers, µs', 'difference', 'ratio']
const rows: string[][] = []
let frames: readonly number[] = []
for (const size of [small, large]) {
  await using service = await startLiveService(size)
  const observing = setInterval(() => service.observe(), 500)
  const { alone, read } = await measureQueries(service)
  rows.push([
    `${size.models} models, ${size.scopes} scopes`,
    median(alone).toFixed(1),
    median(read).toFixed(1),
    signed(pairedDifference(read, alone), 1),
    pairedRatio(read, alone).toFixed(3),
  ])
  if (size === large) frames = await measureFrames(service)
  clearInterval(observing)
}
console.log(table(header, rows))
console.log(
  `\n${rounds} rounds of ${secondsOfRound} s each way; medians of means; differences and ratios within a round. The readers share the cores with the service and its database.\n`,
)
console.log(
  table(
    ['frames of the page, 200 models and 500 scopes', 'ms'],
    [
      ['median', median(frames).toFixed(1)],
      ['longest', Math.max(...frames).toFixed(1)],
    ],
  ),
)
console.log(`\n${framesSeconds} s in Chromium without a graphics card.`)

interface Latencies {
  /** Mean microseconds per operation, by round. */
  readonly alone: readonly number[]
  readonly read: readonly number[]
}

async function measureQueries({ url, prisma }: LiveService): Promise<Latencies> {
  const readers = fork(fileURLToPath(new URL('readers.ts', import.meta.url)), [url])
  const unread: number[] = []
  const withReaders: number[] = []
  for (let round = -2; round < rounds; round++) {
    for (const open of round % 2 === 0 ? [true, false] : [false, true]) {
      readers.send(open)
      await sleep(500)
      const started = performance.now()
      let count = 0
      for (; performance.now() - started < secondsOfRound * 1000; count++) {
        await operations.findFirst.run(prisma)
      }
      const mean = ((performance.now() - started) * 1000) / count
      if (round >= 0) (open ? withReaders : unread).push(mean)
    }
  }
  readers.disconnect()
  return { alone: unread, read: withReaders }
}

async function measureFrames({ url }: LiveService): Promise<number[]> {
  await using pictures = await startLivePictures()
  const page = await pictures.open(url)
  await sleep(10_000)
  return await page.evaluate(
    `new Promise((resolve) => {
      const frames = []
      let before = performance.now()
      const next = (now) => {
        frames.push(now - before)
        before = now
        if (frames.reduce((sum, each) => sum + each, 0) < ${framesSeconds * 1000}) requestAnimationFrame(next)
        else resolve(frames.slice(1))
      }
      requestAnimationFrame(next)
    })`,
  )
}
