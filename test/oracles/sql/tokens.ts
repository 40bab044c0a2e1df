import fc from 'fast-check'

/** A piece of SQL: tokens that the gaps of a text go between. */
export type Tokens = readonly string[]

/** One of several alternatives, each as likely as its weight. */
export function choice<T>(...weighted: readonly (readonly [number, fc.Arbitrary<T>])[]) {
  return fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight: weight * 10, arbitrary })))
}

/** The parts one after another; a string is one token per word. */
export function sequence(
  ...parts: readonly (string | fc.Arbitrary<Tokens>)[]
): fc.Arbitrary<Tokens> {
  const arbitraries = parts.map((part) =>
    typeof part === 'string' ? fc.constant<Tokens>(part.split(' ')) : part,
  )
  return fc.tuple(...arbitraries).map((lists) => lists.flat())
}

/** One of several fixed pieces. */
export function words(...texts: readonly string[]): fc.Arbitrary<Tokens> {
  return fc.constantFrom(...texts.map((text) => (text === '' ? [] : text.split(' '))))
}

/** The piece in half of the cases. */
export function maybe(part: string | fc.Arbitrary<Tokens>): fc.Arbitrary<Tokens> {
  return choice([1, fc.constant<Tokens>([])], [1, sequence(part)])
}

/** One to three pieces with commas. */
export function list(part: fc.Arbitrary<Tokens>): fc.Arbitrary<Tokens> {
  return fc
    .array(part, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.flatMap((each, at) => (at === 0 ? each : [',', ...each])))
}

const unlikelyBlank = fc.constantFrom(
  '\u{A0}',
  '\u{3000}',
  '\u{2028}',
  '\u{FEFF}',
  '\u{B}',
  '\u{85}',
)
const comment = fc.constantFrom(
  '/* a */',
  '/**/',
  '/* DELETE FROM other */',
  '/* a /* nested */ b */',
  '/* ; */',
  "/*traceparent='00-1-2-01'*/",
  '/*! a */',
  '/*/ a */',
  "/* ' */",
  '-- a\n',
  '--\n',
  '-- ; \' "\r\n',
  '-- a\r',
  '-- FROM other\n',
  '--\u{2028}a\n',
)
const gap = choice(
  [60, fc.constant(' ')],
  [6, fc.constantFrom('\n', '\t', '  ', '\r\n', '\f')],
  [6, comment.map((text) => ` ${text} `)],
  [3, comment],
  [0.3, unlikelyBlank],
)
// Gaps that may be empty: beside these, a name or word ends by itself.
const punctuation = new Set(['(', ')', ',', '.', ';', '=', '*'])

/** A text of the tokens, with gaps and letters of any case. */
export function spelled(tokens: fc.Arbitrary<Tokens>): fc.Arbitrary<string> {
  const gaps = fc.array(gap, { minLength: 1, maxLength: 5 })
  const tight = fc.boolean()
  const spelling = choice<'as it is' | 'lower' | 'mixed'>(
    [6, fc.constant('as it is')],
    [2, fc.constant('lower')],
    [1, fc.constant('mixed')],
  )
  const start = choice([6, fc.constant('')], [1, gap])
  const end = choice(
    [6, fc.constant('')],
    [2, fc.constant(';')],
    [1, gap],
    [0.5, fc.constant('; ; -- end')],
    [0.3, fc.constant('; SELECT 1')],
  )
  return fc.tuple(tokens, gaps, tight, spelling, start, end).map((parts) => {
    const [all, between, isTight, letters, first, last] = parts
    let text = first
    for (const [at, token] of all.entries()) {
      const free = isTight && (punctuation.has(token) || punctuation.has(all[at - 1] ?? ''))
      if (at > 0 && !free) text += between[at % between.length] as string
      text += /^[A-Z]+$/.test(token) ? inCase(token, letters) : token
    }
    return text + last
  })
}

function inCase(keyword: string, letters: 'as it is' | 'lower' | 'mixed'): string {
  if (letters === 'as it is') return keyword
  const lower = keyword.toLowerCase()
  return letters === 'lower' ? lower : (keyword[0] as string) + lower.slice(1)
}
