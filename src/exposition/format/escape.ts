/** Text that goes between double quotes (a label value, a name), or OpenMetrics' help. */
export function escapeQuoted(text: string): string {
  return /["\\\n]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
    : text
}

/** The help of the text format, in which a double quote stands for itself. */
export function escapeHelp(text: string): string {
  return /[\\\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : text
}
