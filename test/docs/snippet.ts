/** A fenced code block of a Markdown page, with its directive. */
export interface Snippet {
  /** The page's path in the repository. */
  readonly page: string
  /** The line of the page that holds the first line of code, counted from 1. */
  readonly line: number
  /** The word after the opening fence. */
  readonly language: string
  readonly code: string
  readonly directive: Directive
}

/**
 * The directive of a snippet, in an HTML comment above the fence:
 * `<!-- snippet: given=prisma,metrics run -->`.
 */
export interface Directive {
  /** Names of `given.ts` that the snippet uses without declaring them. */
  readonly given: readonly string[]
  /** The file that contains the snippet, so that later snippets can import it. */
  readonly name?: string
  /** The snippet continues the previous one of the page. */
  readonly continues: boolean
  /** `run`: run it to its end; `serve`: until it has answered a scrape. */
  readonly execute?: 'run' | 'serve'
  /** The reason why the snippet is not compiled. */
  readonly skip?: string
}

const fence = /^(?<indent>\s*)(?<marks>`{3,}|~{3,})(?<language>[\w-]*).*$/
const comment = /^\s*<!--\s*snippet:(?<words>.*)-->\s*$/

export function snippetsOf(page: string, markdown: string): Snippet[] {
  const lines = markdown.split('\n')
  const snippets: Snippet[] = []
  for (let index = 0; index < lines.length; index++) {
    const { indent = '', marks, language = '' } = fence.exec(lines[index] ?? '')?.groups ?? {}
    if (marks === undefined) continue
    const first = index + 1
    const above = lines.slice(0, index).findLast((line) => line.trim() !== '')
    const words = comment.exec(above ?? '')?.groups?.['words']
    const directive = parseDirective(words ?? '', `${page}:${index}`)
    do index++
    while (index < lines.length && lines[index]?.trim() !== marks)
    if (index === lines.length) throw new Error(`${page}:${first}: this fence is never closed`)
    const code = lines
      .slice(first, index)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n')
    snippets.push({ page, line: first + 1, language, code, directive })
  }
  return snippets
}

function parseDirective(words: string, place: string): Directive {
  const directive: { -readonly [K in keyof Directive]: Directive[K] } = {
    given: [],
    continues: false,
  }
  for (const [word, key, quoted, bare] of words.matchAll(/([^\s=]+)(?:=(?:"([^"]*)"|(\S+)))?/g)) {
    const value = quoted ?? bare
    if (key === 'given' && value) directive.given = value.split(',')
    else if (key === 'name' && value) directive.name = value
    else if (key === 'skip' && value) directive.skip = value
    else if (word === 'continues') directive.continues = true
    else if (word === 'run' || word === 'serve') directive.execute = word
    else {
      throw new Error(
        `${place}: expected given=…, name=…, continues, run, serve or skip="…", got ${word}`,
      )
    }
  }
  return directive
}
