import { expect, test } from 'vitest'
import { redacted } from '../../src/cli/redacted.ts'

test.each([
  ['http://name:pass@host/a?token=x&name[]=up', 'http://***@host/a?token=***&name[]=up'],
  ['a //u:p@q@host b //v@w "//x@y"', 'a //***@host b //***@w "//***@y"'],
  ['no://credentials a@b // c@d', 'no://credentials a@b // c@d'],
  ['/?a?b=c&d=e=f?g', '/?a?b=***&d=***'],
])('removes credentials and values from %s', (text, expected) => {
  expect(redacted(text)).toBe(expected)
})

// Quadratic, each would take minutes.
test.each(['/', '?', '?a', '@', '//@', '&=', '//a?'])('reads many %s in linear time', (part) => {
  const started = performance.now()
  redacted(part.repeat(500_000))
  expect(performance.now() - started).toBeLessThan(5000)
})
