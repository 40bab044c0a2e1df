import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Recorder } from '../../src/live/record/recorder.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('reads nothing before its first reader, samples, and stops five hours after the last one', async () => {
  let readings = 0
  let stops = 0
  const recorder = new Recorder(
    async (use) => {
      readings += 1
      return use(new Map())
    },
    (error) => {
      throw error
    },
    () => {
      stops += 1
    },
  )
  await vi.advanceTimersByTimeAsync(3600_000)
  expect([readings, vi.getTimerCount()]).toEqual([0, 0])

  await recorder.read(() => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  expect([readings, vi.getTimerCount()]).toEqual([7, 1])

  await vi.advanceTimersByTimeAsync(4 * 3600_000)
  expect(recorder.active).toBe(true)
  const bytes = await recorder.read(({ histories }) => histories.bytes)
  expect(bytes).toBeLessThan(2_000_000)

  await vi.advanceTimersByTimeAsync(5 * 3600_000 + 20_000)
  expect([recorder.active, stops, vi.getTimerCount()]).toEqual([false, 1, 0])
  const before = readings
  await vi.advanceTimersByTimeAsync(3600_000)
  expect(readings).toBe(before)
})
