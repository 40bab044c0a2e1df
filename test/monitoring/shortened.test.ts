import { expect, test } from 'vitest'
import { withShortWindows } from './stack/shortened.ts'

test('divides windows, offsets, and the seconds by which growth is divided', () => {
  const shortened = withShortWindows(
    'sum(increase(a[5m] offset 1h)) / 300 > 300 and b / 30 > 2',
    20,
  )
  expect(shortened).toBe('sum(increase(a[15s] offset 180s)) / 15 > 300 and b / 30 > 2')
})
