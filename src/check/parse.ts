import { Cursor, parseFloat64, utf8 } from './cursor.ts'
import { type Scrape, ScrapeBuilder } from './scrape.ts'

export type Format = 'text' | 'openmetrics'

interface Grammar {
  readonly types: ReadonlySet<string>
  readonly name: RegExp
  readonly open: RegExp
  readonly close: RegExp
  readonly label: RegExp
  readonly comma: RegExp
  /** Labels without a comma between them, and a comma after the last one, are accepted. */
  readonly freeCommas: boolean
  readonly value: RegExp
  readonly timestamp: RegExp
  readonly exemplar: RegExp | undefined
}

const types = ['counter', 'gauge', 'histogram', 'summary']

/** The lexers of Prometheus: model/textparse, promlex.l and openmetricslex.l. */
const grammars: Readonly<Record<Format, Grammar>> = {
  text: {
    types: new Set([...types, 'untyped']),
    name: /([a-zA-Z_:][\w:]*)/y,
    open: /[ \t]*\{[ \t]*/y,
    close: /[ \t]*\}/y,
    label: /([a-zA-Z_]\w*)[ \t]*=[ \t]*"([^\\"]*(?:\\[^\n][^\\"]*)*)"[ \t]*/y,
    comma: /,[ \t]*/y,
    freeCommas: true,
    value: /[ \t]*([^{ \t\n\0]+)/y,
    timestamp: /[ \t]*(\d+)/y,
    exemplar: undefined,
  },
  openmetrics: {
    types: new Set([...types, 'gaugehistogram', 'info', 'stateset', 'unknown']),
    name: /([a-zA-Z_:][\w:]*)/y,
    open: /\{/y,
    close: /\}/y,
    label: /([a-zA-Z_]\w*)="([^\\"\n]*(?:\\[^\n][^\\"\n]*)*)"/y,
    comma: /,/y,
    freeCommas: false,
    value: / ([^ \n\0]+)/y,
    timestamp: / (?!# \{)([^ \n\0]+)/y,
    exemplar: / # \{/y,
  },
}

/**
 * Reads a body as a scrape of Prometheus does, and collects the lines that it refuses instead of
 * stopping at the first one. Known differences from `promtool check metrics`, which refuses these: a
 * last line without a line feed, a second HELP and a TYPE after its samples are warnings here, as a
 * scrape accepts them. OpenMetrics' own parsers also refuse families that are interleaved, values that
 * a type does not allow and labels that it needs; a scrape of Prometheus, and this, accept them.
 */
export function parseScrape(body: string | Uint8Array, format: Format = 'text'): Scrape {
  const openMetrics = format === 'openmetrics'
  const scrape = new ScrapeBuilder(openMetrics)
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const cursor = new Cursor(bytes)
  const reader = new LineReader(cursor, grammars[format], scrape)
  while (!cursor.atEnd) {
    const { line } = cursor
    if (openMetrics && cursor.take(/# EOF\n?/y) !== undefined) {
      if (!cursor.atEnd) scrape.errors.push(`line ${line}: data after # EOF`)
      return scrape
    }
    if (!openMetrics && cursor.take(/[ \t]*\n/y) !== undefined) continue
    if (!openMetrics && cursor.take(/[ \t]*(?:#[^\n\0]*)?\0/y) !== undefined) {
      scrape.dropped.push(`line ${line}: NUL byte; Prometheus ignores the rest of the body`)
      return scrape
    }
    const wrong = reader.read()
    if (wrong === undefined) continue
    scrape.errors.push(`line ${line}: ${wrong}`)
    if (cursor.line === line || !cursor.atLineStart) cursor.skipLine()
  }
  if (openMetrics) scrape.errors.push('the body does not end with # EOF')
  else if (bytes.length > 0 && bytes.at(-1) !== 10) {
    scrape.warnings.push('the last line does not end with a line feed: the body may be cut off')
  }
  return scrape
}

class LineReader {
  readonly #cursor: Cursor
  readonly #grammar: Grammar
  readonly #scrape: ScrapeBuilder

  constructor(cursor: Cursor, grammar: Grammar, scrape: ScrapeBuilder) {
    this.#cursor = cursor
    this.#grammar = grammar
    this.#scrape = scrape
  }

  /** @returns why Prometheus refuses the line, or undefined */
  read(): string | undefined {
    const { line } = this.#cursor
    if (this.#grammar.freeCommas) {
      const keyword = this.#cursor.take(/[ \t]*#[ \t]+(HELP|TYPE)[ \t]+/y)?.[1]
      if (keyword !== undefined) return this.#metadata(line, keyword, /([^\n]*)/y)
      if (this.#cursor.take(/[ \t]*#[^\n\0]*\n?/y) !== undefined) return undefined
    } else {
      const keyword = this.#cursor.take(/# (HELP|TYPE|UNIT) /y)?.[1]
      if (keyword !== undefined) return this.#metadata(line, keyword, /( [^\n]*)(?=\n)/y)
    }
    return this.#sample(line)
  }

  #metadata(line: number, keyword: string, pattern: RegExp): string | undefined {
    const name = this.#cursor.take(/([a-zA-Z_:][\w:]*)/y)?.[1]
    if (name === undefined) return this.#expected(`a metric name after ${keyword}`)
    const raw = this.#cursor.take(pattern)?.[1]
    if (raw === undefined) return this.#expected(`the text of ${keyword}`)
    const text = raw.slice(1)
    if (!this.#endOfLine()) return this.#expected(`the end of the line after ${keyword}`)
    if (keyword === 'TYPE') {
      if (!this.#grammar.types.has(text)) return this.#got('a type', text)
      this.#scrape.type(line, name, text === 'unknown' ? 'untyped' : text)
    } else if (keyword === 'HELP') {
      const help = utf8(text)
      if (help === undefined) return `HELP of ${name}: expected UTF-8, got other bytes`
      this.#scrape.help(line, name, help)
    } else if (text !== '' && !name.endsWith(`_${text}`)) {
      return `UNIT of ${name}: expected the end of the name, got ${JSON.stringify(text)}`
    }
    return undefined
  }

  #sample(line: number): string | undefined {
    const name = this.#cursor.take(this.#grammar.name)?.[1]
    if (name === undefined) return this.#expected('a metric name')
    const labels = this.#cursor.take(this.#grammar.open) === undefined ? {} : this.#labels()
    if (typeof labels === 'string') return labels
    const value = this.#number('a value', this.#grammar.value)
    if (typeof value === 'string') return value
    const tail = this.#timestamp() ?? this.#exemplar(name)
    if (tail !== undefined) return tail
    if (!this.#endOfLine()) return this.#expected('a timestamp or the end of the line')
    this.#scrape.sample(line, { name, labels, value })
    return undefined
  }

  #labels(): Record<string, string> | string {
    const labels = Object.create(null) as Record<string, string>
    let comma: unknown
    while (this.#cursor.take(this.#grammar.close) === undefined) {
      const first = Object.keys(labels).length === 0
      const [, name, raw] = this.#cursor.take(this.#grammar.label) ?? []
      if (name === undefined || raw === undefined) return this.#expected('a label')
      if (!first && comma === undefined && !this.#grammar.freeCommas) return 'expected a comma'
      const value = utf8(raw)
      if (value === undefined) return `label ${name}: expected UTF-8, got other bytes`
      if (name in labels || name === '__name__')
        return `label ${name}: expected one of each name, got two`
      labels[name] = value.replaceAll(/\\([\\n"])/g, (_, escaped: string) =>
        escaped === 'n' ? '\n' : escaped,
      )
      comma = this.#cursor.take(this.#grammar.comma)
    }
    return comma !== undefined && !this.#grammar.freeCommas
      ? 'expected a label after the comma'
      : labels
  }

  #timestamp(): string | undefined {
    const text = this.#cursor.take(this.#grammar.timestamp)?.[1]
    if (text === undefined) return undefined
    const isValid = this.#grammar.freeCommas
      ? BigInt(text) < 2n ** 63n
      : Number.isFinite(parseFloat64(text))
    return isValid ? undefined : this.#got('a timestamp', text)
  }

  #exemplar(name: string): string | undefined {
    const { exemplar, value } = this.#grammar
    if (exemplar === undefined || this.#cursor.take(exemplar) === undefined) return undefined
    if (!/_(?:total|bucket)$/.test(name)) return `exemplar: not supported on ${name}`
    const labels = this.#labels()
    if (typeof labels === 'string') return `exemplar: ${labels}`
    const number = this.#number('a value of the exemplar', value)
    return typeof number === 'string' ? number : this.#timestamp()
  }

  #number(expected: string, pattern: RegExp): number | string {
    const text = this.#cursor.take(pattern)?.[1]
    if (text === undefined) return this.#expected(expected)
    return parseFloat64(text) ?? this.#got(expected, text)
  }

  #endOfLine(): boolean {
    const end = this.#grammar.freeCommas ? /[ \t]*\n/y : /\n/y
    return this.#cursor.take(end) !== undefined || (this.#grammar.freeCommas && this.#cursor.atEnd)
  }

  #expected(what: string): string {
    return this.#got(what, this.#cursor.rest())
  }

  #got(expected: string, got: string): string {
    return `expected ${expected}, got ${got === '' ? 'the end of the line' : JSON.stringify(got)}`
  }
}
