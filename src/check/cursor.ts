import { isUtf8 } from 'node:buffer'

/** A body as one character per byte, as Prometheus' lexer reads it, and a place in it. */
export class Cursor {
  readonly #text: string
  #position = 0
  #line = 1

  constructor(body: Uint8Array) {
    this.#text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1')
  }

  get line(): number {
    return this.#line
  }

  get atEnd(): boolean {
    return this.#position >= this.#text.length
  }

  get atLineStart(): boolean {
    return this.#position === 0 || this.#text[this.#position - 1] === '\n'
  }

  /** Moves past the sticky `pattern` if it matches here. */
  take(pattern: RegExp): readonly (string | undefined)[] | undefined {
    pattern.lastIndex = this.#position
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#position += match[0].length
    for (const character of match[0]) if (character === '\n') this.#line += 1
    return match
  }

  /** Moves past the end of the line. */
  skipLine(): void {
    this.take(/[^\n]*\n?/y)
  }

  /** The rest of the line, for an error. */
  rest(): string {
    const end = this.#text.indexOf('\n', this.#position)
    return this.#text.slice(this.#position, Math.min(end < 0 ? Infinity : end, this.#position + 60))
  }
}

/** The text whose bytes `raw` holds; undefined if they are not UTF-8. */
export function utf8(raw: string): string | undefined {
  const bytes = Buffer.from(raw, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : undefined
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A number as Go's `strconv.ParseFloat` reads it; undefined if it refuses the text. */
export function parseFloat64(text: string): number | undefined {
  const { sign } = /^(?<sign>[+-]?)inf(?:inity)?$/i.exec(text)?.groups ?? {}
  if (sign !== undefined) return sign === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  const value = decimal.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
