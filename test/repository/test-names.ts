const start = /\b(?:test|it|describe)\b(?=\s*[.(])/g

/** The names of the tests and suites in a test file, `test.for(…)('name', …)` included. */
export function testNamesOf(source: string): string[] {
  return [...source.matchAll(start)].flatMap(({ 0: word, index }) => {
    let at = index + word.length
    for (;;) {
      const member = /^\s*\.\w+/.exec(source.slice(at))
      if (member !== null) {
        at += member[0].length
        continue
      }
      const name = /^\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/.exec(source.slice(at))
      if (name !== null) return [name[2] ?? '']
      if (source[at] !== '(') return []
      at = endOfCall(source, at)
    }
  })
}

/** The index after the parenthesis that closes the one at `open`; strings are skipped. */
function endOfCall(source: string, open: number): number {
  const tokens = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[()]/g
  tokens.lastIndex = open
  let depth = 0
  for (let token = tokens.exec(source); token !== null; token = tokens.exec(source)) {
    if (token[0] === '(') depth++
    if (token[0] === ')' && --depth === 0) return tokens.lastIndex
  }
  return source.length
}
