// npm run bench:live: the cost of the live page for queries and for the browser, as Markdown.
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startLivePictures } from '../../scripts/images/live-pictures.ts'
import { machine } from '../machine.ts'
import { operations } from '../operations.ts'
import { median, pairedDifference, pairedRatio } from '../rounds.ts'
import { signed, table } from '../table.ts'
import { type LargeService, startLargeService } from './large-service.ts'

const rounds = 30
const secondsOfRound = 2
const framesSeconds = 15

await using service = await startLargeService()
const observing = setInterval(() => service.observe(), 500)

console.log(machine())
console.log('A service with the series of 200 models and 500 scopes.\n')
const { alone, read } = await measureQueries(service)
console.log(
  table(
    ['findFirst over Postgres', 'µs'],
    [
      ['no reader of the page', median(alone).toFixed(1)],
      ['50 readers', median(read).toFixed(1)],
      ['difference within a round', signed(pairedDifference(read, alone), 1)],
      ['ratio within a round', pairedRatio(read, alone).toFixed(3)],
    ],
  ),
)
console.log(`\n${rounds} rounds of ${secondsOfRound} s each way; medians of means.\n`)

const frames = await measureFrames(service)
console.log(
  table(
    ['frames of the page', 'ms'],
    [
      ['median', median(frames).toFixed(1)],
      ['longest', Math.max(...frames).toFixed(1)],
    ],
  ),
)
console.log(`\n${framesSeconds} s in Chromium without a graphics card.`)
clearInterval(observing)

interface Latencies {
  /** Mean microseconds per operation, by round. */
  readonly alone: readonly number[]
  readonly read: readonly number[]
}

async function measureQueries({ url, prisma }: LargeService): Promise<Latencies> {
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

async function measureFrames({ url }: LargeService): Promise<number[]> {
  await using pictures = await startLivePictures()
  const page = await pictures.open(url)
  await sleep(3000)
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
