import { cpus } from 'node:os'

/** The machine and the day of a measurement: the first line of what a bench prints. */
export function machine(): string {
  const date = new Date().toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  return `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${date}\n`
}
