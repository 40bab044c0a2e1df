import type { Finding, FindingCode } from './finding.ts'
import type { Scrape, ScrapedFamily, ScrapedSample } from './scrape.ts'

/** Faults of the format and of names, of all metrics. */
export function lint(scrape: Scrape): Finding[] {
  const families = [...scrape.families.values()]
  return [
    ...[...scrape.errors, ...scrape.dropped].map((text): Finding => ({
      code: 'format',
      level: 'error',
      text,
    })),
    ...scrape.warnings.map((text): Finding => ({ code: 'format-warning', level: 'warning', text })),
    ...families.flatMap(lintName),
    ...families.filter(({ type }) => type === 'histogram').flatMap(lintHistogram),
  ]
}

function lintName({ name, type, help, samples }: ScrapedFamily): Finding[] {
  const findings: Finding[] = []
  const warn = (code: FindingCode, text: string, advice: string): void =>
    void findings.push({ code, level: 'warning', text: `${name}: ${text}`, advice })
  if (samples.length > 0 && !help)
    warn('no-help', 'no HELP', 'state what it measures, and its unit')
  if (samples.length > 0 && type === 'untyped')
    warn('no-type', 'no TYPE', 'register it in the registry')
  if (type === 'counter' && !name.endsWith('_total')) {
    warn('counter-suffix', 'a counter without _total', 'rename it: tools rely on the suffix')
  }
  if (type !== 'counter' && name.endsWith('_total')) {
    warn('total-suffix', `a ${type} with _total`, 'only counters end with _total')
  }
  if (/_(?:ms|milliseconds|minutes|hours)(?:_total)?$/.test(name)) {
    warn('base-unit', 'not in a base unit', 'measure seconds, and name it …_seconds')
  }
  if (name === 'up')
    warn(
      'reserved-name',
      "Prometheus' own name",
      'rename it: Prometheus records up for each target',
    )
  return findings
}

function lintHistogram({ name, samples }: ScrapedFamily): Finding[] {
  const findings: Finding[] = []
  const wrong = (text: string): void =>
    void findings.push({ code: 'histogram', level: 'error', text: `${name}: ${text}` })
  const series = new Map<string, ScrapedSample[]>()
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels
    const key = JSON.stringify(labels)
    const group = series.get(key)
    if (group === undefined) series.set(key, [sample])
    else group.push(sample)
  }
  for (const [labels, group] of series) {
    const buckets = group
      .filter((sample) => sample.name === `${name}_bucket`)
      .map(({ labels: { le = '' }, value }) => ({
        le: le === '+Inf' ? Infinity : Number(le),
        value,
      }))
      .toSorted((a, b) => a.le - b.le)
    const count = group.find((sample) => sample.name === `${name}_count`)?.value
    const last = buckets.at(-1)
    if (last?.le !== Infinity) wrong(`no bucket le="+Inf" at ${labels}`)
    else if (last.value !== count) wrong(`le="+Inf" and _count differ at ${labels}`)
    if (buckets.some(({ value }, index) => value < (buckets[index - 1]?.value ?? 0))) {
      wrong(`its buckets are not cumulative at ${labels}`)
    }
  }
  return findings
}
