/** One alternative of an `Accept` or `Accept-Encoding` header. */
export interface Alternative {
  /** In lower case. */
  readonly value: string
  /** Names in lower case; values without their quotes. */
  readonly parameters: ReadonlyMap<string, string>
  /** From 0 to 1; 0 means not acceptable. */
  readonly quality: number
}

/**
 * Parses the header's alternatives, in its order, and skips malformed ones. The time is linear in the
 * header's length, whatever the header contains.
 */
export function parseAccept(header: string): Alternative[] {
  const alternatives: Alternative[] = []
  for (const clause of splitUnquoted(header, ',')) {
    const alternative = parseAlternative(clause)
    if (alternative !== undefined) alternatives.push(alternative)
  }
  return alternatives
}

const none: ReadonlyMap<string, string> = new Map()

function parseAlternative(clause: string): Alternative | undefined {
  const [value = '', ...rest] = splitUnquoted(clause, ';')
  if (!/^[\w!#$%&'*+.^`|~/-]+$/.test(value)) return undefined
  if (rest.length === 0) return { value: value.toLowerCase(), parameters: none, quality: 1 }
  const parameters = new Map<string, string>()
  let quality = 1
  for (const parameter of rest) {
    if (parameter === '') continue
    const equals = parameter.indexOf('=')
    if (equals < 1) return undefined
    const name = parameter.slice(0, equals).trimEnd().toLowerCase()
    const content = unquote(parameter.slice(equals + 1).trimStart())
    if (name === 'q') {
      if (!/^(?:0(?:\.\d*)?|1(?:\.0*)?)$/.test(content)) return undefined
      quality = Number(content)
    } else if (!parameters.has(name)) {
      parameters.set(name, content)
    }
  }
  return { value: value.toLowerCase(), parameters, quality }
}

/** The trimmed parts between separators that are not inside a quoted string. */
function splitUnquoted(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator).map((part) => part.trim())
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (quoted && char === '\\') index++
    else if (char === '"') quoted = !quoted
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  parts.push(text.slice(start).trim())
  return parts
}

function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replaceAll(/\\(.)/gs, '$1')
    : text
}
