/** https://prometheus.io/docs/practices/naming/#base-units, as far as metrics of Node have them. */
const units = ['seconds', 'bytes', 'ratio']

/** The unit that the name of a family ends with; undefined without one. */
export function unitOf(name: string): string | undefined {
  return units.find((unit) => name.endsWith(`_${unit}`))
}
