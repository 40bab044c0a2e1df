export type Yaml = string | number | readonly Yaml[] | { readonly [key: string]: Yaml }

/** Writes the subset of YAML that rule files need, without a dependency. */
export function toYaml(value: Yaml, indent = ''): string {
  if (typeof value === 'number') return `${value}\n`
  if (typeof value === 'string') return scalar(value, indent)
  if (isList(value)) {
    const items = value.map((item) => `${indent}- ${toYaml(item, `${indent}  `).trimStart()}`)
    return `\n${items.join('')}`
  }
  const entries = Object.entries(value).map(([key, entry]) => {
    const text = toYaml(entry, isList(entry) ? indent : `${indent}  `)
    return `${indent}${key}:${text.startsWith('\n') ? text : ` ${text}`}`
  })
  return `\n${entries.join('')}`
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value)
}

function scalar(text: string, indent: string): string {
  if (/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return doubleQuoted(text)
  if (text.includes('\n')) {
    const lines = text.split('\n').map((line) => `${indent}${line}`)
    return `|-\n${lines.join('\n')}\n`
  }
  // Plain if YAML can only read it as the same string.
  if (/^[A-Za-z][\w./-]*$/.test(text) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text)) {
    return `${text}\n`
  }
  return `'${text.replaceAll("'", "''")}'\n`
}

/** Escapes characters that YAML rejects or reads as a line break, and other invisible ones. */
function doubleQuoted(text: string): string {
  const escaped = JSON.stringify(text).replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\U${(character.codePointAt(0) as number).toString(16).padStart(8, '0')}`,
  )
  return `${escaped}\n`
}
