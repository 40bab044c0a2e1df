import { escapeLabelName } from '../../metrics/samples.ts'

/** Escapes a label value, or the help text of OpenMetrics. */
export function escapeQuoted(text: string): string {
  return /["\\\n]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
    : text
}

/** Escapes the help of the text format, which does not escape double quotes. */
export function escapeHelp(text: string): string {
  return /[\\\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : text
}

/** Writes labels, escaping each name once. */
export class LabelWriter {
  readonly #starts = new Map<string, string>()

  /** A label as it is written between the braces. */
  write(name: string, value: string): string {
    let start = this.#starts.get(name)
    if (start === undefined) {
      start = `${escapeLabelName(name)}="`
      this.#starts.set(name, start)
    }
    return `${start}${escapeQuoted(value)}"`
  }
}
