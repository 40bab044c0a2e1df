import { spawn, spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ParsedFamily {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly ParsedSample[]
}

export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly exemplar: ParsedExemplar | undefined
}

export interface ParsedExemplar {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly timestamp: number | undefined
}

/** Prometheus' Python client, whose parsers are stricter than Prometheus itself. */
export interface PythonParsers extends Disposable {
  /** @throws what the parser has against the body. */
  parse(format: 'text' | 'openmetrics', body: string): Promise<ParsedFamily[]>
}

/**
 * A Python that has `prometheus_client`.
 *
 * @returns undefined, with one line on the console, where there is none.
 * @throws where there is none and `REQUIRE_TOOLS=1`.
 */
export function findPython(): string | undefined {
  const python = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'python3'))
    .find((path) => spawnSync(path, ['-c', 'import prometheus_client.openmetrics']).status === 0)
  if (python === undefined) {
    const missing = 'no python3 on PATH has prometheus_client (Debian: python3-prometheus-client)'
    if (process.env['REQUIRE_TOOLS'] === '1') throw new Error(`REQUIRE_TOOLS=1: ${missing}`)
    console.log(`Skipped: ${missing}`)
  }
  return python
}

export function startParsers(python: string): PythonParsers {
  const script = fileURLToPath(new URL('parse.py', import.meta.url))
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async parse(format, body) {
      child.stdin.write(`${JSON.stringify({ format, body })}\n`)
      const { value = '{}' } = await answers.next()
      const { families, error } = JSON.parse(value) as RawAnswer
      if (families === undefined) throw new Error(error ?? 'the parser ended')
      return families.map((family) => ({ ...family, samples: family.samples.map(asSample) }))
    },
    [Symbol.dispose]: () => child.kill(),
  }
}

// JSON has neither NaN nor infinities: numbers come as Python writes them.
interface RawSample extends Omit<ParsedSample, 'value' | 'exemplar'> {
  readonly value: string
  readonly exemplar: {
    readonly labels: Record<string, string>
    readonly value: string
    readonly timestamp: string | null
  } | null
}

interface RawAnswer {
  readonly families?: (Omit<ParsedFamily, 'samples'> & { readonly samples: RawSample[] })[]
  readonly error?: string
}

function asSample({ exemplar, value, ...sample }: RawSample): ParsedSample {
  return {
    ...sample,
    value: asNumber(value),
    exemplar:
      exemplar === null
        ? undefined
        : {
            labels: exemplar.labels,
            value: asNumber(exemplar.value),
            timestamp: exemplar.timestamp === null ? undefined : asNumber(exemplar.timestamp),
          },
  }
}

function asNumber(text: string): number {
  return Number(text.replace('inf', 'Infinity'))
}
